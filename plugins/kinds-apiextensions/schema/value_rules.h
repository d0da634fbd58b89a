// The rules of a schema for a value by itself: its type, and what is said of texts, numbers and enumerations. Each
// function adds what is wrong. Where it returns a number, that is what Kubernetes counts to find out which of several
// alternatives came closest.
#pragma once

#include <cstdint>

#include "kinds-apiextensions/schema/causes.h"
#include "kinds-apiextensions/schema/compiled_schema.h"

namespace cleat::kinds::extensions {

struct RuleTarget {
  const CompiledSchema& schema;
  const SchemaNode& node;
  const Trail& at;
};

uint32_t checkType(const RuleTarget& target, JsonType type, JsonView value, Causes& causes);
void checkText(const RuleTarget& target, std::string_view text, Causes& causes);
void checkFormat(const RuleTarget& target, std::string_view text, Causes& causes);
void checkNumber(const RuleTarget& target, JsonView value, Causes& causes);
void checkEnumeration(const RuleTarget& target, const SchemaRule& rule, JsonView value, Causes& causes);
// The numbers of elements, and of members.
void checkItemCount(const RuleTarget& target, size_t count, Causes& causes);
void checkMemberCount(const RuleTarget& target, size_t count, Causes& causes);

// How many steps the node's rules take for a text of that length.
size_t stepsForText(const CompiledSchema& schema, const SchemaNode& node, size_t bytes);

}  // namespace cleat::kinds::extensions
