// What a node may write of a volume on its own disk.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

#include <string>

namespace cleat::node_restriction {

// What is wrong with the change, in words for the message; empty: nothing. The one thing that a node does is to let go
// of a volume that it has emptied, by taking its own finalizer away.
std::string wrongWithVolume(std::string_view node, const Object<core_v1::PersistentVolume>& old,
                            const Object<core_v1::PersistentVolume>& now);

}  // namespace cleat::node_restriction
