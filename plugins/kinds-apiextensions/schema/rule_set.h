// RuleSet: the rules in CEL (x-kubernetes-validations) of a schema, compiled, in a tree beside it that has only those
// places at or below which there are rules.
#pragma once

#include <cleat/cel/program.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kinds-apiextensions/schema/rule_types.h"
#include "kinds-apiextensions/schema/trail.h"

namespace cleat::kinds::extensions {

struct CompiledRule {
  std::string rule, message, messageExpression, reason;  // as they are written, without blanks around them
  std::string fieldPath;                                 // as errors show it; empty: where the rule stands
  bool optionalOld = false;
  bool usesOld = false;
  std::shared_ptr<const cel::Program> program, messageProgram;
};

struct RuleNode {
  std::string type;  // that the schema says, which errors show for the value
  std::vector<CompiledRule> rules;
  std::unique_ptr<const Shape> shape;  // where there are rules
  std::map<std::string, std::unique_ptr<const RuleNode>, std::less<>> properties;
  std::unique_ptr<const RuleNode> items, additional;
  std::vector<std::unique_ptr<const RuleNode>> allOf;
  bool isKeyedList = false, isAtomicMap = false;
};

// Null where there are no rules at all. What is wrong with the rules is found, of the deeper ones first: `at` is where
// the schema stands. Rules of a schema with findings at or below it are left out.
std::shared_ptr<const RuleNode> compileRules(SchemaReader schema, const Trail& at, Findings& findings);

// What an evaluation and all of an object's may cost, and what rules may be estimated to.
inline constexpr uint64_t kMostRuleCost = 1'000'000, kMostObjectCost = 10'000'000;
inline constexpr uint64_t kMostEstimate = 10'000'000, kMostSchemaEstimate = 100'000'000;

}  // namespace cleat::kinds::extensions
