// Look: what there is of a kind that is never stored (Kind::isVirtual), asked of its plugin at each get and list.
// Nothing of the answer is kept, it has no revision, and there is nothing to watch. The plugin's answer is checked as
// any other: each object is one of the kind, has a name, stands where it was looked for, and no two are the same one;
// otherwise the request fails and names the plugin.
#pragma once

#include <vector>

#include "core/gate/plugin_roles.h"
#include "core/object/object.h"

namespace cleat::gate {

// Of a get: the one object, or 404. After authorization.
Task<Result<object::ObjectRef>> lookAt(Roles& roles, bus::UserRef user, bus::Target target);
// Of a list: all there are, in the order of namespace and name.
Task<Result<std::vector<object::ObjectRef>>> lookThrough(Roles& roles, bus::UserRef user, bus::Target target);

// What whoever asks something else of a kind that is never stored is told.
Status notWithVirtual(const object::Kind& kind);

}  // namespace cleat::gate
