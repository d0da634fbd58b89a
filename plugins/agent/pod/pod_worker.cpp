#include "pod/pod_worker.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

#include "pod/admission.h"
#include "pod/termination_message.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kReplacingTime = 1s;

}  // namespace

PodWorker::PodWorker(NodeServices& node, std::string uid)
    : node_(node),
      uid_(std::move(uid)),
      status_(node.context),
      volumes_(node.context, node.tokens, folder()),
      prober_(node, progress_, [this] { signal(); }) {}

std::shared_ptr<PodWorker> PodWorker::forOrphan(NodeServices& node, std::string uid) {
  auto worker = std::make_shared<PodWorker>(node, std::move(uid));
  worker->removed_ = true;
  return worker;
}

std::string PodWorker::folder() const { return concat(node_.podsFolder, "/", uid_); }

void PodWorker::update(Object<core_v1::Pod> pod) {
  if (!status_.update(std::move(pod))) return;
  auto spec = status_.pod()->getSpec();
  if (!deletionPending(status_.pod().meta()) && !isTerminalPhase(view(status_.pod()->getStatus().getPhase()))) {
    node_.objects.hold(uid_, std::string(status_.pod().ns()), referencesOf(spec));
  }
  signal();
}

void PodWorker::removed() {
  removed_ = true;
  signal();
}

void PodWorker::objectsChanged() {
  notBefore_.clear();
  signal();
}

void PodWorker::signal() {
  dirty_ = true;
  if (running_) return;
  running_ = true;
  // Never from within whoever signals: a sync may let go of the very object that called.
  node_.context.post([self = shared_from_this()] { spawn(self->run()); });
}

Task<void> PodWorker::run() {
  auto self = shared_from_this();
  while (dirty_) {
    dirty_ = false;
    wake_.cancel();
    co_await sync();
  }
  running_ = false;
}

// Whether it is not time yet to try again what failed before; it will be looked at again when it is.
bool PodWorker::tooEarly(const std::string& what) {
  auto until = notBefore_.find(what);
  if (until == notBefore_.end() || until->second <= node_.context.now()) return false;
  wakeAfter(until->second - node_.context.now());
  return true;
}

// The next try of `what` waits, longer each time.
void PodWorker::retryLater(const std::string& what) {
  failures_.next(what, node_.context.now());
  Duration delay = failures_.delayOf(what);
  notBefore_[what] = node_.context.now() + delay;
  wakeAfter(delay);
}

void PodWorker::wakeAfter(Duration delay) {
  Instant at = node_.context.now() + std::max(delay, Duration::zero());
  if (wake_.pending() && wakeAt_ <= at) return;
  wakeAt_ = at;
  wake_ = node_.context.after(delay, [this] { signal(); });
}

Task<void> PodWorker::sync() {
  co_await observe();
  admit();
  checkDeadline();
  if (mustEnd()) {
    co_await end();
    co_return;
  }
  grantResources();
  dueResizes();
  auto seen = runtime();
  PodPlan plan = planPod(granted()->getSpec(), *seen, progress_);
  if (plan.finished) {
    finished_ = true;
    co_await end();
    co_return;
  }
  for (const auto& due : plan.kill) {
    const RuntimeContainer* container = seen->byId(due.containerId);
    if (container == nullptr) continue;
    replaced_.try_emplace(due.containerId);
    kill(*container, graceFor(*container), due.message);
  }
  if (plan.createSandbox) {
    publish();
    if (tooEarly(kSandboxKey)) co_return;
    if (!co_await makeSandbox(plan.sandboxAttempt)) {
      publish();
      co_return;
    }
    // Everything is looked at again with the sandbox there.
    dirty_ = true;
    co_return;
  }
  bool usable = co_await connect();
  if (usable) usable = co_await prepareVolumes();
  if (usable) co_await bringAboutResizes();
  if (usable) co_await startContainers(plan.start);
  prober_.update(pod(), *runtime(), podIps_);
  if (!isReplacing()) publish();
  collectContainers();
}

// Notes what the runtime says that nobody has told: what containers left behind, and those that ran before the agent.
Task<void> PodWorker::observe() {
  auto seen = runtime();
  for (const auto& container : seen->containers) {
    if (container.running() && !progress_.contains(container.id)) {
      // It ran before this agent did. What the API says of it is the best that is known.
      ContainerProgress adopted;
      auto known = pod() ? findContainer(pod()->getSpec(), container.name) : std::nullopt;
      if (known) {
        bool startup = known->spec.hasStartupProbe();
        bool readiness = known->spec.hasReadinessProbe();
        for (auto reported : statusesOf(pod()->getStatus(), known->role)) {
          if (!view(reported.getContainerID()).ends_with(container.id)) continue;
          startup = startup && !reported.getStarted().getValue();
          readiness = readiness && !reported.getReady();
        }
        adopted.startupPending = startup;
        adopted.unready = readiness;
      }
      progress_[container.id] = adopted;
    }
    if (!container.exited() || messages_.contains(container.id)) continue;
    messages_[container.id] = {};
    auto read = [container] { return terminationMessage(container); };
    std::string message = co_await node_.context.blocking(read);
    messages_[container.id] = std::move(message);
  }
  auto gone = [&](const auto& item) { return seen->byId(item.first) == nullptr; };
  std::erase_if(messages_, gone);
  std::erase_if(progress_, [&](const auto& item) {
    const RuntimeContainer* container = seen->byId(item.first);
    return container == nullptr || (container->exited() && !item.second.resizeRestart);
  });
}

