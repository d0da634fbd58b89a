// Calls in both directions, time, blocking work and the end of a plugin.
#include <cleat/schema/role/network.methods.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/signal.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <thread>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Pod;
using test::FakeHost;

Draft<Pod> makePod(const std::string& name) {
  Draft<Pod> pod;
  pod->initMetadata().setName(name);
  pod->getMetadata().setNamespace("default");
  return pod;
}

// Fills the role `network` in as many ways as a plugin can.
class Answering : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    context().serve(role::network::status, [](Call<role::NetworkStatus>& call) -> Result<void> {
      call.results().setReady(true);
      return {};
    });
    context().serve(role::network::setup, [this](role::NetworkParams::Reader params, Call<role::SetupResults>& call) {
      return setup(params, call);
    });
    context().serve(role::network::teardown, [](role::NetworkParams::Reader params, Call<void>& call) -> Result<void> {
      if (view(params.getSandboxId()) == "mine") return {};
      if (view(params.getSandboxId()) == "denied") return call.denied(Status::forbidden("not you"));
      if (view(params.getSandboxId()) == "later") return call.retry(Status::unavailable("busy"));
      if (view(params.getSandboxId()) == "throws") throw std::runtime_error("it broke");
      return call.notMine();
    });
    co_return {};
  }

  Task<Result<void>> setup(role::NetworkParams::Reader params, Call<role::SetupResults>& call) {
    call.onCancel([this] { ++cancelled; });
    if (view(params.getSandboxId()) == "throws") throw std::runtime_error("it broke");
    co_await context().sleep(1s);
    ++finished;
    // The parameters are still there after the event that brought them.
    call.results().initAddresses(1).set(0, concat("10.0.0.1 ", params.getPodName(), " ", call.object<Pod>().name()));
    call.addObject(AnyRef());
    call.addObject(makePod("result"));
    co_return {};
  }

  int cancelled = 0;
  int finished = 0;
};

auto forSandbox(std::string id) {
  return [id](role::NetworkParams::Builder params) {
    params.setSandboxId(id);
    params.setPodName("web");
  };
}

TEST(RoleCall, IsAnsweredAtOnceByAFunction) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  ASSERT_TRUE(plugin.ready());
  auto outcome = plugin.call(role::network::status);
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome.answer->getReady());
}

TEST(RoleCall, IsAnsweredLaterByACoroutine) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  uint64_t call = plugin.begin(role::network::setup, forSandbox("a"), {makePod("object").freezeAny()});
  host.settle();
  EXPECT_FALSE(plugin.answered(call));
  host.advance(1s);
  ASSERT_TRUE(plugin.answered(call));
  auto outcome = plugin.outcome<role::SetupResults>(call);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(view(outcome.answer->getAddresses()[0]), "10.0.0.1 web object");
  // The host takes no object without a message: the reference to nothing was not one.
  EXPECT_EQ(outcome.answer.object<Pod>().name(), "result");
  EXPECT_EQ(outcome.answer.objects().size(), 1u);
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST(RoleCall, SaysWhatTheCallerDoesNext) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  auto teardown = [&](const char* id) { return plugin.call(role::network::teardown, forSandbox(id)); };
  EXPECT_EQ(teardown("mine").outcome, CLEAT_OK);
  EXPECT_EQ(teardown("other").outcome, CLEAT_NOT_MINE);
  EXPECT_EQ(teardown("denied").outcome, CLEAT_DENIED);
  EXPECT_EQ(teardown("denied").status.message, "not you");
  EXPECT_EQ(teardown("later").outcome, CLEAT_RETRY);
  EXPECT_EQ(teardown("later").status.code, 503);
}

TEST(RoleCall, FailsWithTheTextOfAnException) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  auto atOnce = plugin.call(role::network::teardown, forSandbox("throws"));
  EXPECT_EQ(atOnce.outcome, CLEAT_FAILED);
  EXPECT_EQ(atOnce.status.message, "it broke");
  auto later = plugin.call(role::network::setup, forSandbox("throws"));
  EXPECT_EQ(later.outcome, CLEAT_FAILED);
  EXPECT_EQ(later.status.message, "it broke");
}

