// The whole chain of authenticators or authorizers asked as one, for a plugin that calls such a role itself (to answer
// a TokenReview, or whether somebody may do something): the same order and the same rules as for a request from
// outside.
#pragma once

#include "core/gate/plugin_roles.h"
#include "core/host/messages.h"

namespace cleat::host {

Task<RoleAnswer> askAuthenticators(gate::Roles& roles, RoleCall call);
Task<RoleAnswer> askAuthorizers(gate::Roles& roles, RoleCall call);

}  // namespace cleat::host
