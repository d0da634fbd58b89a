// Many creations at the same time, but not all at once: when the first one is refused (by a quota, say), the others
// would be too, and each of them would be a request and an event.
//
//   CLEAT_CO_TRY(co_await slowStart(missing, [&](size_t) { return makeOne(set); }));
//
// One is under way at first, and two for each that has succeeded; after a failure no more are begun. The first failure
// is the result, unless the namespace is being deleted: then nothing more can be made in it, nor need be, and that is
// none.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <cstddef>
#include <functional>

namespace cleat {

// Whether a creation was refused because its namespace is being deleted.
bool namespaceEnds(const Status& refusal);

// `makeOne` is called with 0, 1, … and lives until the result is there.
Task<Result<void>> slowStart(size_t count, std::function<Task<Result<void>>(size_t index)> makeOne);

}  // namespace cleat
