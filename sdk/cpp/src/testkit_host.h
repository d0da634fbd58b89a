// The inside of a FakeHost: the host's side of the ABI for any number of instances, a queue of steps and a clock. Not
// part of the SDK's interface.
#pragma once

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/testkit.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "testkit_objects.h"

namespace cleat::test::detail {

struct Instance {
  Host* host = nullptr;
  cleat_manifest manifest{};
  cleat_plugin table{};
  cleat::detail::PluginFactory factory = nullptr;
  void* plugin = nullptr;
  bool running = false;
  bool decided = false;
  int32_t readyStatus = CLEAT_FAILED;
  std::string readyMessage;
  std::set<uint64_t> withdrawn;                         // tokens that the plugin cancelled
  std::map<uint64_t, std::optional<AnyOutcome>> calls;  // to its roles

  cleat_context* context() { return reinterpret_cast<cleat_context*>(this); }
  static Instance& of(cleat_context* context) { return *reinterpret_cast<Instance*>(context); }
};

// What a plugin retains: one reference of the host, counted.
struct HeldObject {
  int references = 1;
  AnyRef object;
};
using HeldObjects = std::set<HeldObject*>;

struct Watch {
  std::shared_ptr<Instance> instance;
  uint64_t token = 0;
  Collection* of = nullptr;
  Filter filter;
  std::vector<std::pair<cleat_change_type, AnyRef>> pending;
  uint64_t syncedRevision = 0;
};

class Host {
 public:
  Host();
  ~Host();

  std::shared_ptr<Instance> start(std::shared_ptr<Instance> instance, cleat_words config);
  void stop(Instance& instance);
  void settle();
  void advance(Duration by);
  int64_t now() const { return now_; }
  int64_t wallNow() const { return kWallStart + now_; }
  void random(void* out, size_t size);

  Objects& objects() { return objects_; }
  void loseHistory();

  // `stream` is the plugin's end, if there is one.
  uint64_t beginCall(std::shared_ptr<Instance> instance, CallRequest request, Fd stream = {});
  void cancelCall(Instance& instance, uint64_t call);

  FakeHost::Fault fault;
  std::vector<std::string> requests;
  std::map<MethodId, FakeHost::AnyReply> replies;
  std::map<MethodId, std::function<void(Stream& stream)>> talks;
  std::vector<RecordedCall> recorded;
  std::vector<std::string> log;
  std::vector<std::string> reports;
  HeldObjects held;
  ServerConfig server;
  std::string nodeName, dataDir;

 private:
  static constexpr int64_t kWallStart = 1767225600'000'000'000;  // 2026-01-01
  static constexpr int64_t kStart = 1'000'000'000;

  // What the host's table points to.
  static const cleat_host kTable;
  static void abiLog(cleat_context* context, int32_t level, cleat_bytes message);
  static void abiTimer(cleat_context* context, uint64_t token, int64_t delayNs);
  static void abiCancel(cleat_context* context, uint64_t token);
  static void abiPost(cleat_context* context, uint64_t token);
  static void abiRunBlocking(cleat_context* context, void (*work)(void*), void* argument, uint64_t token);
  static void abiCall(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method, int64_t deadline,
                      const cleat_payload* params);
  static int32_t abiCallWithStream(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method,
                                   int64_t deadline, const cleat_payload* params);
  static void abiReply(cleat_context* context, uint64_t call, int32_t status, const cleat_payload* results);
  static void abiRetain(cleat_context* context, void* ref);
  static void abiRelease(cleat_context* context, void* ref);
  static void abiReady(cleat_context* context, int32_t status, cleat_bytes message);

  struct Answer {
    AnyDraft message{16};
    std::vector<AnyRef> objects;
  };
  using Step = std::function<void()>;
  void push(Step step);
  std::shared_ptr<Instance> shared(cleat_context* context);
  // Delivers an event with a token, unless it was withdrawn or the instance has ended.
  void deliver(Instance& instance, cleat_event event);
  void deliverToken(std::shared_ptr<Instance> instance, cleat_event_type type, uint64_t token);
  void answer(Instance& instance, uint64_t token, Result<Answer> result);
  void execute(std::shared_ptr<Instance> instance, uint64_t token, MethodId method, const AnyAnswer& params);
  void replyTo(Instance& instance, uint64_t token, MethodId method, const AnyAnswer& params);

  Result<Answer> cluster(MethodId method, const AnyAnswer& params);
  Result<Answer> kinds();
  Result<Answer> get(wire::GetParams::Reader params);
  Result<Answer> list(wire::ListParams::Reader params);
  Result<Answer> write(bool create, wire::WriteParams::Reader params, AnyRef object);
  Result<Answer> remove(wire::DeleteParams::Reader params);
  Result<Answer> patch(wire::PatchParams::Reader params);
  Result<void> watch(std::shared_ptr<Instance> instance, uint64_t token, wire::WatchParams::Reader params);
  Result<Collection*> admit(std::string_view verb, wire::ResourceRef::Reader ref, std::string_view name);

  void changed(const Collection& of, const AnyRef& before, const AnyRef& now);
  void queue(Watch& watch, cleat_change_type type, const AnyRef& object);
  void queueAll(Watch& watch);
  void deliverChanges(Watch& watch);

  Mutex mutex_;  // `post` and `log` come from any thread
  std::deque<Step> steps_ CLEAT_GUARDED_BY(mutex_);
  int64_t now_ = kStart;
  uint64_t randomState_ = 0x9e3779b97f4a7c15;
  Objects objects_;
  std::vector<std::shared_ptr<Instance>> instances_;
  std::map<std::pair<int64_t, uint64_t>, std::pair<std::shared_ptr<Instance>, uint64_t>> timers_;
  uint64_t timerSequence_ = 0;
  uint64_t lastCall_ = 0;
  std::map<std::pair<Instance*, uint64_t>, std::shared_ptr<Watch>> watches_;
};

}  // namespace cleat::test::detail
