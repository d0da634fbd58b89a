#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

// Each of these holds for a plugin in this process, for one that takes concurrent calls, and for one in a child
// process.
struct Way {
  const char* plugin;
  bool isolated;
};

class Calls : public HostTest, public testing::WithParamInterface<Way> {
 protected:
  void SetUp() override {
    auto loaded = load(plugin(), GetParam().isolated);
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  std::string plugin() const { return GetParam().plugin; }
  // Until a line is in the log: what a child logs takes a moment.
  bool logged(std::string_view text) {
    return executor.runUntil([&] { return lines.have(text); });
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, Calls,
                         testing::Values(Way{"echo", false}, Way{"echo-concurrent", false}, Way{"echo", true},
                                         Way{"echo-concurrent", true}),
                         [](const auto& info) {
                           return std::string(info.param.isolated ? "Isolated" : "InProcess") +
                                  (std::string(info.param.plugin) == "echo" ? "" : "Concurrent");
                         });

TEST_P(Calls, AMessageAndItsObjectsComeBack) {
  Arguments objects{{textMessage("one"), 1}, {textMessage("two"), 2}};
  RoleAnswer answer = call(plugin(), kEcho, textMessage("hello"), objects);
  ASSERT_EQ(answer.status, CLEAT_OK) << answer.error->message;
  EXPECT_EQ(textIn(*answer.message), "hello");
  ASSERT_EQ(answer.objects.size(), 2u);
  EXPECT_EQ(textIn(*answer.objects[1]), "two");
}

TEST_P(Calls, WhoeverGoesTakesTheCallBack) {
  std::optional<RoleAnswer> answer;
  RoleCall asked{echoMethod(kNeverReply), emptyMessage(), {}};
  asked.cancel = std::make_shared<gate::CallCancel>();
  auto cancel = asked.cancel;
  spawn(host->call(plugin(), std::move(asked)), [&](RoleAnswer got) { answer = std::move(got); });
  executor.advance(100ms);
  EXPECT_FALSE(answer);
  cancel->cancel();
  executor.advance(10ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, CLEAT_RETRY);
  EXPECT_EQ(answer->error->message, "whoever made the call has gone");
  EXPECT_TRUE(logged("cancelled"));
}

TEST_P(Calls, WhoeverHasGoneBeforeGetsNoAnswer) {
  std::optional<RoleAnswer> answer;
  RoleCall asked{echoMethod(kNeverReply), emptyMessage(), {}};
  asked.cancel = std::make_shared<gate::CallCancel>();
  asked.cancel->cancel();
  spawn(host->call(plugin(), std::move(asked)), [&](RoleAnswer got) { answer = std::move(got); });
  executor.advance(10ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error->message, "whoever made the call has gone");
}

TEST_P(Calls, ACallThatIsNeverAnsweredEndsAtItsDeadline) {
  std::optional<RoleAnswer> answer;
  spawn(host->call(plugin(), {echoMethod(kNeverReply), emptyMessage(), {}}),
        [&](RoleAnswer got) { answer = std::move(got); });
  executor.advance(9900ms);
  EXPECT_FALSE(answer);
  executor.advance(200ms);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, CLEAT_RETRY);
  EXPECT_EQ(answer->error->code, 504);
  EXPECT_EQ(answer->error->message, "plugin " + plugin() + " did not answer Runtime.runSandbox within 10 s");
  EXPECT_TRUE(logged("cancelled"));
}

TEST_P(Calls, ACallMayHaveAllTheTimeThereIs) {
  executor.advance(1s);
  RoleAnswer answer = finish(executor, host->call(plugin(), {echoMethod(kEcho), textMessage("x"), {}, INT64_MAX}));
  ASSERT_EQ(answer.status, CLEAT_OK) << answer.error->message;
  EXPECT_EQ(textIn(*answer.message), "x");
}

TEST_P(Calls, GarbageIsAFailureThatNamesThePlugin) {
  for (uint32_t method : {kGarbage, kGarbageObject}) {
    RoleAnswer answer = call(plugin(), method);
    EXPECT_EQ(answer.status, CLEAT_FAILED);
    EXPECT_EQ(answer.error->code, 500);
    EXPECT_NE(answer.error->message.find("plugin " + plugin() + " answered"), std::string::npos);
    EXPECT_NE(answer.error->message.find("malformed"), std::string::npos) << answer.error->message;
  }
  EXPECT_EQ(call(plugin(), kEcho).status, CLEAT_OK);
}

TEST_P(Calls, OnlyTheFirstReplyCounts) {
  RoleAnswer answer = call(plugin(), kReplyTwice, textMessage("first"));
  EXPECT_EQ(answer.status, CLEAT_OK);
  EXPECT_EQ(textIn(*answer.message), "first");
  EXPECT_EQ(call(plugin(), kReplyToNobody).status, CLEAT_OK);
  EXPECT_TRUE(logged("warn " + plugin() + ": it replied to a call that was never made"));
}

TEST_P(Calls, StatusesWithoutAMessageAreExplained) {
  EXPECT_EQ(call(plugin(), kDeny).status, CLEAT_DENIED);
  EXPECT_EQ(call(plugin(), kDeny).error->code, 403);
  EXPECT_EQ(call(plugin(), kNotMine).status, CLEAT_NOT_MINE);
  EXPECT_EQ(call(plugin(), kStrangeStatus).status, CLEAT_FAILED);
  EXPECT_EQ(call(plugin(), kStrangeStatus).error->message,
            "plugin " + plugin() + " failed Runtime.reopenLog without saying why");
}

TEST_P(Calls, TimersBlockingWorkAndPostsComeBackToThePlugin) {
  EXPECT_EQ(call(plugin(), kBlocking).status, CLEAT_OK);
  EXPECT_EQ(call(plugin(), kPost).status, CLEAT_OK);
  EXPECT_EQ(call(plugin(), kCancelledTimer).status, CLEAT_OK);
  if (GetParam().isolated) {
    EXPECT_EQ(call(plugin(), kTimer).status, CLEAT_OK);  // on the child's own clock
    return;
  }
  std::optional<RoleAnswer> answer;
  spawn(host->call(plugin(), {echoMethod(kTimer), emptyMessage(), {}}),
        [&](RoleAnswer got) { answer = std::move(got); });
  executor.advance(999ms);
  EXPECT_FALSE(answer);
  executor.advance(1ms);
  EXPECT_TRUE(answer);
  EXPECT_FALSE(lines.have("an event for no call"));
}

TEST_P(Calls, APluginReadsTheClusterAsItself) {
  cluster.put("default", "settings", 5);
  RoleAnswer answer = call(plugin(), kCluster + 0, refParams("settings"));
  ASSERT_EQ(answer.status, CLEAT_OK) << answer.error->message;
  ASSERT_EQ(answer.objects.size(), 1u);
  EXPECT_EQ(textOf(answer.objects[0]->meta().getName()), "settings");
  EXPECT_EQ(cluster.lastUser(), "system:plugin:" + plugin());
  EXPECT_EQ(cluster.lastGroups(), (std::vector<std::string>{"system:plugins", "system:authenticated"}));

  answer = call(plugin(), kCluster + 0, refParams("absent"));
  EXPECT_EQ(answer.status, CLEAT_FAILED);
  EXPECT_EQ(answer.error->code, 404);
  EXPECT_EQ(answer.error->message, "configmaps \"absent\" not found");
}

TEST_P(Calls, APluginListsAndWatchesInBatches) {
  for (int i = 0; i < 1000; ++i) cluster.put("default", "object-" + std::to_string(i), 10 + i);
  RoleAnswer listed = call(plugin(), kCluster + 1, refParams(""));
  ASSERT_EQ(listed.status, CLEAT_OK) << listed.error->message;
  EXPECT_EQ(listed.message->root<wire::ListResults>().getRevision(), 99u);
  EXPECT_EQ(listed.objects.size(), 1000u);

  FakeSubscription::most = 0;
  RoleAnswer watched = call(plugin(), kCluster + 2, refParams(""));
  ASSERT_EQ(watched.status, CLEAT_OK) << watched.error->message;
  EXPECT_EQ(watched.objects.size(), 1000u);
  EXPECT_EQ(FakeSubscription::most, 256u);
}

TEST_P(Calls, APluginWritesAsItself) {
  Arguments objects{{makeMessage<meta_v1::AnyObject>(
                         [](meta_v1::AnyObject::Builder object) { object.initMetadata().setName("made"); }),
                     0}};
  RoleAnswer created = call(plugin(), kCluster + 3, refParams(""), objects);
  ASSERT_EQ(created.status, CLEAT_OK) << created.error->message;
  EXPECT_EQ(textOf(created.objects.at(0)->meta().getName()), "made");
  EXPECT_EQ(textOf(created.message->root<wire::ObjectResults>().getWarnings()[0]), "careful");
  EXPECT_EQ(cluster.lastManager(), plugin());

  RoleAnswer updated = call(plugin(), kCluster + 4, refParams("made"), objects);
  EXPECT_EQ(updated.status, CLEAT_FAILED);
  EXPECT_EQ(updated.error->code, 409);
  EXPECT_EQ(call(plugin(), kCluster + 4, refParams("made")).error->message, "a write needs the object as objects[0]");
  EXPECT_EQ(call(plugin(), kCluster + 5, refParams("made")).status, CLEAT_DENIED);
  RoleAnswer removed = call(plugin(), kCluster + 6, refParams("made"));
  EXPECT_EQ(removed.status, CLEAT_OK);
  EXPECT_EQ(removed.objects.size(), 0u);
}

TEST_P(Calls, AnUnknownResourceOrMethodIsRefused) {
  auto params =
      makeMessage<wire::GetParams>([](wire::GetParams::Builder get) { get.initRef().setResource("unicorns"); });
  RoleAnswer answer = call(plugin(), kCluster + 0, params);
  EXPECT_EQ(answer.error->code, 404);
  EXPECT_EQ(answer.error->message, "the server could not find the requested resource (unicorns)");
  EXPECT_EQ(call(plugin(), kCluster + 55, refParams("x")).error->message, "the interface Cluster has no method 55");
}

TEST_P(Calls, APluginSeesWhichPluginsThereAre) {
  RoleAnswer answer = call(plugin(), kCluster + 7);
  ASSERT_EQ(answer.status, CLEAT_OK) << answer.error->message;
  auto plugins = answer.message->root<wire::PluginsResults>().getPlugins();
  ASSERT_EQ(plugins.size(), 1u);
  EXPECT_EQ(textOf(plugins[0].getUser()), "system:plugin:" + plugin());
  EXPECT_EQ(textOf(plugins[0].getGrants()), "- configmaps get,list,watch");
}

TEST_P(Calls, WhatAPluginSaysOfItselfStandsInItsHealth) {
  auto report = [&](const std::string& text) {
    return makeMessage<wire::ReportParams>([&](wire::ReportParams::Builder params) { params.setMessage(text); });
  };
  EXPECT_EQ(host->health()[0].message, "");
  RoleAnswer answer = call(plugin(), kCluster + 9, report("it turns in circles"));
  ASSERT_EQ(answer.status, CLEAT_OK) << answer.error->message;
  EXPECT_EQ(host->health()[0].message, "it turns in circles");
  EXPECT_TRUE(host->health()[0].healthy());
  call(plugin(), kCluster + 9, report(std::string(5000, 'x')));
  EXPECT_EQ(host->health()[0].message.size(), 1024u);
  call(plugin(), kCluster + 9, report(""));
  EXPECT_EQ(host->health()[0].message, "");
}

TEST_P(Calls, NoPluginSpeaksInTheServersName) {
  const RoleAnswer answer = call(plugin(), kNotices);
  EXPECT_EQ(answer.status, CLEAT_DENIED);
  EXPECT_EQ(answer.error->message, "the role notices is called by the server alone");
  EXPECT_EQ(call(plugin(), kAudit).error->code, 403);
}

TEST_P(Calls, OnlyAdmissionPluginsWantRequests) {
  RoleAnswer answer = call(plugin(), kCluster + 11);
  EXPECT_EQ(answer.error->code, 403);
  EXPECT_EQ(answer.error->message, "only admission plugins want requests, and plugin " + plugin() + " is none");
}

TEST_P(Calls, ARoleThatNobodyFillsIsAClearAnswer) {
  RoleAnswer answer = finish(executor, host->callRole({role::admission::mutate, emptyMessage()}));
  EXPECT_EQ(answer.status, CLEAT_RETRY);
  EXPECT_EQ(answer.error->message, "no plugin fills the role admission");
  EXPECT_EQ(call("nobody", kEcho).error->message, "plugin nobody is not loaded");
  EXPECT_EQ(finish(executor, host->callRole({MethodId{12345, 1}, emptyMessage()})).status, CLEAT_FAILED);
}

TEST_P(Calls, TheCallsOfAPluginToTheClusterHaveADeadline) {
  cluster.silent = true;
  std::optional<RoleAnswer> answer;
  spawn(host->call(plugin(), {echoMethod(kCluster), refParams("x"), {}, 60'000'000'000}),
        [&](RoleAnswer got) { answer = std::move(got); });
  ASSERT_TRUE(executor.runUntil([&] { return !cluster.lastUser().empty(); }));
  executor.advance(31s);
  ASSERT_TRUE(executor.runUntil([&] { return answer.has_value(); }));
  EXPECT_EQ(answer->status, CLEAT_RETRY);
  EXPECT_EQ(answer->error->code, 504);
  cluster.speakAgain();
}

class InProcess : public HostTest {};

TEST_F(InProcess, AnAnswerHandsOutTheVeryMessageThatTheCoreHolds) {
  ASSERT_TRUE(load("echo"));
  auto message = textMessage("shared");
  Arguments objects{{message, 1}};
  // The plugin sees the same words: its reply is a copy, as all that comes from a plugin.
  RoleAnswer answer = call("echo", kEcho, emptyMessage(), objects);
  EXPECT_NE(answer.objects.at(0).get(), message.get());
  EXPECT_EQ(textIn(*answer.objects.at(0)), "shared");
}

TEST_F(InProcess, MoreCallsThanTheLimitAreTurnedAway) {
  HostLimits limits;
  limits.outstanding = 10;
  makeHost(limits);
  ASSERT_TRUE(load("echo"));
  int waiting = 0;
  for (int i = 0; i < 10; ++i) {
    spawn(host->call("echo", {echoMethod(kNeverReply), emptyMessage(), {}}), [&](RoleAnswer) { --waiting; });
    ++waiting;
  }
  RoleAnswer answer = call("echo", kEcho);
  EXPECT_EQ(answer.status, CLEAT_RETRY);
  EXPECT_EQ(answer.error->code, 429);
  executor.advance(11s);
  EXPECT_EQ(waiting, 0);
  EXPECT_EQ(call("echo", kEcho).status, CLEAT_OK);
}

TEST_F(InProcess, AnExceptionOutOfACallbackIsLoggedAndTheCallEndsAtItsDeadline) {
  ASSERT_TRUE(load("echo"));
  std::optional<RoleAnswer> answer;
  spawn(host->call("echo", {echoMethod(kThrow), emptyMessage(), {}}), [&](RoleAnswer got) { answer = std::move(got); });
  executor.advance(11s);
  EXPECT_TRUE(lines.have("error echo: an exception left a callback (call): thrown out of deliver"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error->code, 504);
}

TEST_F(InProcess, StoppingEndsWhatIsInProgress) {
  ASSERT_TRUE(load("echo"));
  std::optional<RoleAnswer> answer;
  spawn(host->call("echo", {echoMethod(kNeverReply), emptyMessage(), {}}),
        [&](RoleAnswer got) { answer = std::move(got); });
  executor.runUntilIdle();
  finish(executor, host->stop());
  executor.runUntilIdle();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, CLEAT_RETRY);
  EXPECT_EQ(answer->error->message, "plugin echo is stopping");
}

TEST_F(InProcess, CallsAreCounted) {
  ASSERT_TRUE(load("echo"));
  call("echo", kEcho);
  call("echo", kGarbage);
  std::string text = metrics.text();
  EXPECT_NE(text.find("cleat_plugin_calls_total{plugin=\"echo\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("cleat_plugin_call_errors_total{plugin=\"echo\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("cleat_plugin_call_seconds_count{plugin=\"echo\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("cleat_plugin_busy_nanoseconds_total{plugin=\"echo\"}"), std::string::npos);
}

TEST_F(InProcess, WhatAPluginLogsIsOneLine) {
  ASSERT_TRUE(load("echo"));
  call("echo", kLog);
  EXPECT_TRUE(lines.have("info echo: a line\nof two"));  // escaped when it is written (log_test.cpp)
}

// A callback that hangs needs real threads: one of them is lost to it until it returns.
class Hanging : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Plugins, Hanging, testing::Values("echo", "echo-concurrent"),
                         [](const auto& info) { return std::string(info.param) == "echo" ? "Serial" : "Concurrent"; });

// A call that hangs, made on one of the executor's threads.
std::future<RoleAnswer> beginBlocking(base::Executor& executor, PluginHost& host, const std::string& plugin) {
  auto promise = std::make_shared<std::promise<RoleAnswer>>();
  executor.post([&host, plugin, promise] {
    spawn(host.call(plugin, {echoMethod(kBlock), emptyMessage(), {}}),
          [promise](RoleAnswer answer) { promise->set_value(std::move(answer)); });
  });
  return promise->get_future();
}

TEST_P(Hanging, ACallbackThatDoesNotReturnIsReportedAndItsCallEnds) {
  std::string plugin = GetParam();
  std::string folder = temporaryFolder();
  std::string fifo = folder + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  setenv("CLEAT_FIXTURE_FIFO", fifo.c_str(), 1);
  Lines lines;
  FakeCluster cluster;
  {
    base::AsioExecutor executor({.threads = 2});
    HostOptions options;
    options.dataDir = folder + "/plugins";
    options.limits.callback = 20ms;
    options.limits.call = 200ms;
    PluginHost host(executor, test::kinds(), options);
    host.setCluster(cluster);
    auto wait = [&]<class T>(Task<T> task) {
      std::promise<T> promise;
      spawn(std::move(task), [&](T value) { promise.set_value(std::move(value)); });
      return promise.get_future().get();
    };
    ASSERT_TRUE(wait(host.load({.name = plugin, .file = fixtureFile(plugin), .settings = {}})));

    RoleAnswer answer = beginBlocking(executor, host, plugin).get();
    EXPECT_EQ(answer.status, CLEAT_RETRY);
    EXPECT_EQ(answer.error->code, 504);
    EXPECT_EQ(host.health()[0].state, "stuck");
    // Others call meanwhile; the program goes on, and so do its timers.
    std::vector<std::future<RoleAnswer>> others;
    for (int i = 0; i < 8; ++i) others.push_back(beginBlocking(executor, host, plugin));
    for (auto& other : others) EXPECT_EQ(other.get().error->code, 504);
    EXPECT_TRUE(lines.have("error " + plugin + ": a callback (call) has not returned for"));

    int released = open(fifo.c_str(), O_RDWR | O_CLOEXEC);  // from here on nobody blocks
    EXPECT_EQ(wait(host.call(plugin, {echoMethod(kPost), emptyMessage(), {}, 10'000'000'000})).status, CLEAT_OK);
    // The callback of the concurrent one returns on a thread of its own.
    auto end = std::chrono::steady_clock::now() + 10s;
    std::string returned = "warn " + plugin + ": a callback (call) has returned after";
    while (!lines.have(returned) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_TRUE(lines.have(returned));
    // It was one of nine: the plugin is well again when the last has returned.
    while (host.health()[0].state != "running" && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(host.health()[0].state, "running");
    std::promise<bool> stopped;
    auto stop = [](PluginHost* host, std::promise<bool>* done) -> Task<void> {
      co_await host->stop();
      done->set_value(true);
    };
    spawn(stop(&host, &stopped));
    stopped.get_future().get();
    close(released);
  }
  unsetenv("CLEAT_FIXTURE_FIFO");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cleat::host
