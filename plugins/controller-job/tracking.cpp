#include "tracking.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>

namespace cleat::job {

namespace {

// The node writes the pod's status meanwhile.
constexpr int kMostTries = 5;

}  // namespace

Tracking::Tracking(Context& context, Informer<Pod>& pods) : client_(context), pods_(pods) {
  pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
    if (!now || !hasFinalizer(now.meta(), kFinalizer)) ahead_.erase(str((now ? now : before).uid()));
  });
}

bool Tracking::has(const Object<Pod>& pod) const {
  return hasFinalizer(pod.meta(), kFinalizer) && !ahead_.contains(str(pod.uid()));
}

void Tracking::released(const Object<Pod>& pod) {
  Object<Pod> known = pods_.get(pod.key());
  const bool behind = known && known.uid() == pod.uid() && hasFinalizer(known.meta(), kFinalizer);
  if (behind) ahead_.insert(str(pod.uid()));
}

// As it is now; nothing where it has gone, whatever has its name.
Task<Result<Object<Pod>>> Tracking::current(Object<Pod> pod) {
  Result<Object<Pod>> live = co_await client_.get<Pod>(pod.ns(), pod.name());
  if (!live && !live.error().is(404)) co_return fail(live.error());
  if (!live || live->uid() != pod.uid()) co_return Object<Pod>();
  co_return live;
}

Task<Result<void>> Tracking::release(Object<Pod> pod) {
  Object<Pod> latest = pod;
  Status refusal;
  for (int i = 0; i < kMostTries; ++i) {
    Draft<Pod> draft(latest);
    const bool tracked = latest && removeFinalizer(draft.meta(), kFinalizer);
    Result<Object<Pod>> updated;
    if (tracked) updated = co_await client_.update<Pod>(std::move(draft));
    if (updated || updated.error().is(404)) {
      released(pod);
      co_return Result<void>();
    }
    refusal = updated.error();
    if (!refusal.is(409)) break;
    CLEAT_CO_TRY(latest, co_await current(pod));
  }
  co_return fail(std::move(refusal));
}

Task<Result<void>> Tracking::releaseAll(std::vector<Object<Pod>> pods) {
  std::vector<Task<Result<void>>> tasks;
  for (Object<Pod>& pod : pods) tasks.push_back(release(std::move(pod)));
  std::vector<Result<void>> done = co_await whenAll(std::move(tasks));
  auto failed = std::ranges::find_if(done, [](const Result<void>& one) { return !one; });
  if (failed != done.end()) co_return fail(failed->error());
  co_return Result<void>();
}

}  // namespace cleat::job
