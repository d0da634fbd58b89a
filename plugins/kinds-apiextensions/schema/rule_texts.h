// What a rule says beside its expression: a message, a reason, the field that it is about. Checked in Kubernetes'
// words.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "kinds-apiextensions/schema/rule_set.h"

namespace cleat::kinds::extensions {

using RuleReader = apiextensions_v1::ValidationRule::Reader;

void checkRuleTexts(SchemaReader schema, const Trail& at, Findings& findings);

// `.spec.foo['a.b']` as errors write it (spec.foo.a.b), or what is wrong with it.
std::expected<std::string, std::string> rulePath(SchemaReader schema, std::string_view path);

// The rule as errors show it.
Shown shownRule(RuleReader rule);

std::string_view withoutBlanks(std::string_view text);

}  // namespace cleat::kinds::extensions