TEST(RoleCall, ToAMethodThatIsNotFilledFails) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  auto outcome = plugin.call(role::network::collect);
  EXPECT_EQ(outcome.outcome, CLEAT_FAILED);
  EXPECT_EQ(outcome.status.code, 405);
}

TEST(RoleCall, LearnsThatItsCallerHasGone) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  uint64_t call = plugin.begin(role::network::setup, forSandbox("a"));
  host.settle();
  plugin.cancelCall(call);
  EXPECT_EQ(plugin->cancelled, 1);
  host.advance(1s);
  EXPECT_EQ(plugin->finished, 1);
  EXPECT_FALSE(plugin.answered(call));
}

TEST(RoleCall, ThatWaitsWhenThePluginEndsIsDestroyed) {
  FakeHost host;
  auto plugin = host.start<Answering>();
  plugin.begin(role::network::setup, forSandbox("a"), {makePod("object").freezeAny()});
  host.settle();
  EXPECT_EQ(host.heldObjects(), 1u);
  plugin.stop();
  EXPECT_EQ(host.heldObjects(), 0u);
  host.advance(10s);
}

class Calling : public test::EmptyPlugin {
 public:
  using EmptyPlugin::EmptyPlugin;
  Task<Result<std::string>> setup(std::string id) {
    CallOptions options;
    options.objects.push_back(makePod("sent").freezeAny());
    options.timeout = 5s;
    auto answer = co_await context().call(
        role::network::setup, [&](role::NetworkParams::Builder params) { params.setSandboxId(id); }, options);
    if (!answer) co_return fail(answer.error());
    co_return str((*answer)->getAddresses()[0]);
  }
};

TEST(Context, CallsARoleAndReadsTheAnswer) {
  FakeHost host;
  host.onCall(role::network::setup,
              [](role::NetworkParams::Reader params, role::SetupResults::Builder results) -> Result<void> {
                if (params.getSandboxId().size() == 0) return fail(Status::badRequest("no sandbox"));
                results.initAddresses(1).set(0, concat("address of ", params.getSandboxId()));
                return {};
              });
  auto plugin = host.start<Calling>();
  EXPECT_EQ(*plugin.await(plugin->setup("a")), "address of a");
  EXPECT_EQ(plugin.await(plugin->setup("")).error().message, "no sandbox");
  ASSERT_EQ(host.calls(role::network::setup).size(), 2u);
  EXPECT_EQ(view(host.calls(role::network::setup)[0].params<role::NetworkParams>().getSandboxId()), "a");
  EXPECT_EQ(host.calls()[0].message.object<Pod>().name(), "sent");
}

TEST(Context, ACallThatNobodyFillsFails) {
  FakeHost host;
  auto plugin = host.start<Calling>();
  EXPECT_EQ(plugin.await(plugin->setup("a")).error().code, 503);
}

TEST(Context, TimersFireInOrderAndCanBeWithdrawn) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  std::string fired;
  Timer a, b, c;
  plugin.enter([&] {
    Context& context = plugin->context();
    a = context.after(2s, [&] { fired += "a"; });
    b = context.after(1s, [&] { fired += "b"; });
    c = context.after(1s, [&] { fired += "c"; });
    c.cancel();
  });
  EXPECT_TRUE(a.pending());
  EXPECT_FALSE(c.pending());
  host.advance(1s);
  EXPECT_EQ(fired, "b");
  EXPECT_FALSE(b.pending());
  host.advance(1s);
  EXPECT_EQ(fired, "ba");
  plugin.enter([&] {
    // A timer that sets itself anew.
    a = plugin->context().after(1s, [&] { a = plugin->context().after(1s, [&] { fired += "!"; }); });
  });
  host.advance(3s);
  EXPECT_EQ(fired, "ba!");
}

TEST(Context, KeepsTheTimeOfTheHost) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  Instant before = plugin->context().now();
  WallTime wall = plugin->context().wallNow();
  host.advance(90s);
  EXPECT_EQ(plugin->context().now() - before, 90s);
  EXPECT_EQ(plugin->context().wallNow() - wall, 90s);
  EXPECT_NE(plugin->context().random64(), plugin->context().random64());
}

Task<Result<int>> useThePool(Context& context, int value) {
  int doubled = co_await context.blocking([value] { return value * 2; });
  if (value < 0) co_await context.blocking([] { throw std::runtime_error("no"); });
  co_return doubled;
}

