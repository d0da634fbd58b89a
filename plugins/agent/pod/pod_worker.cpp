#include "pod/pod_worker.h"

#include <cleat/sdk/meta.h>

#include <map>
#include <set>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kAskAgain = 1s;

}  // namespace

PodWorker::PodWorker(NodeServices& node, std::string uid)
    : loop_(
          node.context, [this] { return sync(); }, [this] { return shared_from_this(); }),
      pod_(node, std::move(uid), loop_), volumes_(node.context, node.tokens, node.certificates, node.claims,
                                                  node.drivers, pod_.folder(), [this] { return pod_.mustEnd(); }),
      devices_(node.devices, pod_.uid), prober_(node, pod_.progress, [this] { signal(); }) {}

std::shared_ptr<PodWorker> PodWorker::forOrphan(NodeServices& node, std::string uid) {
  auto worker = std::make_shared<PodWorker>(node, std::move(uid));
  worker->pod_.removed = true;
  return worker;
}

void PodWorker::update(Object<core_v1::Pod> newest) {
  if (!pod_.status.update(std::move(newest))) return;
  if (!deletionPending(pod().meta()) && !isTerminalPhase(view(pod()->getStatus().getPhase()))) {
    pod_.node.objects.hold(pod_.uid, std::string(pod().ns()), referencesOf(pod()->getSpec()));
  }
  signal();
}

void PodWorker::removed() {
  pod_.removed = true;
  signal();
}

void PodWorker::evict(const std::string& why) {
  if (!pod() || pod_.mustEnd() || isTerminalPhase(view(pod()->getStatus().getPhase()))) return;
  pod_.failure = Waiting{"Evicted", why};
  pod_.event("Warning", "Evicted", why);
  signal();
}

void PodWorker::objectsChanged() {
  loop_.retryAllNow();
  signal();
}

std::string PodWorker::waitingReason(std::string_view container) const {
  auto found = starter_.waiting().find(container);
  return found == starter_.waiting().end() ? std::string() : found->second.reason;
}

Task<void> PodWorker::sync() {
  co_await observer_.observe();
  const bool known = co_await lookAtNode();
  if (!known) co_return;
  admit();
  checkDeadline();
  if (pod_.mustEnd()) {
    co_await end();
    co_return;
  }
  resizer_.update();
  PodPlan plan = planPod(resizer_.granted()->getSpec(), *runtime(), pod_.progress);
  if (plan.finished) {
    pod_.finished = true;
    co_await end();
    co_return;
  }
  stopDue(plan);
  if (plan.createSandbox) {
    co_await makeSandbox(plan.sandboxAttempt);
    co_return;
  }
  bool usable = co_await sandbox_.connect();
  if (usable) usable = co_await prepareVolumes();
  if (usable) usable = co_await prepareDevices(false);
  if (usable) co_await resizer_.bringAbout();
  if (usable) co_await starter_.start(plan.start);
  prober_.update(pod(), *runtime(), pod_.ips);
  publisher_.publishUnlessReplacing();
  removeOld();
}

// Nothing of the pod is here yet, and nobody has decided about it.
bool PodWorker::isNew() const {
  auto seen = runtime();
  return !admitted_ && !pod_.mustEnd() && seen->sandboxes.empty() && seen->containers.empty() &&
         pod()->getStatus().getStartTime().size() == 0;
}

std::optional<Refusal> PodWorker::refusal() const {
  return refusalOf(*pod(), node_, pod_.node.ledger, pod_.node.identity.mostPods, pod_.node.abilities);
}

// Whether it is known what a new pod is held against. No pod is refused for what the node was a moment ago: whoever has
// placed it may know more.
Task<bool> PodWorker::lookAtNode() {
  if (!isNew()) co_return true;
  node_ = pod_.node.self.known();
  if (node_ && !refusal()) co_return true;
  auto newest = co_await pod_.node.self.ask();
  if (!newest) {
    pod_.node.context.log.debug("cannot hold the pod ", pod().key(), " against its node: ", newest.error());
    loop_.wakeAfter(kAskAgain);
    co_return false;
  }
  node_ = std::move(*newest);
  co_return true;
}

// Once; from here to the grant of what the pod has asked for nothing is waited for, so that no two have the same.
void PodWorker::admit() {
  const bool decide = isNew();
  admitted_ = admitted_ || !pod_.mustEnd();
  auto refused = decide ? refusal() : std::nullopt;
  node_ = {};
  if (!refused) return;
  pod_.event("Warning", refused->reason, refused->message);
  pod_.failure = Waiting{refused->reason, concat("Pod was rejected: ", refused->message)};
  pod_.rejected = true;
}

