#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

class Isolation : public HostTest {
 protected:
  PluginHealth health() const { return host->health().at(0); }
  bool becomes(const std::string& state) {
    return executor.runUntil([&] { return health().state == state; });
  }
};

TEST_F(Isolation, APluginThatCannotStartInAChildSaysWhy) {
  struct {
    const char* name;
    std::string why;
  } cases[] = {
      {"start-crashes", "plugin start-crashes: cannot start: its process was killed by signal 11 (Segmentation fault)"},
      {"start-throws", "plugin start-throws: cannot start: its start threw: no luck today"},
      {"start-fails", "plugin start-fails: cannot start: the disk is made of cheese"},
      {"not-ready", "plugin not-ready: cannot start: the cluster is empty"},
      {"missing-symbol", "plugin missing-symbol: cannot start: " + fixtureFile("missing-symbol") +
                             ": does not export the function cleat_plugin_v1"},
  };
  for (const auto& bad : cases) {
    auto loaded = load(bad.name, true);
    ASSERT_FALSE(loaded) << bad.name;
    EXPECT_EQ(loaded.error().message, bad.why);
  }
  EXPECT_TRUE(host->health().empty());
}

TEST_F(Isolation, AProgramThatIsNotThereIsOneClearLine) {
  HostOptions options;
  options.dataDir = folder + "/plugins";
  options.program = "/nonexistent/cleat";
  host = std::make_unique<PluginHost>(executor, kinds, options);
  auto loaded = load("echo", true);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message,
            "plugin echo: cannot start: /nonexistent/cleat cannot be started: No such file or directory");
}

