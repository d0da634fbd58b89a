// What has changed, for whoever changed what may not change.
#pragma once

#include <capnp/dynamic.h>

#include <string>
#include <string_view>

namespace cleat::kinds::core {

// Names the fields of two structs that differ, a line each: "  spec.nodeName was added\n" with the prefix "spec.".
std::string differences(capnp::DynamicStruct::Reader before, capnp::DynamicStruct::Reader after,
                        std::string_view prefix);

}  // namespace cleat::kinds::core
