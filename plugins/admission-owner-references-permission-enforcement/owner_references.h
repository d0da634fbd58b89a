// What a write changes of who owns an object.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <vector>

namespace cleat {

using Owners = capnp::List<meta_v1::OwnerReference>::Reader;

bool sameOwners(Owners before, Owners now);
// Those that keep their owner from going before the object does, and did not before.
std::vector<meta_v1::OwnerReference::Reader> newlyBlocking(Owners before, Owners now);

}  // namespace cleat
