#include "slice_writer.h"

#include <algorithm>

namespace cleat::endpoints {

bool namespaceEnds(const Status& status) {
  return std::ranges::any_of(status.details.causes,
                             [](const StatusCause& cause) { return cause.reason == "NamespaceTerminating"; });
}

bool outdated(const Status& status) { return status.is(404) || status.is(409); }

Task<Result<void>> SliceWriter::carryOut(SlicePlan plan) {
  uint64_t written = 0;
  Result<void> done = co_await write(plan, written);
  if (written != 0) co_await slices_.waitFor(written);
  co_return done;
}

Task<Result<void>> SliceWriter::write(SlicePlan& plan, uint64_t& written) {
  for (Draft<EndpointSlice>& draft : plan.creates) {
    auto created = co_await client_.create<EndpointSlice>(std::move(draft));
    if (!created && namespaceEnds(created.error())) co_return Result<void>();
    CLEAT_CO_TRY(created);
    written = created->revision();
  }
  for (Draft<EndpointSlice>& draft : plan.updates) {
    auto updated = co_await client_.update<EndpointSlice>(std::move(draft));
    if (!updated && updated.error().is(404)) continue;
    CLEAT_CO_TRY(updated);
    written = std::max(written, updated->revision());
  }
  for (const Object<EndpointSlice>& slice : plan.removals) {
    const std::string uid(slice.uid());
    DeleteOptions options;
    options.preconditionUid = uid;
    auto removed = co_await client_.remove<EndpointSlice>(slice.ns(), slice.name(), options);
    if (!removed && !outdated(removed.error())) co_return fail(removed.error());
  }
  co_return Result<void>();
}

}  // namespace cleat::endpoints
