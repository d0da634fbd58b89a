// A part of an object as errors show it where Kubernetes shows all of it, such as the second of two list items with the
// same key: its JSON, by the annotations of its schema.
#pragma once

#include <capnp/dynamic.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

Shown shownStruct(capnp::DynamicStruct::Reader part);

}  // namespace cleat::kinds
