#include <fstream>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

class Loading : public HostTest {};

TEST_F(Loading, AGoodPluginFillsItsRole) {
  auto loaded = load("echo");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(host->chain("runtime"), std::vector<std::string>{"echo"});
  auto health = host->health();
  ASSERT_EQ(health.size(), 1u);
  EXPECT_EQ(health[0].state, "running");
  EXPECT_EQ(health[0].version, "1.0.0");
  EXPECT_EQ(health[0].grants, "- configmaps get,list,watch");
  EXPECT_TRUE(lines.have("info echo: version 1.0.0 started\n"));
  EXPECT_TRUE(std::filesystem::is_directory(folder + "/plugins/echo"));
}

TEST_F(Loading, EachBadPluginIsOneClearLine) {
  struct {
    const char* name;
    std::string why;
  } cases[] = {
      {"missing-symbol", fixtureFile("missing-symbol") + ": does not export the function cleat_plugin_v1"},
      {"null-table", fixtureFile("null-table") + ": its table of functions is incomplete"},
      {"start-throws", "plugin start-throws: cannot start: its start threw: no luck today"},
      {"start-fails", "plugin start-fails: cannot start: the disk is made of cheese"},
      {"not-ready", "plugin not-ready: cannot start: the cluster is empty"},
      {"newer-minor", fixtureFile("newer-minor") +
                          ": built for plugin ABI 1.8, this program has ABI 1.1: the plugin needs a newer one"},
  };
  for (const auto& bad : cases) {
    auto loaded = load(bad.name);
    ASSERT_FALSE(loaded) << bad.name;
    EXPECT_EQ(loaded.error().message, bad.why);
  }
  EXPECT_TRUE(host->health().empty());
  EXPECT_TRUE(host->chain("runtime").empty());
}

TEST_F(Loading, OneOfAnotherCapnProtoIsRefusedBeforeAnyOfItIsLoaded) {
  const std::string file = fixtureFile("other-capnp");
  for (const bool isolated : {false, true}) {
    auto loaded = load("other-capnp", isolated);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error().message.starts_with(
        file + ": it was built with another version of Cap'n Proto (libcapnp-99.0.so) than this program (libcapnp-"))
        << loaded.error().message;
  }
}

TEST_F(Loading, APrivateCopyIsOfWhatComesWithItToo) {
  makeHost();
  PluginSpec spec{.name = "companioned", .file = fixtureFile("companioned"), .settings = {}};
  spec.privateCopy = true;
  auto loaded = finish(executor, host->load(spec));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(textIn(*call("companioned", kEcho, textMessage("here")).message), "here");
  std::ifstream maps("/proc/self/maps");
  std::stringstream text;
  text << maps.rdbuf();
  EXPECT_EQ(text.str().find("/companioned.so"), std::string::npos);
  EXPECT_EQ(text.str().find("/libcompanion.so"), std::string::npos);
}

TEST_F(Loading, APluginThatIsNeverReadyIsGivenUp) {
  makeHost();
  std::optional<Result<void>> result;
  spawn(host->load({.name = "never-ready", .file = fixtureFile("never-ready"), .settings = {}}),
        [&](Result<void> value) { result = value; });
  executor.advance(29s);
  EXPECT_FALSE(result);
  EXPECT_EQ(host->health()[0].state, "starting");
  EXPECT_EQ(call("never-ready", kEcho).error->message, "plugin never-ready is starting");
  executor.advance(2s);
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().message, "plugin never-ready: cannot start: it was not ready within 30 s");
}

TEST_F(Loading, TheNameTheRolesAndTheSettingsMustBeThePlugins) {
  makeHost();
  auto loadSpec = [&](PluginSpec spec) {
    auto loaded = finish(executor, host->load(std::move(spec)));
    return loaded ? std::string("loaded") : loaded.error().message;
  };
  EXPECT_EQ(loadSpec({.name = "other", .file = fixtureFile("echo"), .settings = {}}),
            fixtureFile("echo") + ": is the plugin echo, not other");
  EXPECT_EQ(loadSpec({.name = "echo", .file = fixtureFile("echo"), .settings = {}, .roles = {"network"}}),
            "plugin echo does not fill the role network; it fills: runtime");
  base::PluginSetting wrong{base::PluginSetting::Type::string, "colour", "red", {}, "cleat.toml:3"};
  EXPECT_EQ(loadSpec({.name = "echo", .file = fixtureFile("echo"), .settings = {wrong}}),
            "cleat.toml:3: plugins.echo.colour: no such setting; the plugin has greeting, limit, wait, names, strict");
  EXPECT_EQ(loadSpec({.name = "echo", .file = fixtureFile("echo"), .settings = {}}), "loaded");
  EXPECT_EQ(loadSpec({.name = "echo", .file = fixtureFile("echo"), .settings = {}}), "plugin echo is loaded already");
}

