// JSON patches of what the garbage collector changes in others' objects. Each tests what it is about to change, so that
// it fails where somebody else was first, and says nothing ("") where there is nothing to change.
#pragma once

#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::gc {

// Takes the references to these owners away.
std::string withoutOwners(const AnyRef& object, const std::vector<std::string>& uids);
// No owner waits for the object's end any more.
std::string withoutBlocking(const AnyRef& object);
std::string withoutFinalizer(const AnyRef& object, std::string_view finalizer);

}  // namespace cleat::gc
