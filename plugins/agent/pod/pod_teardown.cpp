// The end of a pod: because it is deleted, because it has run to its end, or because its time is over. Its containers
// are ended (sidecars last), then its network, its sandbox and its volumes are released, and then the API is told.
#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

#include "pod/pod_worker.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kRetry = 1s;
constexpr int64_t kShortestGraceSeconds = 2;

}  // namespace

bool PodWorker::mustEnd() const {
  return removed_ || finished_ || failure_ || !pod() || deletionPending(pod().meta()) ||
         isTerminalPhase(view(pod()->getStatus().getPhase()));
}

Task<void> PodWorker::end() {
  if (endBegan_ == Instant{}) endBegan_ = node_.context.now();
  prober_.stopAll();
  if (killAll()) {
    publish();
    co_return;
  }
  if (!ended_) {
    if (!co_await releaseAll()) {
      wakeAfter(kRetry);
      co_return;
    }
    ended_ = true;
    node_.objects.release(uid_);
    node_.ledger.release(uid_);
    node_.tokens.forget(uid_);
    node_.images.forget(uid_);
  }
  publish();
  if (!removed_ && !deletionPending(pod().meta())) co_return;
  if (!removed_) {
    co_await status_.flushed();
    if (!deleted_) co_await deleteFromApi();
    if (!removed_ && !deleted_) co_return;
  }
  // The API has let it go (or is about to): nothing of it is needed here any more.
  for (const auto& sandbox : std::vector<RuntimeSandbox>(runtime()->sandboxes)) {
    auto gone = co_await node_.runtime.removeSandbox(sandbox.id);
    if (!gone) {
      node_.context.log.warn("cannot remove the sandbox ", sandbox.id, ": ", gone.error());
      wakeAfter(kRetry);
      co_return;
    }
  }
  co_await node_.runtime.refresh();
  if (pod()) {
    auto remove = [logs = concat(node_.logsFolder, "/", logFolderName(*pod()))] { return removeTree(logs); };
    co_await node_.context.blocking(remove);
  }
  if (removed_ && done_) std::exchange(done_, nullptr)();
}

// Ends what still runs. Returns whether anything does.
bool PodWorker::killAll() {
  auto seen = runtime();
  std::vector<const RuntimeContainer*> sidecars;
  bool others = false;
  for (const auto& container : seen->containers) {
    if (!container.running()) continue;
    auto known = pod() ? findContainer(pod()->getSpec(), container.name) : std::nullopt;
    if (known && known->role == ContainerRole::sidecar) {
      sidecars.push_back(&container);
      continue;
    }
    others = true;
    kill(container, graceFor(container), concat("Stopping container ", container.name));
  }
  for (const RuntimeContainer* sidecar : sidecars) {
    runHookAhead(*sidecar, graceFor(*sidecar), concat("Stopping container ", sidecar->name));
  }
  if (others || sidecars.empty()) return others;
  // In reverse order, one after the other, in what is left of the time.
  std::vector<PodContainer> order = containersOf(pod()->getSpec());
  for (auto container = order.rbegin(); container != order.rend(); ++container) {
    for (const RuntimeContainer* sidecar : sidecars) {
      if (sidecar->name != container->name()) continue;
      auto passed = std::chrono::duration_cast<std::chrono::seconds>(node_.context.now() - endBegan_).count();
      int64_t left = graceFor(*sidecar) - passed;
      auto killing = killing_.find(sidecar->id);
      if (killing != killing_.end() && killing->second.hookRuns && left > 0) {
        wakeAfter(std::chrono::seconds(left));
        return true;
      }
      kill(*sidecar, std::max(left, kShortestGraceSeconds), concat("Stopping container ", sidecar->name));
      return true;
    }
  }
  return true;
}

// Returns whether nothing is held any more.
Task<bool> PodWorker::releaseAll() {
  co_await node_.runtime.refresh();
  co_await observe();
  if (runtime()->anyRunning()) co_return false;
  for (const auto& sandbox : std::vector<RuntimeSandbox>(runtime()->sandboxes)) {
    co_await disconnect(sandbox);
    auto stopped = co_await node_.runtime.stopSandbox(sandbox.id);
    if (stopped) continue;
    node_.context.log.warn("cannot stop the sandbox ", sandbox.id, ": ", stopped.error());
    co_return false;
  }
  Result<void> removed = co_await volumes_.remove();
  if (!removed) {
    event("Warning", "FailedUnMount", removed.error().message);
    co_return false;
  }
  co_await node_.runtime.refresh();
  co_await observe();
  co_return true;
}

Task<void> PodWorker::deleteFromApi() {
  Object<core_v1::Pod> of = pod();
  std::string uid(of.uid());
  DeleteOptions options{.gracePeriodSeconds = 0, .preconditionUid = uid};
  auto gone = co_await node_.client.remove<core_v1::Pod>(of.ns(), of.name(), options);
  if (!gone && !gone.error().is(404) && !gone.error().is(409)) {
    node_.context.log.warn("cannot delete the pod ", of.key(), ": ", gone.error());
    wakeAfter(kRetry);
    co_return;
  }
  deleted_ = true;
}

}  // namespace cleat::agent