// What the fixtures answer to method 0: `describe` of the kinds, `interests` of the admission plugins.
class Introduction : public Loading {
 protected:
  void answerWith(const Message& message) {
    std::string path = folder + "/words";
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(message.words().data()),
               static_cast<std::streamsize>(message.words().size_bytes()));
    setenv("CLEAT_FIXTURE_WORDS", path.c_str(), 1);
  }
  void answerWithKind(const char* name, const char* plural) {
    auto description = makeMessage<role::KindsDescription>([&](role::KindsDescription::Builder builder) {
      test::describe(builder, test::schemaBytes(), {{"", "v1", name, plural, true, "core_v1"}});
    });
    answerWith(*description);
  }
  ~Introduction() override { unsetenv("CLEAT_FIXTURE_WORDS"); }
};

TEST_F(Introduction, AKindsPluginIsAskedForItsKindsOnce) {
  object::KindRegistry registry;
  HostOptions options;
  options.dataDir = folder + "/plugins";
  host = std::make_unique<PluginHost>(executor, registry, options);
  answerWithKind("ConfigMap", "configmaps");
  auto loaded = load("echo-kinds");
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_NE(registry.find("", "v1", "configmaps"), nullptr);
  EXPECT_EQ(registry.find("", "v1", "configmaps")->plugin, "echo-kinds");

  auto swapped = finish(executor, host->swap("echo-kinds", fixtureFile("echo-kinds")));
  EXPECT_TRUE(swapped) << swapped.error().message;
  answerWithKind("Secret", "secrets");
  swapped = finish(executor, host->swap("echo-kinds", fixtureFile("echo-kinds")));
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().message,
            "plugin echo-kinds describes other kinds than before: that takes a restart of the program");
}

TEST_F(Introduction, KindsThatAreThereAlreadyAreRefused) {
  answerWithKind("ConfigMap", "configmaps");
  auto loaded = load("echo-kinds");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("plugin echo-kinds: its kinds cannot be registered: "), std::string::npos);
}

TEST_F(Introduction, AnAdmissionPluginIsAskedForItsInterests) {
  makeHost();
  // Before it has said what it wants to see, it is taken to want everything: nothing passes it by.
  EXPECT_EQ(host->interests("echo-admission")->root<role::Interests>().getRules().size(), 2u);
  auto interests = makeMessage<role::Interests>(
      [](role::Interests::Builder builder) { builder.initRules(1)[0].setResource("pods"); });
  answerWith(*interests);
  auto loaded = load("echo-admission");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Ref<const Message> wanted = host->interests("echo-admission");
  ASSERT_EQ(wanted->root<role::Interests>().getRules().size(), 1u);
  EXPECT_EQ(textOf(wanted->root<role::Interests>().getRules()[0].getResource()), "pods");
}

// An admission plugin that says while it runs what it wants to see.
class Wanting : public Introduction {
 protected:
  static Ref<Message> interestsIn(const std::vector<std::string>& resources) {
    return makeMessage<role::Interests>([&](role::Interests::Builder builder) {
      auto rules = builder.initRules(static_cast<unsigned>(resources.size()));
      for (unsigned i = 0; i < rules.size(); ++i) rules[i].setResource(resources[i]);
    });
  }
  RoleAnswer wants(const Message& interests) {
    auto params = makeMessage<wire::WantParams>([&](wire::WantParams::Builder builder) {
      builder.initInterests().setAs<capnp::AnyStruct>(interests.root<capnp::AnyStruct>());
    });
    return call("echo-admission", kCluster + wire::cluster::want.ordinal, params);
  }
  std::string seen() const {
    std::string all;
    const Ref<const Message> interests = host->interests("echo-admission");
    for (auto rule : interests->root<role::Interests>().getRules()) all += textOf(rule.getResource()) + " ";
    return all;
  }
};

TEST_F(Wanting, WhatAPluginWantedIsForgottenWhenItHasCrashed) {
  makeHost();
  auto loaded = load("echo-admission", true);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const std::string atStart = seen();
  EXPECT_EQ(wants(*interestsIn({"leases"})).status, CLEAT_OK);
  EXPECT_EQ(seen(), "leases ");
  EXPECT_EQ(call("echo-admission", kCrash).status, CLEAT_RETRY);
  EXPECT_TRUE(executor.runUntil([&] { return seen() == atStart; }));
}

TEST_F(Wanting, OtherRequestsThanAtItsStart) {
  makeHost();
  answerWith(*interestsIn({"pods", "nodes"}));
  auto loaded = load("echo-admission");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const uint64_t before = host->generation();
  EXPECT_EQ(wants(*interestsIn({})).status, CLEAT_OK);
  EXPECT_EQ(seen(), "");
  EXPECT_GT(host->generation(), before);
  EXPECT_EQ(wants(*interestsIn({"nodes"})).status, CLEAT_OK);
  EXPECT_EQ(seen(), "nodes ");
  // A struct where a list should be.
  auto odd = makeMessage<wire::ListParams>([](wire::ListParams::Builder builder) { builder.initRef(); });
  EXPECT_EQ(wants(*odd).error->code, 400);
  EXPECT_EQ(seen(), "nodes ");
  // What takes its place begins with what it said at its start.
  auto swapped = finish(executor, host->swap("echo-admission", fixtureFile("echo-admission")));
  ASSERT_TRUE(swapped) << swapped.error().message;
  EXPECT_EQ(seen(), "pods nodes ");
}

