// Impersonation: requests that are made in another user's name, by the headers Impersonate-User, -Group, -Uid and
// -Extra-…. Whoever makes one has to be allowed it, in one of two ways that are tried in this order:
//
//   constrained   verbs "impersonate:MODE" on whom they become, and "impersonate-on:MODE:VERB" on what they do then.
//   The mode
//                 follows from the name: associated-node (of the node that a pod's token was made on), arbitrary-node,
//                 serviceaccount, user-info for all others.
//   plain         the verb "impersonate" on each thing that they take on; what is done then is not looked at.
#pragma once

#include "core/api/strand_gate.h"

namespace cleat::api {

// Whether the request has anything to say of it.
bool impersonates(const http::Headers& headers);

// The user in whose name the request is made; `who` where it names none. `asked` is what the request is about. On the
// exchange's strand, before and after.
Task<Result<bus::UserRef>> impersonated(http::Exchange& exchange, const StrandGate& gate, bus::UserRef who,
                                        gate::Attributes asked);

}  // namespace cleat::api
