// Identity: who a request is from. Asks the gate's authenticators, remembers of the peer what they said for a few
// seconds. A connection whose credentials were accepted once is no stranger's any more.
#pragma once

#include "core/api/request_metrics.h"
#include "core/api/strand_gate.h"
#include "core/base/executor.h"

namespace cleat::api {

// The group of those who have shown no credentials.
inline constexpr std::string_view kUnauthenticated = "system:unauthenticated";

struct Identity {
  bus::UserRef user;            // as whom the request is made
  bus::UserRef original;        // whose credentials it came with
  bool isImpersonated = false;  // these are two
};

// Whose credentials the request came with. On the exchange's strand, before and after. `metrics` may be null.
Task<Result<bus::UserRef>> identify(http::Exchange& exchange, const StrandGate& gate, base::Executor& executor,
                                    RequestMetrics* metrics);

}  // namespace cleat::api
