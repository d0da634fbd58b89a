// A confined plugin that does harm: each thing that it tries is refused to it, or costs nobody but itself.
#include "core/host/isolation/confinement.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/host/log_budget.h"
#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

TEST(Confinement, CrossesAsText) {
  Confinement all;
  all.required = all.network = all.namespaces = all.limited = true;
  all.visible = {"/opt/vendor/lib", "/etc/a file"};
  all.memoryBytes = 1 << 28;
  all.cpuThousandths = 250;
  all.processes = 17;
  all.stateFolder = "/var/lib/cleat/plugins/x";
  all.uid = 1'879'048'192;
  all.lacks = {"one thing (no luck)", "another"};
  auto taken = decodeConfinement(encodeConfinement(all));
  ASSERT_TRUE(taken);
  EXPECT_EQ(encodeConfinement(*taken), encodeConfinement(all));
  EXPECT_EQ(taken->visible, all.visible);
  EXPECT_EQ(taken->uid, all.uid);
  EXPECT_EQ(taken->lacks, all.lacks);
  EXPECT_FALSE(decodeConfinement("state /x\nmemory lots\n"));
  EXPECT_FALSE(decodeConfinement("colour red\n"));
}

TEST(Confinement, EachStateFolderHasAnOwnerOfItsOwnAndKeepsIt) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root";
  std::string folder = temporaryFolder();
  for (const char* name : {"/a", "/b"}) ASSERT_EQ(mkdir((folder + name).c_str(), 0700), 0);
  std::ofstream(folder + "/a/file") << "x";
  auto a = ownUid(folder + "/a"), b = ownUid(folder + "/b");
  ASSERT_TRUE(a && b);
  EXPECT_NE(a, b);
  EXPECT_EQ(ownUid(folder + "/a"), a);
  struct stat status;
  ASSERT_EQ(stat((folder + "/a/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, *a);
  EXPECT_FALSE(ownUid(folder + "/none"));
  std::filesystem::remove_all(folder);
}

TEST(LogBudget, ABurstIsFreeAndThenItIsSoMuchASecond) {
  LogBudget budget;
  int64_t now = 1'000'000'000;
  uint64_t passed = 0;
  while (budget.take(924, now)) ++passed;
  EXPECT_EQ(passed, 1024u);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(budget.take(924, now));
  now += 2'000'000'000;
  auto leftOut = budget.take(924, now);
  ASSERT_TRUE(leftOut);
  EXPECT_EQ(*leftOut, 10u);
  EXPECT_EQ(budget.take(924, now), 0u);
}

class Hostile : public HostTest {
 protected:
  // `callback`: how long a callback may take by the machine's clock before the plugin counts as stuck.
  void attack(const std::string& attacks, Confinement confinement = {}, std::chrono::nanoseconds callback = 1s) {
    HostLimits limits;
    limits.callback = callback;
    makeHost(limits);
    const std::string state = folder + "/plugins/hostile";
    std::filesystem::create_directories(state);
    std::ofstream(state + "/attacks") << attacks;
    PluginSpec spec{.name = "hostile", .file = fixtureFile("hostile"), .isolated = true, .settings = {}};
    spec.confinement = confinement;
    auto loaded = finish(executor, host->load(spec));
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  bool says(const std::string& text) {
    return executor.runUntil([&] { return lines.have(text); });
  }
  bool becomes(const std::string& state) {
    return executor.runUntil([&] { return health().state == state; });
  }
  PluginHealth health() const { return host->health().at(0); }
};

TEST_F(Hostile, SeesAndReachesNothingThatIsNotItsOwn) {
  std::ofstream(folder + "/secret") << "the key of all keys";
  setenv("CLEAT_SECRET", "hush", 1);
  attack("read " + folder + "/secret\nread /etc/passwd\nread /proc/" + std::to_string(getpid()) + "/environ\nwrite " +
         folder + "/plugins/mine\nwrite /usr/lib/mine\nwrite " + folder +
         "/plugins/hostile/mine\nconnect 127.0.0.1 1\nkill " + std::to_string(getpid()) + "\ntrace " +
         std::to_string(getpid()) + "\nenvironment CLEAT_SECRET\ndescriptors\nmount\nnamespaces\nroot\nbpf\npackets\n");
  unsetenv("CLEAT_SECRET");
  ASSERT_TRUE(says("that was all"));
  const std::string all = lines.all();
  EXPECT_EQ(health().lacks, "") << all;
  auto said = [&](const std::string& text) {
    EXPECT_NE(all.find("info hostile: " + text + "\n"), std::string::npos) << text;
  };
  said("read " + folder + "/secret: No such file or directory");
  said("read /etc/passwd: No such file or directory");
  said("read /proc/" + std::to_string(getpid()) + "/environ: No such file or directory");
  // A folder for temporary files of its own is what it sees there.
  EXPECT_FALSE(std::filesystem::exists(folder + "/plugins/mine"));
  said("write /usr/lib/mine: Read-only file system");
  said("write " + folder + "/plugins/hostile/mine: done");
  said("connect 127.0.0.1 1: Network is unreachable");
  said("kill " + std::to_string(getpid()) + ": No such process");
  said("trace " + std::to_string(getpid()) + ": Operation not permitted");
  said("environment CLEAT_SECRET: No such file or directory");
  EXPECT_NE(all.find("hostile: descriptors: No such file or directory\n"), std::string::npos) << all;
  for (const char* refused : {"mount", "namespaces", "root", "bpf", "packets"}) {
    EXPECT_NE(all.find(std::string("hostile: ") + refused + ": "), std::string::npos);
    EXPECT_EQ(all.find(std::string("hostile: ") + refused + ": done"), std::string::npos) << refused;
  }
  EXPECT_EQ(health().state, "running");
}

TEST_F(Hostile, MemoryThatItMayNotHaveEndsItAndItIsStartedAgain) {
  Confinement confinement;
  confinement.memoryBytes = 64 << 20;
  attack("memory\n", confinement);
  ASSERT_TRUE(becomes("restarting"));
  // Without control groups it is refused, and says so.
  EXPECT_TRUE(health().message.ends_with("it had used up its memory_limit of 64 MiB") ||
              lines.have("memory: Cannot allocate memory"))
      << health().message;
}

TEST_F(Hostile, ProcessesHaveALimit) {
  Confinement confinement;
  confinement.processes = 32;
  attack("forks\n", confinement);
  ASSERT_TRUE(says("forks: Resource temporarily unavailable")) << lines.all();
  EXPECT_EQ(health().state, "running");
  // Its control group is looked at while it goes on; where there is none, nobody says that it was refused anything.
  if (health().lacks.empty()) {
    executor.advance(5s);
    EXPECT_TRUE(says("processes or threads beyond its pids_limit of 32")) << lines.all();
    EXPECT_NE(metrics.text().find("cleat_plugin_limits_reached_total{"), std::string::npos);
  }
}

TEST_F(Hostile, LinesWithoutEndAreCountedInsteadOfWritten) {
  // A busy machine may take a while for a hundred thousand lines; that is no reason to call the plugin stuck.
  attack("lines\nprints\n", {}, 1h);
  const std::string name = "cleat_plugin_log_lines_left_out_total{plugin=\"hostile\"} ";
  auto leftOut = [&] {
    const std::string text = metrics.text();
    const size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + name.size(), nullptr, 10);
  };
  for (int patience = 0; leftOut() < 90'000 && patience < 12; ++patience) {
    executor.runUntil([&] { return leftOut() >= 90'000; });
  }
  EXPECT_GE(leftOut(), 90'000u) << lines.all().substr(0, 2000);
  EXPECT_LT(lines.all().size(), 4u << 20);
  EXPECT_EQ(health().state, "running");
}

TEST_F(Hostile, WhoeverSendsWithoutEndIsMadeToWait) {
  attack("answers 200000\n", {}, 1h);
  const std::string name = "cleat_plugin_slowed_total{plugin=\"hostile\"} ";
  auto slowed = [&] { return metrics.text().find(name) != std::string::npos; };
  for (int patience = 0; !slowed() && patience < 12; ++patience) executor.runUntil(slowed);
  EXPECT_TRUE(slowed()) << lines.all().substr(0, 2000);
  EXPECT_NE(metrics.text().find("cleat_plugin_malformed_total{plugin=\"hostile\"} "), std::string::npos);
  EXPECT_EQ(health().state, "running");
}

// Of 8 MiB each, faster than anybody reads them: they are refused one by one, or who makes them is ended for it.
TEST_F(Hostile, LargeRequestsCostWhoMakesThem) {
  attack("requests 200\n", {}, 1h);
  auto isOver = [&] { return lines.have("that was all") || health().state != "running"; };
  for (int patience = 0; !isOver() && patience < 12; ++patience) executor.runUntil(isOver);
  EXPECT_TRUE(isOver()) << lines.all();
}

TEST_F(Hostile, OneThatHangsIsEndedAndStartedAgain) {
  attack("hang\n");
  ASSERT_TRUE(becomes("restarting"));
  EXPECT_TRUE(health().message.starts_with("it was stuck: a callback (timer) had not returned for "))
      << health().message;
  EXPECT_TRUE(lines.have("; it is ended"));
  EXPECT_NE(metrics.text().find("cleat_plugin_stuck_total{plugin=\"hostile\"} 1\n"), std::string::npos);
  executor.advance(500ms);
  ASSERT_TRUE(becomes("running"));
  EXPECT_EQ(health().restarts, 1u);
  EXPECT_NE(metrics.text().find("cleat_plugin_restarts_total{plugin=\"hostile\"} 1\n"), std::string::npos);
}

TEST_F(Hostile, HowItEndsIsSaid) {
  struct {
    const char* attack;
    const char* why;
  } cases[] = {{"abort\n", "its process was killed by signal 6 (Aborted)"},
               {"fault\n", "its process was killed by signal 11 (Segmentation fault)"},
               {"garbage\n", "it sent what is no frame"}};
  for (const auto& one : cases) {
    attack(one.attack);
    ASSERT_TRUE(becomes("restarting"));
    EXPECT_EQ(health().message, one.why);
    finish(executor, host->stop());
    host.reset();
  }
}

}  // namespace
}  // namespace cleat::host
