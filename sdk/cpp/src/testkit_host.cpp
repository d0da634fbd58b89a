#include "testkit_host.h"

#include <cleat/schema/role/metrics.methods.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "status_codec.h"

namespace cleat::test::detail {
namespace {

constexpr int kMostSteps = 1'000'000;
constexpr int64_t kCallTimeoutNs = 30'000'000'000;

// Objects on loan to a plugin for one event.
class Loan {
 public:
  explicit Loan(HeldObjects& held) : held_(held) {}
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() {
    for (HeldObject* each : lent_) release(held_, each);
  }
  cleat_object lend(const AnyRef& object) {
    if (!object) return {};
    auto* lent = new HeldObject;
    lent->object = object;
    lent_.push_back(lent);
    held_.insert(lent);
    return {object.words(), object.abi().revision, lent};
  }
  static void release(HeldObjects& held, HeldObject* object) {
    if (--object->references > 0) return;
    held.erase(object);
    delete object;
  }

 private:
  HeldObjects& held_;
  std::vector<HeldObject*> lent_;
};

AnyAnswer copyPayload(const cleat_payload& payload) {
  std::vector<AnyRef> objects;
  for (uint64_t i = 0; i < payload.object_count; ++i) {
    const cleat_object& object = payload.objects[i];
    objects.push_back(object.ref != nullptr ? static_cast<HeldObject*>(object.ref)->object
                                            : AnyRef::copyOf(object.words, object.revision));
  }
  return AnyAnswer(payload.message, std::move(objects));
}

std::string_view textOf(cleat_bytes bytes) { return {static_cast<const char*>(bytes.data), bytes.size}; }

cleat_event eventOf(cleat_event_type type, uint64_t token) {
  cleat_event event{};
  event.struct_size = sizeof event;
  event.type = type;
  event.token = token;
  return event;
}

}  // namespace

const cleat_host Host::kTable = {
    .struct_size = sizeof(cleat_host),
    .abi_major = CLEAT_ABI_MAJOR,
    .abi_minor = CLEAT_ABI_MINOR,
    .log = abiLog,
    .now = [](cleat_context* context) { return Instance::of(context).host->now(); },
    .wall_now = [](cleat_context* context) { return Instance::of(context).host->wallNow(); },
    .random = [](cleat_context* context, void* out, uint64_t size) { Instance::of(context).host->random(out, size); },
    .timer = abiTimer,
    .cancel = abiCancel,
    .post = abiPost,
    .run_blocking = abiRunBlocking,
    .call = abiCall,
    .reply = abiReply,
    .retain = abiRetain,
    .release = abiRelease,
    .ready = abiReady,
    .call_with_stream = abiCallWithStream,
};

Host::Host()
    : objects_([this] { return WallTime(Duration(wallNow())); },
               [this] {
                 uint64_t value = 0;
                 random(&value, sizeof value);
                 return value;
               },
               [this](const Collection& of, const AnyRef& before, const AnyRef& now) { changed(of, before, now); }) {}

Host::~Host() {
  for (auto& instance : instances_) stop(*instance);
  // What outlived its plugin, in the test's own hands.
  for (HeldObject* object : held) delete object;
}

std::shared_ptr<Instance> Host::start(std::shared_ptr<Instance> instance, cleat_words config) {
  instance->host = this;
  instances_.push_back(instance);
  int32_t status = instance->factory != nullptr
                       ? cleat::detail::startInstance(&kTable, instance->context(), config, instance->manifest,
                                                      instance->factory, &instance->plugin)
                       : instance->table.start(&kTable, instance->context(), config, &instance->plugin);
  instance->running = status == CLEAT_OK;
  if (!instance->running) {
    instance->decided = true;
    instance->readyMessage = log.empty() ? "start failed" : log.back();
  }
  return instance;
}

void Host::stop(Instance& instance) {
  if (!instance.running) return;
  instance.running = false;
  std::erase_if(watches_, [&](const auto& each) { return each.first.first == &instance; });
  std::erase_if(timers_, [&](const auto& each) { return each.second.first.get() == &instance; });
  instance.table.stop(instance.plugin);
  instance.plugin = nullptr;
}

void Host::push(Step step) {
  MutexLock lock(mutex_);
  steps_.push_back(std::move(step));
}

void Host::settle() {
  for (int taken = 0;; ++taken) {
    Step step;
    {
      MutexLock lock(mutex_);
      if (steps_.empty()) return;
      step = std::move(steps_.front());
      steps_.pop_front();
    }
    if (taken == kMostSteps) {
      std::fprintf(stderr, "FakeHost::settle: a million steps, and still something to do\n");
      std::abort();
    }
    step();
  }
}

void Host::advance(Duration by) {
  settle();
  int64_t end = now_ + by.count();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto [when, target] = *timers_.begin();
    timers_.erase(timers_.begin());
    now_ = std::max(now_, when.first);
    deliver(*target.first, eventOf(CLEAT_EVENT_TIMER, target.second));
    settle();
  }
  now_ = end;
  settle();
}

