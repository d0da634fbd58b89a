// What a plugin says of itself, and what it asks of its host: calls to the cluster, watches, and calls to the plugin
// that fills a role.
#include <cleat/schema/bus.methods.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/metrics.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/host/instance.h"
#include "core/host/role_interfaces.h"
#include "core/object/schema/message_shape.h"

namespace cleat::host {

namespace {

// Of the requests of one plugin that are being answered, all together.
constexpr size_t kMostRequestBytes = 256u << 20;

// Of them, so many with a stream: each is a descriptor, here until it has been passed on, and at whoever is called.
constexpr size_t kMostStreams = 128;

bool isWrite(MethodId method) {
  return method == wire::cluster::create || method == wire::cluster::update || method == wire::cluster::patch ||
         method == wire::cluster::delete_;
}

Task<RoleAnswer> refusePlugin(MethodId method) {
  co_return answerOf(CLEAT_DENIED,
                     Status::forbidden(concat("the role ", roleOf(method), " is called by the server alone")));
}

// What no plugin is asked for.
bool isHostsToAnswer(MethodId method) {
  return method.interfaceId == capnp::typeId<wire::Cluster>() || method.interfaceId == capnp::typeId<role::Metrics>() ||
         method == role::fillers::list;
}

size_t bytesOf(const cleat_payload* payload) {
  if (!payload) return 0;
  uint64_t words = payload->message.count;
  for (uint64_t i = 0; i < payload->object_count; ++i) words += payload->objects[i].words.count;
  return words * sizeof(uint64_t);
}

}  // namespace

void Instance::pluginReady(int32_t status, std::string message) {
  if (status == CLEAT_OK) return finishStart({});
  finishStart(fail(Status::unavailable(message.empty() ? "it did not say why" : std::move(message))));
}

void Instance::pluginGone(std::string why) {
  bool wasReady;
  {
    MutexLock lock(mutex_);
    wasReady = state_ == State::ready;
    // Not how it was ended is of interest then.
    if (!endedFor_.empty()) why = endedFor_;
  }
  abandon(State::gone, Status::unavailable(named() + " has crashed: " + why));
  finishStart(fail(Status::unavailable(why)));
  if (wasReady && gone_) gone_(std::move(why));
}

void Instance::pluginLogs(int32_t level, std::string_view text) {
  const auto known = static_cast<base::LogLevel>(std::clamp<int32_t>(level, CLEAT_LOG_DEBUG, CLEAT_LOG_ERROR));
  if (!base::logs(known)) return;
  auto leftOut = logBudget_.take(text.size(), services_->executor.machine().now());
  if (!leftOut) {
    linesLeftOut_.add();
    return trouble("Flooded", "it writes more lines than a log takes, and some are left out");
  }
  if (*leftOut > 0) {
    base::log(base::LogLevel::warn, manifest_.name, concat(*leftOut, " lines of it were left out: it writes too many"));
  }
  base::log(known, manifest_.name, text);
}

void Instance::pluginConfined(std::string_view lacks) {
  {
    MutexLock lock(mutex_);
    lacks_ = lacks;
  }
  if (lacks.empty()) return;
  base::log(base::LogLevel::warn, manifest_.name,
            concat("its process is less confined than it should be, without ", lacks));
}

void Instance::pluginBusy(int64_t nanoseconds) { busy_.add(static_cast<uint64_t>(nanoseconds)); }

void Instance::pluginStuck(std::string_view what, int64_t nanoseconds, bool returned) {
  const std::string lasted = roundedSeconds(nanoseconds);
  if (returned) {
    base::log(base::LogLevel::warn, manifest_.name, concat("a callback (", what, ") has returned after ", lasted));
    return;
  }
  endStuck(concat("it was stuck: a callback (", what.substr(0, 32), ") had not returned for ", lasted));
}

void Instance::pluginSlowed(bool floods) {
  services_->metrics
      .counter("cleat_plugin_slowed_total", "How often a plugin's process that sends too much was made to wait.",
               {{"plugin", manifest_.name}})
      .add();
  if (floods) trouble("Flooded", "it sends more messages than are taken from one plugin, and is made to wait");
}

void Instance::pluginLimited(std::string_view limit, uint64_t times, std::string_view what) {
  services_->metrics
      .counter("cleat_plugin_limits_reached_total", "How often a plugin's process reached a limit that is set for it.",
               {{"plugin", manifest_.name}, {"limit", std::string(limit)}})
      .add(times);
  base::log(base::LogLevel::warn, manifest_.name, what);
  trouble("LimitReached", std::string(what));
}

void Instance::trouble(const char* reason, std::string message) const {
  if (services_->noteTrouble) services_->noteTrouble(manifest_.name, reason, std::move(message));
}

void Instance::noteMalformed(std::string message) const {
  services_->metrics
      .counter("cleat_plugin_malformed_total", "Answers of a plugin that are none.", {{"plugin", manifest_.name}})
      .add();
  trouble("Malformed", std::move(message));
}

bool Instance::openRequest(uint64_t request, const Asked& asked, Status& refused) {
  base::Executor& executor = services_->executor;
  MutexLock lock(mutex_);
  if (state_ == State::stopping || state_ == State::gone) {
    refused = absent();
    return false;
  }
  if (requests_.size() >= services_->limits.outstanding) {
    refused = Status::tooManyRequests(
        named() + " has " + std::to_string(requests_.size()) + " requests in progress, the limit", 1);
    return false;
  }
  if (asked.hasStream && streams_ >= kMostStreams) {
    refused =
        Status::tooManyRequests(concat(named(), " has ", streams_, " calls with streams in progress, the limit"), 1);
    return false;
  }
  if (requestBytes_ + asked.bytes > kMostRequestBytes) {
    refused = Status::tooManyRequests(concat(named(), " has requests of ", requestBytes_ >> 20,
                                             " MiB in progress, the limit is ", kMostRequestBytes >> 20),
                                      1);
    return false;
  }
  Request& opened = requests_[request];
  opened.bytes = asked.bytes;
  opened.hasStream = asked.hasStream;
  requestBytes_ += asked.bytes;
  streams_ += asked.hasStream;
  if (asked.method == wire::cluster::watch) return true;
  nanoseconds left(asked.deadlineNs > 0 ? asked.deadlineNs - executor.now() : services_->limits.request.count());
  opened.timer = executor.after(left, [weak = weak_from_this(), request] {
    if (auto late = weak.lock()) {
      late->finishRequest(request, outcomeOf(Status::timeout("the call was not answered before its deadline")));
    }
  });
  return true;
}

std::optional<Instance::Request> Instance::takeRequest(uint64_t request) {
  MutexLock lock(mutex_);
  auto found = requests_.find(request);
  if (found == requests_.end()) return std::nullopt;
  Request taken = std::move(found->second);
  requestBytes_ -= taken.bytes;
  streams_ -= taken.hasStream;
  requests_.erase(found);
  return taken;
}

void Instance::finishRequest(uint64_t request, Outcome outcome) {
  const std::optional<Request> finished = takeRequest(request);
  if (!finished) return;
  finished->end(services_->executor);
  link_->reply(request, std::move(outcome));
}

void Instance::pluginCancels(uint64_t request) {
  if (const std::optional<Request> cancelled = takeRequest(request)) cancelled->end(services_->executor);
}

void Instance::abandonCall(uint64_t number) {
  {
    MutexLock lock(mutex_);
    const PendingCall* call = pending_.find(number);
    if (!call || call->answer) return;
  }
  finishCall(number, answerOf(CLEAT_RETRY, Status::timeout("whoever made the call has gone")));
  link_->cancelCall(number);
}

void Instance::pluginCalls(uint64_t request, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                           gate::StreamEnd stream) {
  bool watch = method == wire::cluster::watch;
  Status refused;
  if (!openRequest(request, {method, deadlineNs, bytesOf(params), stream != nullptr}, refused))
    return link_->reply(request, outcomeOf(refused));
  if (stream && isHostsToAnswer(method)) {
    return finishRequest(request, outcomeOf(Status::badRequest("only calls to plugins have streams")));
  }
  auto taken = takePayload(params);
  if (!taken) return finishRequest(request, outcomeOf(taken.error()));
  if (method.ordinal > UINT16_MAX) return finishRequest(request, outcomeOf(Status::badRequest("no such method")));
  if (const object::ShapePlan* shape = paramShape(method)) {
    auto shaped = object::checkShape(*taken->message, *shape);
    if (!shaped) return finishRequest(request, outcomeOf(shaped.error()));
  }

  // Not on the plugin's own strand: what it asks for runs elsewhere while it goes on.
  services_->executor.post([self = shared_from_this(), request, method, deadlineNs, watch, call = std::move(*taken),
                            stream = std::move(stream), one = UnderWay::One(services_->requests)]() mutable {
    spawn(watch ? self->serveWatch(request, call.message, std::move(one))
                : self->serve(request, method, deadlineNs, std::move(call), std::move(stream), std::move(one)));
  });
}

void Instance::holdWrites() {
  MutexLock lock(mutex_);
  holdsWrites_ = true;
}

void Instance::letWrite() {
  std::vector<Completion<bool>> held;
  {
    MutexLock lock(mutex_);
    holdsWrites_ = false;
    held.swap(held_);
  }
  for (auto& waiting : held) services_->executor.post([waiting]() mutable { waiting.complete(true); });
}

std::optional<Completion<bool>> Instance::turnToWrite() {
  MutexLock lock(mutex_);
  if (!holdsWrites_) return std::nullopt;
  return held_.emplace_back();
}

Outcome Instance::want(const Message& params) {
  if (!services_->hasRole(manifest_.name, "admission")) {
    return outcomeOf(Status::forbidden(concat("only admission plugins want requests, and ", named(), " is none")));
  }
  auto asked = params.root<wire::WantParams>().getInterests();
  if (!asked.isStruct()) return outcomeOf(Status::badRequest("want: the interests are no struct"));
  const Ref<const Message> wanted = Message::copy(asked.getAs<capnp::AnyStruct>());
  auto shaped = object::checkShape(*wanted, capnp::Schema::from<role::Interests>());
  if (!shaped) return outcomeOf(shaped.error());
  {
    MutexLock lock(mutex_);
    wanted_ = wanted;
  }
  services_->wantsChanged();
  Outcome outcome;
  outcome.payload.message = emptyMessage();
  return outcome;
}

Task<void> Instance::serve(uint64_t request, MethodId method, int64_t deadlineNs, RoleAnswer call,
                           gate::StreamEnd stream, UnderWay::One) {
  auto self = shared_from_this();
  Outcome outcome;
  try {
    if (method.interfaceId == capnp::typeId<wire::Cluster>()) {
      if (isWrite(method)) {
        std::optional<Completion<bool>> turn = turnToWrite();
        if (turn) {
          co_await *turn;
          MutexLock lock(mutex_);
          if (!requests_.contains(request)) co_return;  // given up, or stopped, meanwhile
        }
      }
      if (method == wire::cluster::want) {
        outcome = want(*call.message);
      } else {
        outcome = co_await serveCluster(services_, user_, method, std::move(call));
      }
    } else {
      RoleCall passedOn{method, std::move(call.message), {}, 0, std::make_shared<gate::CallCancel>()};
      for (auto& object : call.objects) passedOn.objects.push_back({std::move(object), 0});
      passedOn.stream = std::move(stream);
      passedOn.timeoutNs = deadlineNs > 0 ? std::max<int64_t>(deadlineNs - services_->executor.now(), 1)
                                          : services_->limits.request.count();
      {
        MutexLock lock(mutex_);
        auto found = requests_.find(request);
        if (found == requests_.end()) co_return;  // cancelled meanwhile
        found->second.call = passedOn.cancel;
      }
      RoleAnswer answer = co_await serveRole(method, std::move(passedOn));
      outcome = outcomeOf(std::move(answer));
    }
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "host", methodName(method) + " for " + named() + " threw: " + error.what());
    outcome = outcomeOf(Status::internal("the call failed in the host"));
  }
  finishRequest(request, std::move(outcome));
}

