// How server-side apply treats a place of an open object: by what the schema says of it, and where that says nothing,
// by what is there: objects are merged member by member and lists are one thing. Private to core/object.
#pragma once

#include <string>
#include <string_view>

#include "core/object/apply/typed_merge.h"
#include "core/object/open/open_schema.h"

namespace cleat::object {

// `isObject`, `isList`: what is there. A node may be null: nothing is known of the place.
FieldType::Merging openMerging(const OpenNode* node, bool isObject, bool isList);
// What is known of a member or an element; null: nothing.
const OpenNode* openMember(const OpenNode* node, std::string_view name);
const OpenNode* openElement(const OpenNode* node);
// What stands in the step to an element for a key that it has not; empty: nothing.
std::string openAbsentKey(const OpenNode& node, size_t index);

}  // namespace cleat::object
