// Conversion: has a plugin make objects of one version of a resource ones of another, where their structs differ
// (Kind::isConvertedTo). What it has made is kept with the object, for Object::as to find; where the versions have one
// layout, nobody is asked. A conversion that fails is an error of whoever wanted it: nobody is shown another object.
#pragma once

#include <vector>

#include "core/gate/plugin_roles.h"
#include "core/object/object.h"

namespace cleat::gate {

// Afterwards each of the objects `isAt(kind)`. They are all of its resource. `place`: of the request that waits for it,
// which others have while a plugin asks somebody outside; null: nobody waits.
Task<Result<void>> convertTo(Roles& roles, object::KindRef kind, std::vector<ObjectRef> objects,
                             bus::RequestPlace* place);

// The same of an object that is on its way, which keeps nothing.
Task<Result<Ref<const Message>>> converted(Roles& roles, object::KindRef from, object::KindRef to,
                                           Ref<const Message> object, bus::RequestPlace* place);

}  // namespace cleat::gate
