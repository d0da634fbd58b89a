#include "pod/pod_teardown.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kTeardownRetry = 1s;

}  // namespace

Task<bool> PodTeardown::release() {
  if (pod_.ended) co_return true;
  bool free = co_await letGo();
  if (!free) {
    pod_.loop.wakeAfter(kTeardownRetry);
    co_return false;
  }
  pod_.ended = true;
  pod_.node.objects.release(pod_.uid);
  pod_.node.ledger.release(pod_.uid);
  pod_.node.tokens.forget(pod_.uid);
  pod_.node.certificates.forget(pod_.uid);
  pod_.node.claims.release(pod_.uid);
  pod_.node.userRanges.release(pod_.uid);
  pod_.node.images.forget(pod_.uid);
  co_return true;
}

// Nothing is taken away, and nothing said to have ended, by an older view than that of this moment.
Task<bool> PodTeardown::letGo() {
  Result<void> listed = co_await pod_.node.runtime.refresh();
  if (!listed) co_return false;
  co_await observer_.observe();
  if (pod_.runtime()->anyRunning()) co_return false;
  bool stopped = co_await sandbox_.stopAll();
  if (!stopped) co_return false;
  Result<void> removed = co_await volumes_.remove();
  if (!removed) {
    pod_.event("Warning", "FailedUnMount", removed.error().message);
    co_return false;
  }
  Result<void> unprepared = co_await devices_.unprepare();
  if (!unprepared) {
    pod_.node.context.log.warn("pod ", pod_.uid, ": failed to ", unprepared.error());
    co_return false;
  }
  listed = co_await pod_.node.runtime.refresh();
  if (listed) co_await observer_.observe();
  co_return listed.has_value();
}

Task<bool> PodTeardown::remove() {
  if (!pod_.removed && !deletionPending(pod_.pod().meta())) co_return false;
  if (!pod_.removed) {
    co_await pod_.status.flushed();
    if (!deleted_) co_await deleteFromApi();
    if (!pod_.removed && !deleted_) co_return false;
  }
  // The API has let it go (or is about to): nothing of it is needed here any more.
  bool gone = co_await sandbox_.removeAll();
  if (!gone) {
    pod_.loop.wakeAfter(kTeardownRetry);
    co_return false;
  }
  if (pod_.pod()) {
    std::string logs = concat(pod_.node.logsFolder, "/", logFolderName(*pod_.pod()));
    auto remove = [logs] { return removeTree(logs); };
    Result<void> removed = co_await pod_.node.context.blocking(remove);
    if (!removed) pod_.node.context.log.warn("cannot remove the logs ", logs, ": ", removed.error());
  }
  co_return pod_.removed;
}

Task<void> PodTeardown::deleteFromApi() {
  Object<core_v1::Pod> of = pod_.pod();
  std::string uid(of.uid());
  DeleteOptions options{.gracePeriodSeconds = 0, .preconditionUid = uid};
  auto gone = co_await pod_.node.client.remove<core_v1::Pod>(of.ns(), of.name(), options);
  if (!gone && !gone.error().is(404) && !gone.error().is(409)) {
    pod_.node.context.log.warn("cannot delete the pod ", of.key(), ": ", gone.error());
    pod_.loop.wakeAfter(kTeardownRetry);
    co_return;
  }
  deleted_ = true;
}

}  // namespace cleat::agent
