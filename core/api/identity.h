// Identity: who a request is from. Asks the gate's authenticators, remembers of the peer what they said for a few
// seconds, and honours the impersonation headers of those who may act as others. A connection whose credentials were
// accepted once is no stranger's any more.
#pragma once

#include "core/api/strand_gate.h"
#include "core/base/executor.h"

namespace cleat::api {

struct Identity {
  bus::UserRef user;            // as whom the request is made
  bus::UserRef original;        // whose credentials it came with
  bool isImpersonated = false;  // these are two
};

// On the exchange's strand, before and after.
Task<Result<Identity>> identify(http::Exchange& exchange, const StrandGate& gate, base::Executor& executor);

}  // namespace cleat::api
