// The fields that an apply names as the text of metadata.managedFields, in one pass over its nodes: what fieldsOf
// gives, without the sets in between. Most applies name what they named before. Private to core/object.
#pragma once

#include <optional>
#include <string>

#include "core/object/apply/write_reach.h"
#include "core/object/json/json_node.h"
#include "core/object/message.h"

namespace cleat::object {

// `canonical` is the message that was made of `applied`, which names no field that the kind does not have. Nothing: it
// takes more than a look, as for open kinds, or where elements are null or twice in a list.
std::optional<std::string> saidFields(const Kind& kind, const WriteReach& reach, const JsonNode& applied,
                                      Words canonical);

}  // namespace cleat::object