void Host::random(void* out, size_t size) {
  // SplitMix64, always from the same seed.
  auto* bytes = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < size; i += sizeof randomState_) {
    uint64_t mixed = (randomState_ += 0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    std::memcpy(bytes + i, &mixed, std::min(sizeof mixed, size - i));
  }
}

std::shared_ptr<Instance> Host::shared(cleat_context* context) {
  for (auto& instance : instances_) {
    if (instance->context() == context) return instance;
  }
  std::abort();
}

void Host::deliver(Instance& instance, cleat_event event) {
  if (!instance.running || instance.withdrawn.contains(event.token)) return;
  instance.table.deliver(instance.plugin, &event);
}

void Host::deliverToken(std::shared_ptr<Instance> instance, cleat_event_type type, uint64_t token) {
  push([this, instance, type, token] { deliver(*instance, eventOf(type, token)); });
}

void Host::abiLog(cleat_context* context, int32_t level, cleat_bytes message) {
  static constexpr const char* kLevels[] = {"", "DEBUG ", "INFO ", "WARN ", "ERROR "};
  Host& host = *Instance::of(context).host;
  MutexLock lock(host.mutex_);
  host.log.push_back(kLevels[level] + std::string(textOf(message)));
}

void Host::abiTimer(cleat_context* context, uint64_t token, int64_t delayNs) {
  Host& host = *Instance::of(context).host;
  host.timers_[{host.now_ + delayNs, ++host.timerSequence_}] = {host.shared(context), token};
}

void Host::abiCancel(cleat_context* context, uint64_t token) {
  Instance& instance = Instance::of(context);
  Host& host = *instance.host;
  instance.withdrawn.insert(token);
  host.watches_.erase({&instance, token});
  std::erase_if(host.timers_,
                [&](const auto& each) { return each.second.first.get() == &instance && each.second.second == token; });
}

void Host::abiPost(cleat_context* context, uint64_t token) {
  Host& host = *Instance::of(context).host;
  host.deliverToken(host.shared(context), CLEAT_EVENT_POSTED, token);
}

void Host::abiRunBlocking(cleat_context* context, void (*work)(void*), void* argument, uint64_t token) {
  Host& host = *Instance::of(context).host;
  host.push([&host, work, argument, token, instance = host.shared(context)] {
    if (!instance->running) return;
    work(argument);
    host.deliver(*instance, eventOf(CLEAT_EVENT_POSTED, token));
  });
}

void Host::abiCall(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method, int64_t,
                   const cleat_payload* params) {
  Host& host = *Instance::of(context).host;
  auto copy = std::make_shared<AnyAnswer>(copyPayload(*params));
  host.push([&host, token, called = MethodId{interfaceId, method}, copy, instance = host.shared(context)] {
    host.execute(instance, token, called, *copy);
  });
}

int32_t Host::abiCallWithStream(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method, int64_t,
                                const cleat_payload* params) {
  Host& host = *Instance::of(context).host;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  auto stream = std::make_shared<Stream>(Fd(ends[1]), Stream::Side::called);
  auto copy = std::make_shared<AnyAnswer>(copyPayload(*params));
  host.push([&host, token, called = MethodId{interfaceId, method}, copy, stream, instance = host.shared(context)] {
    host.recorded.push_back({called, *copy, stream});
    if (auto talk = host.talks.find(called); talk != host.talks.end()) talk->second(*stream);
    host.push([&host, token, called, copy, instance] {
      if (instance->running && !instance->withdrawn.contains(token)) host.replyTo(*instance, token, called, *copy);
    });
  });
  return ends[0];
}

void Host::abiReply(cleat_context* context, uint64_t call, int32_t status, const cleat_payload* results) {
  Instance& instance = Instance::of(context);
  auto found = instance.calls.find(call);
  if (found == instance.calls.end() || found->second) {
    std::fprintf(stderr, "FakeHost: a reply to a call that is not open\n");
    std::abort();
  }
  AnyOutcome outcome;
  outcome.outcome = status;
  if (status == CLEAT_OK) {
    outcome.answer = copyPayload(*results);
  } else {
    outcome.status = cleat::detail::decodeStatus(status, results->message);
  }
  found->second = std::move(outcome);
}