TEST_F(Isolation, ACrashCostsOnlyThatPluginARestart) {
  ASSERT_TRUE(load("echo", true));
  int before = health().processId;
  ASSERT_GT(before, 0);

  RoleAnswer answer = call("echo", kCrash);
  EXPECT_EQ(answer.status, CLEAT_RETRY);
  EXPECT_EQ(answer.error->code, 503);
  EXPECT_EQ(answer.error->message, "plugin echo has crashed: its process was killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(health().state, "restarting");
  EXPECT_EQ(health().message, "its process was killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(host->chain("runtime"), std::vector<std::string>{"echo"});
  EXPECT_EQ(call("echo", kEcho).error->message,
            "plugin echo is restarting: its process was killed by signal 11 (Segmentation fault)");

  executor.advance(500ms);
  ASSERT_TRUE(becomes("running"));
  EXPECT_EQ(health().restarts, 1u);
  EXPECT_NE(health().processId, before);
  EXPECT_EQ(textIn(*call("echo", kEcho, textMessage("back")).message), "back");
  EXPECT_NE(metrics.text().find("cleat_plugin_crashes_total{plugin=\"echo\"} 1\n"), std::string::npos);
}

TEST_F(Isolation, RestartsWaitLongerEachTimeUntilItHasRunForAWhile) {
  ASSERT_TRUE(load("echo", true));
  auto crash = [&] {
    EXPECT_EQ(call("echo", kExit).status, CLEAT_RETRY);
    EXPECT_EQ(health().message, "its process ended with status 3");
    int64_t begin = executor.now();
    executor.advance(nanoseconds(executor.nextTimer() - begin));
    auto waited = nanoseconds(executor.now() - begin);
    EXPECT_TRUE(becomes("running"));
    return waited;
  };
  EXPECT_EQ(crash(), 500ms);
  EXPECT_EQ(crash(), 1s);
  EXPECT_EQ(crash(), 2s);
  executor.advance(6min);
  EXPECT_EQ(crash(), 500ms);
  EXPECT_EQ(health().restarts, 4u);
}

TEST_F(Isolation, APluginThatCrashesAsSoonAsItIsReadyIsKeptRestarting) {
  makeHost();
  auto loaded = load("crashes-when-ready", true);
  // Either way: it was ready for a moment, or its end came first.
  executor.advance(500ms);
  if (loaded) {
    EXPECT_TRUE(executor.runUntil([&] { return health().restarts >= 1; }));
  } else {
    EXPECT_NE(loaded.error().message.find("killed by signal 9"), std::string::npos);
  }
}

TEST_F(Isolation, AKilledChildIsRestartedAndAStoppedOneIsNot) {
  ASSERT_TRUE(load("echo", true));
  kill(health().processId, SIGKILL);
  ASSERT_TRUE(becomes("restarting"));
  executor.advance(500ms);
  ASSERT_TRUE(becomes("running"));
  int last = health().processId;
  finish(executor, host->stop());
  EXPECT_TRUE(lines.have("version 1.0.0 stopped"));
  EXPECT_EQ(health().state, "stopped");
  EXPECT_EQ(kill(last, 0), -1);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  executor.advance(10min);
  EXPECT_EQ(health().restarts, 1u);
}

TEST_F(Isolation, AStopWaitsForARestartThatIsUnderWay) {
  ASSERT_TRUE(load("echo", true));
  kill(health().processId, SIGKILL);
  ASSERT_TRUE(becomes("restarting"));
  executor.advance(500ms);
  EXPECT_EQ(health().restarts, 1u);
  finish(executor, host->stop());
  EXPECT_EQ(health().state, "stopped");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process of it is left";
}

TEST_F(Isolation, AChildThatHangsInACallbackIsKilledWhenItDoesNotStop) {
  HostLimits limits;
  limits.call = 1s;
  makeHost(limits);
  std::string fifo = folder + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  setenv("CLEAT_FIXTURE_FIFO", fifo.c_str(), 1);
  ASSERT_TRUE(load("echo", true));
  unsetenv("CLEAT_FIXTURE_FIFO");
  std::optional<RoleAnswer> answer;
  spawn(host->call("echo", {echoMethod(kBlock), emptyMessage(), {}}), [&](RoleAnswer got) { answer = std::move(got); });
  executor.runUntilIdle();
  executor.advance(2s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error->code, 504);

  bool stopped = false;
  auto stop = [](PluginHost* plugins, bool* done) -> Task<void> {
    co_await plugins->stop();
    *done = true;
  };
  spawn(stop(host.get(), &stopped));
  executor.runUntilIdle();
  EXPECT_FALSE(stopped);
  executor.advance(10s);
  ASSERT_TRUE(executor.runUntil([&] { return stopped; }));
  EXPECT_TRUE(lines.have("error echo: it did not stop within 10 s"));
  ASSERT_TRUE(executor.runUntil([] { return waitpid(-1, nullptr, WNOHANG) == -1; }));
}

TEST_F(Isolation, ASwapStartsTheNewChildBesideTheOld) {
  ASSERT_TRUE(load("echo", true));
  int before = health().processId;
  auto swapped = finish(executor, host->swap("echo", fixtureFile("echo-next")));
  ASSERT_TRUE(swapped) << swapped.error().message;
  EXPECT_EQ(health().version, "2.0.0");
  EXPECT_NE(health().processId, before);
  EXPECT_EQ(kill(before, 0), -1);
  EXPECT_EQ(call("echo", kEcho).status, CLEAT_OK);
  EXPECT_EQ(health().restarts, 0u);
}

TEST_F(Isolation, AChildEndsWithTheProcessThatStartedIt) {
  // A process in between, which is killed: it loads the plugin, tells which child that made, and waits.
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  pid_t parent = fork();
  if (parent == 0) {
    if (!load("echo", true)) _exit(1);
    int child = health().processId;
    static_cast<void>(write(ends[1], &child, sizeof child));
    pause();
    _exit(0);
  }
  int child = 0;
  ASSERT_EQ(read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  int watched = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  ASSERT_GE(watched, 0);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  pollfd polled = {watched, POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, 10'000), 1);
  for (int fd : {watched, ends[0], ends[1]}) close(fd);
}

TEST_F(Isolation, AChildStopsCleanlyOnSigterm) {
  ASSERT_TRUE(load("echo", true));
  kill(health().processId, SIGTERM);
  ASSERT_TRUE(becomes("restarting"));
  EXPECT_TRUE(lines.have("version 1.0.0 stopped"));
  EXPECT_EQ(health().message, "its process ended with status 0");
}

}  // namespace
}  // namespace cleat::host
