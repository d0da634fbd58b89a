#include "orphans.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "assessment.h"

namespace cleat::job {

Orphans::Orphans(Context& context, Informer<Job>& jobs, Informer<Pod>& pods, Ownership<Job, Pod>& owned,
                 Tracking& tracking)
    : client_(context), jobs_(jobs), pods_(pods), owned_(owned), tracking_(tracking),
      controller_(context, "job-orphans", [this](std::string key) { return reconcile(std::move(key)); }) {}

void Orphans::watch() {
  jobs_.onChange([this](const Object<Job>& before, const Object<Job>& now) { jobChanged(before, now); });
  pods_.onChange([this](const Object<Pod>&, const Object<Pod>& now) {
    if (now && tracking_.has(now) && !isWanted(now)) controller_.enqueue(now.key());
  });
  controller_.needs(jobs_);
  controller_.needs(pods_);
  controller_.run();
}

void Orphans::jobChanged(const Object<Job>& before, const Object<Job>& now) {
  const bool counts = now && isCounted(now);
  if (counts && !deletionPending(now.meta())) return;
  const Object<Job>& job = now ? now : before;
  // What its deletion orphaned may have been seen before the deletion was.
  std::vector<Object<Pod>> pods = owned_.free(job.ns());
  if (!counts) std::ranges::copy(owned_.of(job), std::back_inserter(pods));
  for (const Object<Pod>& pod : pods) {
    if (tracking_.has(pod)) controller_.enqueue(pod.key());
  }
}

// Whether a job's pods are for somebody to count.
bool Orphans::isCounted(const Object<Job>& job) const { return isManagedElsewhere(job) || !isFinished(job); }

bool Orphans::isWanted(const Object<Pod>& pod) const {
  if (auto owner = controllerOf(pod.meta())) {
    if (view(owner->getKind()) != KindOf<Job>::resource.kind) return false;
    Object<Job> job = jobs_.get(pod.ns(), view(owner->getName()));
    return job && job.uid() == view(owner->getUid()) && isCounted(job);
  }
  // One that matches is about to be taken over.
  return std::ranges::any_of(owned_.ownersConcerned({}, pod), [this](const std::string& key) {
    Object<Job> job = jobs_.get(key);
    return job && !deletionPending(job.meta()) && !isFinished(job);
  });
}

Task<Result<Reconciled>> Orphans::reconcile(std::string key) {
  Object<Pod> pod = pods_.get(key);
  if (!pod || !tracking_.has(pod) || isWanted(pod)) co_return Reconciled();
  if (auto owner = controllerOf(pod.meta()); owner && view(owner->getKind()) == KindOf<Job>::resource.kind) {
    // The informers of jobs and pods are not always equally far.
    Result<Object<Job>> live = co_await client_.get<Job>(pod.ns(), view(owner->getName()));
    if (!live && !live.error().is(404)) co_return fail(live.error());
    if (live && live->uid() == view(owner->getUid()) && isCounted(*live)) co_return Reconciled();
  }
  CLEAT_CO_TRY(co_await tracking_.release(pod));
  co_return Reconciled();
}

}  // namespace cleat::job