Task<RoleAnswer> Instance::serveRole(MethodId method, RoleCall call) {
  if (isServersToCall(method)) return refusePlugin(method);
  if (method.interfaceId == capnp::typeId<role::Metrics>()) return serveMetrics(method, std::move(call));
  if (method.interfaceId != capnp::typeId<role::Fillers>()) return services_->callRole(std::move(call));
  return serveFillers(method, std::move(call));
}

Task<RoleAnswer> Instance::serveMetrics(MethodId method, RoleCall call) {
  if (method != role::metrics::publish) co_return answerOf(CLEAT_FAILED, Status::badRequest("no such method"));
  Result<void> taken = services_->published.publish(manifest_.name, call.params->root<role::PublishMetricsParams>());
  if (!taken) co_return answerOf(CLEAT_FAILED, taken.error());
  RoleAnswer answer;
  answer.message = emptyMessage();
  co_return answer;
}

Task<RoleAnswer> Instance::serveFillers(MethodId method, RoleCall call) {
  auto services = services_;
  if (method == role::fillers::list) {
    const uint64_t id = call.params->root<role::ListFillersParams>().getInterfaceId();
    const std::vector<std::string> names = services->fillersOf(id);
    RoleAnswer answer;
    answer.message = makeMessage<role::ListFillersResults>([&](role::ListFillersResults::Builder results) {
      setTexts(results.initNames(static_cast<unsigned>(names.size())), names);
    });
    co_return answer;
  }
  if (method != role::fillers::call) co_return answerOf(CLEAT_FAILED, Status::badRequest("no such method"));
  auto asked = call.params->root<role::CallFillerParams>();
  const std::string filler = textOf(asked.getFiller());
  if (asked.getMethod() > UINT16_MAX || call.objects.empty()) {
    co_return answerOf(CLEAT_FAILED, Status::badRequest("a call of a filler brings the method's parameters"));
  }
  RoleCall named{{asked.getInterfaceId(), asked.getMethod()},
                 call.objects.front().message,
                 {call.objects.begin() + 1, call.objects.end()},
                 call.timeoutNs,
                 call.cancel,
                 std::move(call.stream)};
  if (isServersToCall(named.method)) co_return co_await refusePlugin(named.method);
  if (const object::ShapePlan* shape = paramShape(named.method)) {
    auto shaped = object::checkShape(*named.params, *shape);
    if (!shaped) co_return answerOf(CLEAT_FAILED, shaped.error());
  }
  RoleAnswer answer = co_await services->callFiller(filler, std::move(named));
  if (answer.status != CLEAT_OK) co_return answer;
  RoleAnswer wrapped;
  wrapped.message = emptyMessage();
  wrapped.objects.push_back(Message::copy(answer.message->root<capnp::AnyStruct>()));
  for (auto& object : answer.objects) wrapped.objects.push_back(std::move(object));
  co_return wrapped;
}

Task<void> Instance::serveWatch(uint64_t request, Ref<const Message> params, UnderWay::One) {
  auto self = shared_from_this();
  Result<std::unique_ptr<bus::Subscription>> opened = fail(Status::internal("the watch failed in the host"));
  try {
    opened = co_await openWatch(services_, user_, std::move(params));
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "host", "a watch of " + named() + " threw: " + error.what());
  }
  if (!opened) {
    finishRequest(request, outcomeOf(opened.error()));
    co_return;
  }
  auto failed = [weak = weak_from_this(), request](Status why) {
    if (auto instance = weak.lock()) instance->finishRequest(request, outcomeOf(why));
  };
  auto pump = std::make_shared<WatchPump>(services_->executor, link_, request, services_->limits.changesPerEvent,
                                          std::move(*opened), failed);
  {
    MutexLock lock(mutex_);
    auto found = requests_.find(request);
    if (found == requests_.end()) co_return;  // cancelled meanwhile
    found->second.watch = pump;
  }
  pump->start();
}

}  // namespace cleat::host