TEST_F(Introduction, AnAnswerOfAnotherShapeIsRefused) {
  // Well-formed, but `rules` is a text where a list of structs should be.
  answerWith(*makeMessage<wire::ListParams>([](wire::ListParams::Builder builder) { builder.initRef(); }));
  auto loaded = load("echo-admission");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("plugin echo-admission answered Admission.interests with a malformed message"),
            std::string::npos)
      << loaded.error().message;
}

TEST_F(Loading, PluginsAreStoppedInTheReverseOrder) {
  ASSERT_TRUE(load("echo"));
  ASSERT_TRUE(load("echo-concurrent"));
  finish(executor, host->stop());
  std::string all = lines.all();
  size_t first = all.find("echo-concurrent: version 1.0.0 stopped"), second = all.find(" echo: version 1.0.0 stopped");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_EQ(call("echo", kEcho).error->message, "plugin echo is stopped");
}

TEST_F(Loading, ASwapMovesTheRoleAndStopsTheOldOne) {
  ASSERT_TRUE(load("echo"));
  auto swapped = finish(executor, host->swap("echo", fixtureFile("echo-next")));
  ASSERT_TRUE(swapped) << swapped.error().message;
  EXPECT_TRUE(lines.have("version 2.0.0 started"));
  EXPECT_TRUE(lines.have("version 1.0.0 stopped"));
  EXPECT_EQ(host->health()[0].version, "2.0.0");
  EXPECT_EQ(textIn(*call("echo", kEcho, textMessage("still there")).message), "still there");
}

TEST_F(Loading, AFileThatHasBecomeAnotherRunsAsWhatItIs) {
  makeHost();
  // With a copy, as of others' plugins, and without one, as of those that were installed with the program.
  for (const bool copied : {true, false}) {
    PluginSpec spec{.name = "echo", .file = folder + (copied ? "/copied.so" : "/opened.so"), .settings = {}};
    spec.privateCopy = copied;
    auto become = [&](const char* fixture) {
      std::filesystem::copy_file(fixtureFile(fixture), folder + "/new.so");
      std::filesystem::rename(folder + "/new.so", spec.file);
    };
    become("echo");
    ASSERT_TRUE(finish(executor, host->load(spec)));
    for (const auto& [fixture, version] :
         {std::pair{"echo-next", "2.0.0"}, {"echo", "1.0.0"}, {"echo-next", "2.0.0"}}) {
      become(fixture);
      auto swapped = finish(executor, host->swap("echo", spec.file));
      ASSERT_TRUE(swapped) << copied << ": " << swapped.error().message;
      EXPECT_EQ(host->health().at(0).version, version);
      EXPECT_EQ(call("echo", kEcho).status, CLEAT_OK);
    }
    ASSERT_TRUE(finish(executor, host->unload("echo")));
  }
}

TEST_F(Loading, ASwapLetsTheOldOneFinishItsCalls) {
  ASSERT_TRUE(load("echo"));
  std::optional<RoleAnswer> answer;
  spawn(host->call("echo", {echoMethod(kTimer), emptyMessage(), {}}), [&](RoleAnswer got) { answer = std::move(got); });
  std::optional<Result<void>> swapped;
  spawn(host->swap("echo", fixtureFile("echo-next")), [&](Result<void> result) { swapped = result; });
  executor.advance(900ms);
  EXPECT_TRUE(lines.have("version 2.0.0 started"));
  EXPECT_FALSE(lines.have("version 1.0.0 stopped"));
  EXPECT_FALSE(swapped);
  executor.advance(200ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, CLEAT_OK);
  ASSERT_TRUE(swapped);
  EXPECT_TRUE(*swapped);
  EXPECT_TRUE(lines.have("version 1.0.0 stopped"));
}

TEST_F(Loading, ASwapThatFailsLeavesTheOldOneAlone) {
  ASSERT_TRUE(load("echo"));
  auto swapped = finish(executor, host->swap("echo", fixtureFile("wrong-magic")));
  ASSERT_FALSE(swapped);
  swapped = finish(executor, host->swap("echo", fixtureFile("start-fails")));
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().message, fixtureFile("start-fails") + ": is the plugin start-fails, not echo");
  EXPECT_FALSE(lines.have("stopped"));
  EXPECT_EQ(call("echo", kEcho).status, CLEAT_OK);
  EXPECT_FALSE(finish(executor, host->swap("nobody", fixtureFile("echo"))));
}

}  // namespace
}  // namespace cleat::host
