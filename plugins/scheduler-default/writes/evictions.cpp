#include "writes/evictions.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_conditions.h>

namespace cleat::scheduling {
namespace {

constexpr int kMostMarks = 5;

}  // namespace

void Evictions::evict(const Object<Pod>& victim, const Object<Pod>& preemptor, const std::string& node) {
  // One that is on its way out already makes room by itself.
  if (!deletionPending(victim.meta())) outbox_.add(run(victim, preemptor, node));
}

Task<Result<void>> Evictions::mark(Object<Pod> victim, std::string scheduler) {
  Object<Pod> current = pods_.get(victim.key());
  for (int tries = 0;; ++tries) {
    if (!current || current.uid() != victim.uid()) co_return Result<void>();
    Draft<Pod> draft(current);
    ConditionUpdate update{"DisruptionTarget", "True", "PreemptionByScheduler",
                           concat(scheduler, ": preempting to accommodate a higher priority pod"),
                           formatTime(context_.wallNow())};
    if (!setPodCondition(draft, update)) co_return Result<void>();
    auto updated = co_await client_.updateStatus<Pod>(std::move(draft));
    if (updated || updated.error().is(404)) co_return Result<void>();
    if (!updated.error().is(409) || tries == kMostMarks) co_return fail(updated.error());
    auto live = co_await client_.get<Pod>(victim.ns(), victim.name());
    if (!live && live.error().is(404)) co_return Result<void>();
    if (!live) co_return fail(live.error());
    current = *live;
  }
}

Task<void> Evictions::run(Object<Pod> victim, Object<Pod> preemptor, std::string node) {
  Result<void> done = co_await mark(victim, str(preemptor->getSpec().getSchedulerName()));
  if (done) {
    DeleteOptions options;
    const std::string uid = str(victim.uid());
    options.preconditionUid = uid;
    auto removed = co_await client_.remove<Pod>(victim.ns(), victim.name(), options);
    // Another pod of that name is there by now: the victim has gone.
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) done = fail(removed.error());
  }
  if (done) {
    std::string what = concat("Preempted by pod ", preemptor.uid(), " on node ", node);
    events_.record(referenceTo(victim), {"Normal", "Preempted", "Preempting", std::move(what), referenceTo(preemptor)});
    co_return;
  }
  context_.log.warn("pod ", victim.key(), " cannot be preempted: ", done.error().message);
  failed_(str(victim.uid()), str(preemptor.uid()));
}

}  // namespace cleat::scheduling
