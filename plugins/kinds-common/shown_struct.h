// A part of an object as errors show it where Kubernetes shows all of it. Rules that are generated there from the API's
// own structs, such as that of two list items with the same key, show it as the API does; rules about a whole that does
// not change show what the server holds, every field of it by its name in Go.
#pragma once

#include <capnp/dynamic.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

Shown shownStruct(capnp::DynamicStruct::Reader part);
Shown shownWhole(capnp::DynamicStruct::Reader part);
// Where Go has the fields in another order, or spells them otherwise than with a capital: their names there.
Shown shownWhole(capnp::DynamicStruct::Reader part, std::initializer_list<std::string_view> fields);

}  // namespace cleat::kinds
