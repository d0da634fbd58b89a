// How Go names and prints what was read from JSON: Kubernetes' errors about bodies and patches show values so.
#pragma once

#include <string>
#include <string_view>

#include "core/object/json/json_node.h"

namespace cleat::object {

// What its JSON decoder calls a value: "number", "string", "bool", "array", "object", "null".
std::string_view goTypeOf(const JsonNode& value);
// A value as %v prints one: map[spec:map[replicas:2]], with the names in order.
std::string goText(const JsonNode& value);
// A text as %q prints one: "a\x01".
std::string goQuoted(std::string_view text);

}  // namespace cleat::object
