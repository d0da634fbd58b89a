#include <cleat/sdk/slow_start.h>
#include <cleat/sdk/when_all.h>

#include <algorithm>

namespace cleat {

bool namespaceEnds(const Status& refusal) {
  return std::ranges::any_of(refusal.details.causes,
                             [](const StatusCause& cause) { return cause.reason == "NamespaceTerminating"; });
}

Task<Result<void>> slowStart(size_t count, std::function<Task<Result<void>>(size_t index)> makeOne) {
  size_t begun = 0;
  for (size_t batch = 1; begun < count; batch *= 2) {
    std::vector<Task<Result<void>>> creations;
    for (size_t i = std::min(batch, count - begun); i > 0; --i) creations.push_back(makeOne(begun++));
    const std::vector<Result<void>> made = co_await whenAll(std::move(creations));
    auto refused = std::ranges::find_if(made, [](const Result<void>& one) { return !one; });
    if (refused == made.end()) continue;
    if (namespaceEnds(refused->error())) co_return Result<void>();
    co_return fail(refused->error());
  }
  co_return Result<void>();
}

}  // namespace cleat
