// Whether an object keeps the rules in CEL of its schema.
#pragma once

#include "kinds-apiextensions/schema/causes.h"
#include "kinds-apiextensions/schema/rule_set.h"
#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

class RuleValidator {
 public:
  RuleValidator(const CompiledSchema& schema, Causes& causes, std::vector<std::string>& warnings)
      : schema_(schema), causes_(causes), warnings_(warnings) {}

  // `old`: the object as it was, of an update. What breaks a rule in a part that is as it was is a warning only.
  void run(const RuleNode& rules, const Validated& object, const Validated* old);
  // The same of a value of a part of the schema, `at` a place of one's own. All that one validator is asked shares its
  // budget.
  void runAt(const RuleNode& rules, const SchemaNode& node, const Validated& value, const Validated* old,
             const Trail& at);

 private:
  // The nearest part that can be said to have been there before, with what it was.
  struct Correlated {
    const Validated* now = nullptr;
    const Validated* before = nullptr;
    bool isSame() const { return now != nullptr && same(*now, *before); }
  };
  struct Place {
    const SchemaNode* node;
    const Validated& value;
    const Validated* old;  // as the rules may compare with it; null: there is none
    Correlated current, parent;
    const Trail& at;
  };

  void walk(const RuleNode& rules, const Place& place);
  void members(const RuleNode& rules, const Place& place);
  void elements(const RuleNode& rules, const Place& place);
  void below(const RuleNode& rules, const SchemaNode* node, JsonView value, std::optional<JsonView> old,
             const Place& above, const Trail& at);
  void evaluate(const RuleNode& rules, const Place& place);
  void evaluateOne(const CompiledRule& rule, const RuleNode& rules, const Place& place, const cel::Value& self,
                   const cel::Value& oldSelf);
  // The message that a rule computes; nothing where it has none.
  std::optional<std::string> computedMessage(const CompiledRule& rule, std::span<const cel::Value> values,
                                             const RuleNode& rules, const Place& place);
  void tell(const CompiledRule& rule, const RuleNode& rules, const Place& place, std::string detail);
  void fail(const RuleNode& rules, const Place& place, std::string_view detail);
  void exhaust(const RuleNode& rules, const Place& place, std::string_view detail);
  bool spend(uint64_t cost);

  const CompiledSchema& schema_;
  Causes& causes_;
  std::vector<std::string>& warnings_;
  uint64_t budget_ = kMostObjectCost;
  bool exhausted_ = false;
};

}  // namespace cleat::kinds::extensions