void PodWorker::checkDeadline() {
  if (!pod() || pod_.failure || isTerminalPhase(view(pod()->getStatus().getPhase()))) return;
  auto deadline = pod()->getSpec().getActiveDeadlineSeconds();
  auto started = parseTime(pod_.status.last().getStartTime());
  if (!isSet(deadline) || !started) return;
  Duration left = *started + std::chrono::seconds(deadline.getValue()) - pod_.node.context.wallNow();
  if (left > Duration::zero()) {
    loop_.wakeAfter(left);
    return;
  }
  pod_.failure = Waiting{"DeadlineExceeded", "Pod was active on the node longer than the specified deadline"};
  pod_.event("Normal", "DeadlineExceeded", pod_.failure->message);
}

void PodWorker::stopDue(const PodPlan& plan) {
  auto seen = runtime();
  for (const auto& due : plan.kill) {
    const RuntimeContainer* container = seen->byId(due.containerId);
    if (container == nullptr) continue;
    publisher_.replaced(due.containerId);
    stopper_.stop(*container, due.message);
  }
}

Task<void> PodWorker::makeSandbox(uint32_t attempt) {
  publisher_.publish();
  if (!sandbox_.mayMake()) co_return;
  const bool hasDevices = co_await prepareDevices(true);
  if (!hasDevices) co_return;
  // Meanwhile the images of the first containers can be looked for, and the volumes be prepared.
  std::function<Task<bool>()> meanwhile = [this] {
    images_.lookAhead();
    return prepareVolumes();
  };
  bool made = co_await sandbox_.make(attempt, meanwhile);
  // Everything is looked at again with the sandbox there.
  if (made) {
    signal();
  } else {
    publisher_.publish();
  }
}

// Returns whether every volume is as it should be.
Task<bool> PodWorker::prepareVolumes() {
  NodeServices& node = pod_.node;
  if (!node.objects.synced(pod_.uid) || loop_.tooEarly(kVolumesKey)) co_return false;
  Result<void> prepared = co_await volumes_.prepare(pod(), node.objects.find(pod_.uid), pod_.facts());
  if (!prepared) {
    if (pod_.mustEnd()) co_return false;  // it has come to that meanwhile, and nobody needs them
    pod_.event("Warning", "FailedMount", prepared.error().message);
    loop_.retryLater(kVolumesKey);
    // A volume that was good once serves on as it is: only its new content is missing.
    co_return runtime()->anyRunning();
  }
  loop_.succeeded(kVolumesKey);
  if (volumes_.hasDrivers()) loop_.wakeAfter(node.drivers.lookAgain);
  for (auto refresh : {node.tokens.refreshAt(pod_.uid), node.certificates.refreshAt(pod_.uid)}) {
    if (refresh) loop_.wakeAfter(*refresh - node.context.wallNow());
  }
  co_return true;
}

// Returns whether the devices of the pod's claims are prepared. A sandbox that is made has them prepared once more, as
// after a reboot.
Task<bool> PodWorker::prepareDevices(bool forSandbox) {
  if (loop_.tooEarly(kDevicesKey)) co_return false;
  auto preparing = forSandbox ? devices_.prepare(pod()) : devices_.keep(pod());
  Result<void> prepared = co_await std::move(preparing);
  if (prepared) {
    loop_.succeeded(kDevicesKey);
    co_return true;
  }
  if (pod_.mustEnd()) co_return false;
  pod_.event("Warning", "FailedPrepareDynamicResources",
             concat("Failed to prepare dynamic resources: ", prepared.error().message));
  loop_.retryLater(kDevicesKey);
  co_return false;
}

Task<void> PodWorker::end() {
  prober_.keepReadiness(*runtime());
  if (stopper_.stopAll()) {
    publisher_.publish();
    co_return;
  }
  bool released = co_await teardown_.release();
  if (!released) co_return;
  publisher_.publish();
  bool gone = co_await teardown_.remove();
  if (gone && done_) std::exchange(done_, nullptr)();
}

// Of the containers that have ended the newest and the one before it are kept for their logs; older ones are removed,
// and sandboxes that hold none any more.
void PodWorker::removeOld() {
  auto seen = runtime();
  std::map<std::string, int> kept;
  std::set<std::string> usedSandboxes;
  for (const auto& container : seen->containers) {
    bool keep = ++kept[container.name] <= 2 || !container.exited();
    if (keep) {
      usedSandboxes.insert(container.sandboxId);
    } else {
      spawn(removeOne(container.id, &RuntimeClient::removeContainer));
    }
  }
  for (size_t i = 1; i < seen->sandboxes.size(); ++i) {
    if (seen->sandboxes[i].ready || usedSandboxes.contains(seen->sandboxes[i].id)) continue;
    spawn(removeOne(seen->sandboxes[i].id, &RuntimeClient::removeSandbox));
  }
}

// What is left after a failure is seen, and removed, the next time.
Task<void> PodWorker::removeOne(std::string id, Task<Result<void>> (RuntimeClient::*remove)(std::string id)) {
  auto self = shared_from_this();
  Result<void> removed = co_await (pod_.node.runtime.*remove)(id);
  if (removed) co_await pod_.node.runtime.tryRefresh();
}

}  // namespace cleat::agent