Task<Result<std::string>> caught(Context& context) {
  std::string message;
  try {
    auto result = co_await useThePool(context, -1);
    if (!result) co_return fail(result.error());
  } catch (const std::exception& error) {
    message = error.what();
  }
  co_return message;
}

TEST(Context, BlockingWorkGivesItsResultOrItsException) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  EXPECT_EQ(*plugin.await(useThePool(plugin->context(), 21)), 42);
  EXPECT_EQ(*plugin.await(caught(plugin->context())), "no");
}

Task<void> useWhatIsHeld(Context& context, std::shared_ptr<int> held, bool& ran) {
  auto work = [held = std::move(held), &ran] { ran = true; };
  co_await context.blocking(std::move(work));
}

TEST(Context, BlockingWorkThatTheStopComesBeforeIsNeverRunAndHoldsNothing) {
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> watched = held;
  bool ran = false;
  {
    FakeHost host;
    auto plugin = host.start<test::EmptyPlugin>();
    plugin.enter([&] { spawn(useWhatIsHeld(plugin->context(), std::move(held), ran)); });
  }
  EXPECT_FALSE(ran);
  EXPECT_TRUE(watched.expired());
}

TEST(Context, PostsFromOtherThreadsRunOnTheStrand) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) plugin->context().post([&] { ++count; });
    });
  }
  for (auto& thread : threads) thread.join();
  host.settle();
  EXPECT_EQ(count, 400);
}

TEST(Context, ObjectsMayBeDroppedOnAnyThread) {
  FakeHost host;
  host.put(makePod("web"));
  auto plugin = host.start<test::EmptyPlugin>();
  Client client(plugin->context());
  Object<Pod> pod = *plugin.await(client.get<Pod>("default", "web"));
  EXPECT_EQ(host.heldObjects(), 1u);
  std::thread([pod = std::move(pod)] {}).join();
  host.settle();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST(Context, WakersRunOnceAndNeverFromWithin) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  int runs = 0;
  std::optional<Waker> waker;
  plugin.enter([&] {
    waker.emplace(plugin->context(), [&] { ++runs; });
    waker->wake();
    waker->wake();
    EXPECT_EQ(runs, 0);
  });
  EXPECT_EQ(runs, 1);
  waker->wake();  // outside of an event: by way of the host
  host.settle();
  EXPECT_EQ(runs, 2);
  plugin.enter([&] {
    waker->wake();
    waker.reset();
  });
  host.settle();
  EXPECT_EQ(runs, 2);
}

Task<void> throwing(Context& context) {
  co_await context.yield();
  throw std::runtime_error("lost");
}

TEST(Context, AnExceptionOutOfASpawnedTaskIsLogged) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  plugin.enter([&] { spawn(throwing(plugin->context())); });
  host.settle();
  ASSERT_FALSE(host.logLines().empty());
  EXPECT_EQ(host.logLines().back(), "ERROR a task ended with an exception: lost");
}

Task<void> holdWhileWaiting(Context& context, std::shared_ptr<int> held) {
  co_await context.sleep(1h);
  *held = 1;
}

TEST(Context, WaitingTasksEndWithThePlugin) {
  FakeHost host;
  auto held = std::make_shared<int>(0);
  {
    auto plugin = host.start<test::EmptyPlugin>();
    plugin.enter([&] { spawn(holdWhileWaiting(plugin->context(), held)); });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  host.advance(2h);
  EXPECT_EQ(*held, 0);
}

Task<void> count(Signal& signal, int& passed) {
  co_await signal.wait();
  ++passed;
}

TEST(Signal, LetsEveryoneThrough) {
  FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  Signal signal;
  int passed = 0;
  plugin.enter([&] {
    spawn(count(signal, passed));
    spawn(count(signal, passed));
    EXPECT_EQ(passed, 0);
    signal.set();
    EXPECT_EQ(passed, 2);
    spawn(count(signal, passed));
    EXPECT_EQ(passed, 3);
    signal.reset();
    spawn(count(signal, passed));
    EXPECT_EQ(passed, 3);
  });
}

}  // namespace
}  // namespace cleat
