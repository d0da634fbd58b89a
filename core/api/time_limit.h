// How long whoever makes a request is going to wait for its answer, as the query says ("timeout=5s").
#pragma once

#include <cleat/sdk/status.h>

#include "core/http/exchange.h"

namespace cleat::api {

// The request takes no longer than that from now on. When it ends then, by the executor's clock; 0 where nothing is
// said, 400 where it is no duration.
Result<int64_t> limitByQuery(http::Exchange& exchange, const base::Executor& executor);

}  // namespace cleat::api
