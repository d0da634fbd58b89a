#include "writes/group_status.h"

#include <cleat/sdk/meta.h>

namespace cleat::scheduling {
namespace {

constexpr const char* kGroupCondition = "PodGroupInitiallyScheduled";
constexpr int kMostGroupConflicts = 5;
constexpr Duration kTellGroupAgain = std::chrono::seconds(1);

bool isScheduledAlready(const Object<PodGroup>& group) {
  auto condition = findCondition(group->getStatus().getConditions(), kGroupCondition);
  return condition && view(condition->getStatus()) == "True";
}

}  // namespace

void GroupStatus::say(const Object<PodGroup>& group, bool isScheduled, const std::string& message) {
  if (!group || isScheduledAlready(group)) return;
  const std::string key = group.key();
  auto [at, added] = all_.try_emplace(key);
  Told& told = at->second;
  if (!added && (told.isScheduled || (told.isScheduled == isScheduled && told.message == message))) return;
  told.isScheduled = isScheduled;
  told.message = message;
  told.isNews = true;
  if (told.writing) return;
  told.writing = true;
  outbox_.add(write(key));
}

Task<void> GroupStatus::write(std::string key) {
  while (true) {
    auto found = all_.find(key);
    if (found == all_.end()) co_return;
    if (!found->second.isNews) {
      found->second.writing = false;
      co_return;
    }
    found->second.isNews = false;
    auto putting = put(key, found->second.isScheduled, found->second.message);
    Result<void> done = co_await std::move(putting);
    if (done) continue;
    context_.log.debug("cannot write the status of the pod group ", key, ": ", done.error());
    auto again = all_.find(key);
    if (again == all_.end()) co_return;
    again->second.isNews = true;
    co_await context_.sleep(kTellGroupAgain);
  }
}

Task<Result<void>> GroupStatus::put(std::string key, bool isScheduled, std::string message) {
  const size_t slash = key.find('/');
  const std::string ns = key.substr(0, slash), name = key.substr(slash + 1);
  for (int i = 0;; ++i) {
    auto found = co_await client_.get<PodGroup>(ns, name);
    if (!found && found.error().is(404)) co_return Result<void>();
    if (!found) co_return fail(found.error());
    if (isScheduledAlready(*found)) co_return Result<void>();
    Draft<PodGroup> draft(*found);
    auto status = draft->hasStatus() ? draft->getStatus() : draft->initStatus();
    setCondition<meta_v1::Condition>(status, {.type = kGroupCondition,
                                              .status = isScheduled ? "True" : "False",
                                              .reason = isScheduled ? "Scheduled" : "Unschedulable",
                                              .message = message,
                                              .lastTransitionTime = formatTime(context_.wallNow())});
    auto written = co_await client_.updateStatus(std::move(draft));
    if (written || written.error().is(404)) co_return Result<void>();
    if (!written.error().is(409) || i >= kMostGroupConflicts) co_return fail(written.error());
  }
}

}  // namespace cleat::scheduling