// Once, before anything of the pod is here.
void PodWorker::admit() {
  if (admitted_ || mustEnd()) return;
  admitted_ = true;
  auto seen = runtime();
  bool isNew = seen->sandboxes.empty() && seen->containers.empty() && pod()->getStatus().getStartTime().size() == 0;
  if (!isNew) return;
  auto refusal = refusalOf(*pod(), node_.ledger, node_.identity.mostPods);
  if (!refusal) return;
  event("Warning", refusal->reason, refusal->message);
  failure_ = Waiting{refusal->reason, concat("Pod was rejected: ", refusal->message)};
}

void PodWorker::checkDeadline() {
  if (!pod() || failure_ || isTerminalPhase(view(pod()->getStatus().getPhase()))) return;
  auto deadline = pod()->getSpec().getActiveDeadlineSeconds();
  auto started = parseTime(status_.last().getStartTime());
  if (!isSet(deadline) || !started) return;
  Duration left = *started + std::chrono::seconds(deadline.getValue()) - node_.context.wallNow();
  if (left > Duration::zero()) {
    wakeAfter(left);
    return;
  }
  failure_ = Waiting{"DeadlineExceeded", "Pod was active on the node longer than the specified deadline"};
  event("Normal", "DeadlineExceeded", failure_->message);
}

PodFacts PodWorker::facts() const {
  PodFacts facts;
  facts.podIps = podIps_;
  facts.hostIps = {node_.identity.address};
  facts.nodeName = node_.identity.name;
  facts.nodeMilliCpu = node_.machine.cpus * 1000;
  // What a container without a limit could use at most.
  facts.nodeMemoryBytes = allocatableMemory(node_.machine);
  facts.nodeEphemeralBytes = allocatableStorage(node_.machine);
  return facts;
}

// Returns whether every volume is as it should be.
Task<bool> PodWorker::prepareVolumes() {
  if (!node_.objects.synced(uid_) || tooEarly(kVolumesKey)) co_return false;
  Result<void> prepared = co_await volumes_.prepare(pod(), node_.objects.find(uid_), facts());
  if (!prepared) {
    event("Warning", "FailedMount", prepared.error().message);
    retryLater(kVolumesKey);
    // A volume that was good once serves on as it is: only its new content is missing.
    co_return runtime()->anyRunning();
  }
  failures_.forget(kVolumesKey);
  if (auto refresh = node_.tokens.refreshAt(uid_)) wakeAfter(*refresh - node_.context.wallNow());
  co_return true;
}

// Whether a container that was killed for another one has ended and the other is about to start: for this moment the pod is
// not said to have lost it. It may last a second.
bool PodWorker::isReplacing() {
  auto seen = runtime();
  std::erase_if(replaced_, [&](const auto& item) { return seen->byId(item.first) == nullptr; });
  for (auto& [id, since] : replaced_) {
    const RuntimeContainer* container = seen->byId(id);
    bool gap = container->exited() && seen->newest(container->name) == container && !waiting_.contains(container->name);
    if (!gap) continue;
    if (since == Instant{}) since = node_.context.now();
    Duration left = since + kReplacingTime - node_.context.now();
    if (left <= Duration::zero()) continue;
    wakeAfter(left);
    return true;
  }
  return false;
}

void PodWorker::publish() {
  if (removed_ || !pod() || isMirror(*pod())) return;
  auto seen = runtime();
  StatusFacts facts{.runtime = *seen, .progress = progress_, .waiting = waiting_, .lastMessages = messages_};
  facts.runtimeName = node_.runtimeName;
  facts.podIps = podIps_;
  if (ended_) {  // the addresses that it had
    for (auto address : status_.last().getPodIPs()) facts.podIps.push_back(str(address.getIp()));
  }
  facts.hostIps = {node_.identity.address};
  facts.ended = ended_;
  facts.failure = failure_;
  facts.now = node_.context.wallNow();
  facts.resize = &resize_;
  Draft<core_v1::Pod> draft(pod());
  auto before = status_.last();
  buildStatus(*granted(), before, facts, draft->initStatus());
  if (sameStatus(draft.reader().getStatus(), before)) return;
  status_.write(std::move(draft));
}

std::string PodWorker::waitingReason(std::string_view container) const {
  auto found = waiting_.find(container);
  return found == waiting_.end() ? std::string() : found->second.reason;
}

void PodWorker::event(std::string_view type, std::string_view reason, std::string_view message) {
  if (pod()) node_.events.record(referenceTo(pod()), type, reason, message);
}

ObjectReference PodWorker::about(const PodContainer& container) const {
  std::string_view list = container.role == ContainerRole::regular     ? "spec.containers{"
                          : container.role == ContainerRole::ephemeral ? "spec.ephemeralContainers{"
                                                                       : "spec.initContainers{";
  return referenceTo(pod(), concat(list, container.name(), "}"));
}

}  // namespace cleat::agent
