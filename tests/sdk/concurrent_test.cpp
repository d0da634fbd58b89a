// A plugin that takes calls on any thread, met by a host with threads of its own.
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/plugin.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace cleat {
namespace {

constexpr int kThreads = 4;
constexpr uint64_t kCallsPerThread = 500;

class Allowing : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    context().serveConcurrent(
        role::authorizer::authorize,
        [this](role::Attributes::Reader params, Call<role::AuthorizeResults>& call) -> Result<void> {
          if (view(params.getVerb()) == "throw") throw std::runtime_error("no");
          if (!call.objects().empty()) ++objects;
          call.results().setDecision(role::Decision::ALLOW);
          return {};
        });
    // An ordinary handler of the same plugin runs on the strand.
    context().serve(role::authorizer::rules, [this](role::RulesParams::Reader params, Call<role::RulesResults>& call) {
      return rules(str(params.getNamespace()), call);
    });
    co_return {};
  }
  Task<Result<void>> rules(std::string ns, Call<role::RulesResults>& call) {
    ++onStrand;
    call.results().setIncomplete(ns == "a");
    co_return {};
  }
  std::atomic<int> objects = 0;
  int onStrand = 0;
};

// The host's side: a strand of one thread, and replies from anywhere.
struct ThreadedHost {
  std::atomic<int> ok = 0, failed = 0, released = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<uint64_t> posted;
  bool ending = false;

  static ThreadedHost& of(cleat_context* context) { return *reinterpret_cast<ThreadedHost*>(context); }
  cleat_context* context() { return reinterpret_cast<cleat_context*>(this); }

  void runStrand(void* instance) {
    for (;;) {
      cleat_event event{};
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return ending || !posted.empty(); });
        if (posted.empty()) return;
        event.token = posted.front();
        posted.pop_front();
      }
      event.struct_size = sizeof event;
      event.type = CLEAT_EVENT_POSTED;
      detail::deliverToInstance(instance, &event);
    }
  }
};

const cleat_host kTable = {
    .struct_size = sizeof(cleat_host),
    .abi_major = CLEAT_ABI_MAJOR,
    .abi_minor = CLEAT_ABI_MINOR,
    .log = [](cleat_context*, int32_t, cleat_bytes) {},
    .now = [](cleat_context*) { return int64_t(0); },
    .wall_now = [](cleat_context*) { return int64_t(0); },
    .random = [](cleat_context*, void*, uint64_t) {},
    .timer = [](cleat_context*, uint64_t, int64_t) {},
    .cancel = [](cleat_context*, uint64_t) {},
    .post =
        [](cleat_context* context, uint64_t token) {
          ThreadedHost& host = ThreadedHost::of(context);
          std::lock_guard lock(host.mutex);
          host.posted.push_back(token);
          host.changed.notify_one();
        },
    .run_blocking = [](cleat_context*, void (*)(void*), void*, uint64_t) {},
    .call = [](cleat_context*, uint64_t, uint64_t, uint32_t, int64_t, const cleat_payload*) {},
    .reply =
        [](cleat_context* context, uint64_t, int32_t status, const cleat_payload*) {
          ThreadedHost& host = ThreadedHost::of(context);
          ++(status == CLEAT_OK ? host.ok : host.failed);
        },
    .retain = [](cleat_context*, void*) {},
    .release = [](cleat_context* context, void*) { ++ThreadedHost::of(context).released; },
    .ready = [](cleat_context*, int32_t, cleat_bytes) {},
};

TEST(ConcurrentCalls, AreAnsweredOnTheThreadsThatBringThem) {
  ThreadedHost host;
  cleat_manifest manifest{};
  manifest.flags = CLEAT_FLAG_CONCURRENT_CALLS;
  void* instance = nullptr;
  ASSERT_EQ(detail::startInstance(&kTable, host.context(), {}, manifest, &detail::makePlugin<Allowing>, &instance),
            CLEAT_OK);
  Draft<role::Attributes> allowed, throwing;
  allowed->setVerb("get");
  throwing->setVerb("throw");
  Draft<role::RulesParams> rules;
  rules->setNamespace("a");
  cleat_words allowedWords = allowed.words(), throwingWords = throwing.words(), rulesWords = rules.words();
  uint64_t objectWord = 0;
  int ref = 0;
  std::thread strand([&] { host.runStrand(instance); });
  std::vector<std::thread> callers;
  for (int i = 0; i < kThreads; ++i) {
    callers.emplace_back([&] {
      cleat_object object{{&objectWord, 1}, 1, &ref};
      for (uint64_t token = 0; token < kCallsPerThread; ++token) {
        cleat_event event{};
        event.struct_size = sizeof event;
        event.type = CLEAT_EVENT_CALL;
        event.interface_id = role::authorizer::authorize.interfaceId;
        event.token = token;
        event.method =
            (token % 5 == 0 ? MethodId(role::authorizer::rules) : MethodId(role::authorizer::authorize)).ordinal;
        bool throws = token % 5 == 1;
        event.payload = {event.method == 1 ? rulesWords : throws ? throwingWords : allowedWords, &object, 1};
        detail::deliverToInstance(instance, &event);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  {
    std::lock_guard lock(host.mutex);
    host.ending = true;
    host.changed.notify_one();
  }
  strand.join();
  constexpr int kAll = kThreads * static_cast<int>(kCallsPerThread);
  auto& plugin = static_cast<Allowing&>(detail::pluginOf(instance));
  EXPECT_EQ(host.ok, kAll * 4 / 5);
  EXPECT_EQ(host.failed, kAll / 5);
  EXPECT_EQ(plugin.objects, kAll * 3 / 5);
  EXPECT_EQ(plugin.onStrand, kAll / 5);
  EXPECT_EQ(host.released, kAll);
  detail::stopInstance(instance);
}

}  // namespace
}  // namespace cleat
