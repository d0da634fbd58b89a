// Identity: who a request is from. Asks the gate's authenticators, remembers on the connection what they said for a few seconds,
// and honours the impersonation headers of those who may act as others.
#pragma once

#include "core/http/http_message.h"
#include "core/base/executor.h"
#include "core/gate/gate.h"

namespace cleat::api {

// On the exchange's strand, before and after.
Task<Result<bus::User>> identify(http::Exchange& exchange, gate::Gate& gate, base::Executor& executor);

}  // namespace cleat::api
