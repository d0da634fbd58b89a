// Plugins that come, go and change while the host runs.
#include <fstream>

#include "core/host/loading/signature.h"
#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

class Changes : public HostTest {
 protected:
  PluginHealth health() const { return host->health().at(0); }
  Result<void> swap(const std::string& name, const std::string& fixture, PluginHost::NewGrants grants) {
    std::optional<PluginSpec> spec = host->specOf(name);
    spec->file = fixtureFile(fixture);
    return finish(executor, host->swap(*spec, grants));
  }
};

TEST_F(Changes, OneThatDoesNotStartIsKeptAndTriedAgainEverMoreSeldom) {
  std::vector<std::string> notices;
  HostOptions options;
  options.dataDir = folder + "/plugins";
  options.notice = [&](const PluginNotice& notice) { notices.push_back(notice.reason); };
  host = std::make_unique<PluginHost>(executor, kinds, options);
  host->setCluster(cluster);
  PluginSpec spec{.name = "start-fails", .file = fixtureFile("start-fails"), .settings = {}};
  ASSERT_TRUE(finish(executor, host->loadOrRetry(spec)));
  EXPECT_EQ(health().state, "restarting");
  EXPECT_EQ(health().message, "plugin start-fails: cannot start: the disk is made of cheese");
  EXPECT_EQ(notices, std::vector<std::string>{"FailedToStart"});
  // It is in its role, so that nobody passes it by.
  EXPECT_EQ(host->chain("runtime"), std::vector<std::string>{"start-fails"});
  RoleAnswer answer = call("start-fails", kEcho);
  EXPECT_EQ(answer.error->code, 503);
  EXPECT_EQ(answer.error->message,
            "plugin start-fails is restarting: plugin start-fails: cannot start: the disk is made of cheese");
  executor.advance(500ms);
  ASSERT_TRUE(executor.runUntil([&] { return health().restarts == 1; }));
  executor.advance(500ms);
  EXPECT_EQ(health().restarts, 1u);
  executor.advance(500ms);
  ASSERT_TRUE(executor.runUntil([&] { return health().restarts == 2; }));

  PluginSpec wrong = spec;
  wrong.name = "echo";
  wrong.file = fixtureFile("echo");
  wrong.settings = {{.key = "volume", .text = "11"}};
  auto refused = finish(executor, host->loadOrRetry(wrong));
  ASSERT_FALSE(refused) << "what is wrong with the settings does not pass with time";
}

TEST_F(Changes, OneThatIsUnloadedIsInNoRole) {
  ASSERT_TRUE(load("echo"));
  ASSERT_TRUE(finish(executor, host->unload("echo")));
  EXPECT_TRUE(host->health().empty());
  EXPECT_TRUE(host->chain("runtime").empty());
  EXPECT_EQ(call("echo", kEcho).error->message, "plugin echo is not loaded");
  EXPECT_TRUE(lines.have("version 1.0.0 stopped"));
  EXPECT_EQ(finish(executor, host->unload("echo")).error().code, 404);
  ASSERT_TRUE(load("echo"));
  EXPECT_EQ(call("echo", kEcho).status, CLEAT_OK);
}

TEST_F(Changes, OneThatAsksForMoreIsRefusedUntilThatIsGranted) {
  PluginSpec spec{.name = "hostile", .file = fixtureFile("hostile"), .settings = {}};
  makeHost();
  ASSERT_TRUE(finish(executor, host->load(spec)));
  auto refused = swap("hostile", "hostile-more", PluginHost::NewGrants::refused);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "plugin hostile 2.0.0 asks to be allowed more than the one that runs: - secrets get; --grant allows it");
  EXPECT_EQ(health().version, "1.0.0");
  ASSERT_TRUE(swap("hostile", "hostile-more", PluginHost::NewGrants::given));
  EXPECT_EQ(health().version, "2.0.0");
  EXPECT_EQ(health().grants, "- configmaps get\n- secrets get");
  ASSERT_TRUE(swap("hostile", "hostile", PluginHost::NewGrants::refused)) << "less is no question";
}

TEST_F(Changes, TheNewOneWritesNothingBeforeTheOldOneHasEnded) {
  ASSERT_TRUE(load("echo"));
  // A call that the old one is at until its time is up.
  std::optional<RoleAnswer> old, written, read;
  auto take = [](std::optional<RoleAnswer>& to) { return [&to](RoleAnswer answer) { to = std::move(answer); }; };
  spawn(host->call("echo", {echoMethod(kNeverReply), emptyMessage(), {}}), take(old));
  bool swapped = false;
  spawn(host->swap("echo", fixtureFile("echo-next")), [&](Result<void> done) { swapped = done.has_value(); });
  ASSERT_TRUE(executor.runUntil([&] { return health().version == "2.0.0"; }));
  EXPECT_FALSE(old);
  cluster.put("default", "there", 5);
  Arguments objects{{makeMessage<meta_v1::AnyObject>(
                         [](meta_v1::AnyObject::Builder object) { object.initMetadata().setName("made"); }),
                     0}};
  spawn(host->call("echo", {echoMethod(kCluster + 0), refParams("there"), {}}), take(read));
  spawn(host->call("echo", {echoMethod(kCluster + 3), refParams(""), objects}), take(written));
  executor.runUntilIdle();
  ASSERT_TRUE(read) << "it may look";
  EXPECT_EQ(read->status, CLEAT_OK);
  EXPECT_FALSE(written);
  EXPECT_FALSE(swapped);
  executor.advance(10s);
  ASSERT_TRUE(executor.runUntil([&] { return swapped && written; }));
  EXPECT_EQ(old->error->code, 504);
}

TEST(Signature, IsOfAllOfTheFile) {
  const std::string folder = temporaryFolder(), file = folder + "/echo.so";
  std::filesystem::copy_file(fixtureFile("echo"), file);
  auto run = [&](const std::string& command) { return std::system(("cd " + folder + " && " + command).c_str()); };
  for (const char* name : {"one", "two"}) {
    const std::string key = name;
    ASSERT_EQ(run("openssl genpkey -algorithm ed25519 -out " + key + " 2>/dev/null && openssl pkey -in " + key +
                  " -pubout -out " + key + ".pub"),
              0);
  }
  const std::string one = folder + "/one.pub", two = folder + "/two.pub";
  EXPECT_EQ(verifyPlugin(file, {one}).error().message, file + ".sig: there is no signature");
  ASSERT_TRUE(signPlugin(file, folder + "/one"));
  auto good = verifyPlugin(file, {two, one});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(*good, one);
  EXPECT_EQ(verifyPlugin(file, {two}).error().message, file + ": its signature is another key's, or another file's");
  EXPECT_EQ(verifyPlugin(file, {}).error().message, file + ": there is no key that could have signed it");
  std::ofstream(file, std::ios::app | std::ios::binary) << "x";
  EXPECT_FALSE(verifyPlugin(file, {one}));
  EXPECT_EQ(signPlugin(file, one).error().message, one + ": is no private Ed25519 key");
  std::ofstream(file + ".sig") << "nonsense";
  EXPECT_EQ(verifyPlugin(file, {one}).error().message, file + ".sig: is no signature of a plugin");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cleat::host