void Host::abiRetain(cleat_context*, void* ref) { ++static_cast<HeldObject*>(ref)->references; }

void Host::abiRelease(cleat_context* context, void* ref) {
  Loan::release(Instance::of(context).host->held, static_cast<HeldObject*>(ref));
}

void Host::abiReady(cleat_context* context, int32_t status, cleat_bytes message) {
  Instance& instance = Instance::of(context);
  instance.decided = true;
  instance.readyStatus = status;
  instance.readyMessage = textOf(message);
}

uint64_t Host::beginCall(std::shared_ptr<Instance> instance, CallRequest request, Fd stream) {
  uint64_t call = ++lastCall_;
  instance->calls[call] = std::nullopt;
  auto held = std::make_shared<CallRequest>(std::move(request));
  push([this, instance, held, call, stream = std::make_shared<Fd>(std::move(stream))] {
    Loan loan(this->held);
    std::vector<cleat_object> objects;
    for (const AnyRef& object : held->objects) objects.push_back(loan.lend(object));
    cleat_event event = eventOf(CLEAT_EVENT_CALL, call);
    event.interface_id = held->method.interfaceId;
    event.method = held->method.ordinal;
    event.deadline_ns = now_ + (held->timeout.count() > 0 ? held->timeout.count() : kCallTimeoutNs);
    event.payload = {held->params.words(), objects.data(), objects.size()};
    if (*stream) event.stream = stream->get();
    if (instance->running) instance->table.deliver(instance->plugin, &event);
  });
  return call;
}

void Host::cancelCall(Instance& instance, uint64_t call) {
  if (!instance.running) return;
  cleat_event event = eventOf(CLEAT_EVENT_CANCEL, call);
  instance.table.deliver(instance.plugin, &event);
}

void Host::answer(Instance& instance, uint64_t token, Result<Answer> result) {
  Loan loan(held);
  std::vector<cleat_object> objects;
  AnyDraft status = result ? AnyDraft(8) : cleat::detail::encodeStatus(result.error());
  cleat_event event = eventOf(CLEAT_EVENT_REPLY, token);
  event.status = result ? CLEAT_OK : CLEAT_FAILED;
  if (result) {
    for (const AnyRef& object : result->objects) objects.push_back(loan.lend(object));
  }
  event.payload = {result ? result->message.words() : status.words(), objects.data(), objects.size()};
  deliver(instance, event);
}

void Host::deliverChanges(Watch& watch) {
  if (watch.pending.empty()) return;
  auto pending = std::exchange(watch.pending, {});
  Loan loan(held);
  std::vector<cleat_change> changes;
  for (auto& [type, object] : pending) {
    cleat_change change{};
    change.type = type;
    change.object = loan.lend(object);
    if (type == CLEAT_CHANGE_SYNCED) change.object.revision = watch.syncedRevision;
    changes.push_back(change);
  }
  cleat_event event = eventOf(CLEAT_EVENT_WATCH, watch.token);
  event.changes = changes.data();
  event.change_count = changes.size();
  deliver(*watch.instance, event);
}

void Host::execute(std::shared_ptr<Instance> instance, uint64_t token, MethodId method, const AnyAnswer& params) {
  if (!instance->running || instance->withdrawn.contains(token)) return;
  auto found = replies.find(method);
  if (found == replies.end() && method == wire::cluster::watch) {
    Result<void> opened = watch(instance, token, params.as<wire::WatchParams>());
    if (!opened) answer(*instance, token, fail(opened.error()));
    return;
  }
  if (found == replies.end() && method.interfaceId == wire::cluster::get.interfaceId) {
    return answer(*instance, token, cluster(method, params));
  }
  // Every host takes a plugin's numbers; a test that is about them says so.
  if (found == replies.end() && method == role::metrics::publish) return answer(*instance, token, Answer());
  recorded.push_back({method, params});
  replyTo(*instance, token, method, params);
}

void Host::replyTo(Instance& instance, uint64_t token, MethodId method, const AnyAnswer& params) {
  auto found = replies.find(method);
  if (found == replies.end()) {
    return answer(instance, token,
                  fail(Status::unavailable(
                      concat("no plugin fills method ", method.ordinal, " of interface ", method.interfaceId))));
  }
  Answer results;
  results.objects = params.objects();
  Result<void> replied = found->second(params, results.message, results.objects);
  if (!replied) return answer(instance, token, fail(replied.error()));
  answer(instance, token, std::move(results));
}

}  // namespace cleat::test::detail
