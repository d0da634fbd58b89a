// Calls to plugins that may wait for somebody outside of the server. Others have the place of the request meanwhile,
// and it takes no longer than whoever made the request waits.
#pragma once

#include <string>

#include "core/base/executor.h"
#include "core/bus/request_place.h"
#include "core/gate/plugin_roles.h"

namespace cleat::gate {

// `place`: of the request; null: nobody waits for it. Lent unless the answer is there at once. `plugin` is read before
// this returns.
Task<RoleAnswer> callWaiting(Roles& roles, const std::string& plugin, RoleCall call, bus::RequestPlace* place);

// The same of plugins most of which wait for nobody: lent when the answer has not come for a while.
Task<RoleAnswer> callPatiently(base::Executor& executor, Roles& roles, const std::string& plugin, RoleCall call,
                               bus::RequestPlace* place);

}  // namespace cleat::gate
