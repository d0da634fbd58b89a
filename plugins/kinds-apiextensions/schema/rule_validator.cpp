#include "kinds-apiextensions/schema/rule_validator.h"

#include <array>
#include <unordered_map>

#include "kinds-apiextensions/schema/rule_texts.h"
#include "kinds-apiextensions/schema/rule_values.h"

namespace cleat::kinds::extensions {

namespace {

constexpr size_t kMostMessage = 5 * 1024;

std::string_view toldBy(const CompiledRule& rule) { return rule.message.empty() ? rule.rule : rule.message; }

}  // namespace

void RuleValidator::run(const RuleNode& rules, const Validated& object, const Validated* old) {
  runAt(rules, schema_.root(), object, old, Trail());
}

void RuleValidator::runAt(const RuleNode& rules, const SchemaNode& node, const Validated& value, const Validated* old,
                          const Trail& at) {
  const Correlated current{old ? &value : nullptr, old};
  walk(rules, {&node, value, old, current, {}, at});
}

void RuleValidator::walk(const RuleNode& rules, const Place& place) {
  if (exhausted_ || causes_.full() || place.value.type() == JsonType::null) return;
  if (!rules.rules.empty()) evaluate(rules, place);
  for (const auto& each : rules.allOf) {
    // Errors of these are kept, also where nothing changed.
    Place again = place;
    again.current = {};
    walk(*each, again);
  }
  if (place.value.type() == JsonType::object) members(rules, place);
  if (place.value.type() == JsonType::list) elements(rules, place);
}

void RuleValidator::members(const RuleNode& rules, const Place& place) {
  const SchemaNode* node = place.node;
  const bool correlates = place.old != nullptr && place.old->type() == JsonType::object && !rules.isAtomicMap;
  const auto oldMember = [&](std::string_view name) { return correlates ? place.old->member(name) : std::nullopt; };
  if (rules.additional) {
    for (JsonView value : place.value.items()) {
      const SchemaNode* below = node ? schema_.additionalOf(*node) : nullptr;
      this->below(*rules.additional, below, value, oldMember(value.name()), place,
                  Trail(&place.at, value.name(), Trail::Step::key));
    }
  }
  for (const auto& [name, property] : rules.properties) {
    auto value = place.value.member(name);
    const SchemaNode* below = node ? schema_.property(*node, name) : nullptr;
    if (value) this->below(*property, below, *value, oldMember(name), place, Trail(&place.at, name));
  }
}

void RuleValidator::elements(const RuleNode& rules, const Place& place) {
  if (!rules.items) return;
  JsonList items = place.value.items();
  const SchemaNode* below = place.node ? schema_.itemsOf(*place.node) : nullptr;
  std::unordered_map<std::string, JsonView> before;
  const bool correlates =
      rules.isKeyedList && place.node != nullptr && place.old != nullptr && place.old->json.isList();
  if (correlates) {
    for (JsonView item : place.old->json.items()) {
      if (auto key = mapKeyOf(schema_, *place.node, item)) before.emplace(*std::move(key), item);
    }
  }
  for (uint32_t i = 0; i < items.size() && !exhausted_; ++i) {
    std::optional<JsonView> old;
    if (correlates) {
      auto key = mapKeyOf(schema_, *place.node, items[i]);
      auto found = key ? before.find(*key) : before.end();
      if (found != before.end()) old = found->second;
    }
    this->below(*rules.items, below, items[i], old, place, Trail(&place.at, i));
  }
}

void RuleValidator::below(const RuleNode& rules, const SchemaNode* node, JsonView value, std::optional<JsonView> old,
                          const Place& above, const Trail& at) {
  const Validated now(value), before(old.value_or(JsonView()));
  const bool hadOne = old.has_value() && !old->isNull();
  const Correlated current = old ? Correlated{&now, &before} : Correlated{};
  walk(rules, {node, now, hadOne ? &before : nullptr, current, above.current.now ? above.current : above.parent, at});
}

void RuleValidator::evaluate(const RuleNode& rules, const Place& place) {
  const cel::Value self = ruleValue(place.value, *rules.shape);
  const cel::Value oldSelf = place.old ? ruleValue(*place.old, *rules.shape) : cel::Value();
  for (const CompiledRule& rule : rules.rules) {
    if (exhausted_) return;
    if (rule.usesOld && place.old == nullptr && !rule.optionalOld) continue;
    evaluateOne(rule, rules, place, self, rule.optionalOld ? cel::Value::optional(oldSelf) : oldSelf);
  }
}

void RuleValidator::evaluateOne(const CompiledRule& rule, const RuleNode& rules, const Place& place,
                                const cel::Value& self, const cel::Value& oldSelf) {
  if (budget_ == 0) {
    return exhaust(rules, place,
                   "validation failed due to running out of cost budget, no further validation rules will be run");
  }
  const std::array<cel::Value, 2> values{self, oldSelf};
  const cel::Evaluated evaluated = rule.program->evaluate(values, {.cost = kMostRuleCost});
  if (evaluated.overCost) {
    return exhaust(
        rules, place,
        concat("'", cel::kOverCost,
               "': no further validation rules will be run due to call cost exceeds limit for rule: ", toldBy(rule)));
  }
  if (!spend(evaluated.cost)) {
    return exhaust(rules, place,
                   "validation failed due to running out of cost budget, no further validation rules will be run");
  }
  if (evaluated.value.isTrue()) return;
  if (evaluated.value.isError()) {
    const std::string_view why = evaluated.value.message();
    if (why.starts_with("no such overload")) {
      return fail(rules, place,
                  concat("'", why,
                         "': call arguments did not match a supported operator, function or macro signature for rule: ",
                         toldBy(rule)));
    }
    return fail(rules, place, concat(why, " evaluating rule: ", toldBy(rule)));
  }
  std::optional<std::string> message = computedMessage(rule, values, rules, place);
  if (exhausted_) return;
  tell(rule, rules, place,
       message                ? *std::move(message)
       : rule.message.empty() ? concat("failed rule: ", rule.rule)
                              : rule.message);
}

std::optional<std::string> RuleValidator::computedMessage(const CompiledRule& rule, std::span<const cel::Value> values,
                                                          const RuleNode& rules, const Place& place) {
  if (!rule.messageProgram) return std::nullopt;
  const cel::Evaluated evaluated = rule.messageProgram->evaluate(values, {.cost = kMostRuleCost});
  if (evaluated.overCost) {
    exhaust(rules, place,
            concat("no further validation rules will be run due to call cost exceeds limit for messageExpression: ",
                   quoted(rule.messageExpression)));
    return std::nullopt;
  }
  if (!spend(evaluated.cost)) {
    exhaust(
        rules, place,
        "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run");
    return std::nullopt;
  }
  if (!evaluated.value.is(cel::ValueKind::text)) return std::nullopt;
  const std::string_view text = withoutBlanks(evaluated.value.asText());
  if (text.empty() || text.size() > kMostMessage || text.find('\n') != std::string_view::npos) return std::nullopt;
  return str(text);
}

void RuleValidator::tell(const CompiledRule& rule, const RuleNode& rules, const Place& place, std::string detail) {
  std::string field = place.at.text(TrailKeys::bracketed);
  if (!rule.fieldPath.empty()) {
    if (!field.empty() && rule.fieldPath.front() != '[') field += '.';
    field += rule.fieldPath;
  }
  if (field.empty()) field = "<nil>";
  StatusCause cause;
  const std::string shown = quoted(rules.type.empty() ? "object" : rules.type);
  cause.field = field;
  if (rule.reason == "FieldValueForbidden") {
    cause = {"FieldValueForbidden", concat("Forbidden: ", detail), field};
  } else if (rule.reason == "FieldValueRequired") {
    cause = {"FieldValueRequired", concat("Required value: ", detail), field};
  } else if (rule.reason == "FieldValueDuplicate") {
    cause = {"FieldValueDuplicate", concat("Duplicate value: ", shown), field};
  } else {
    cause = {"FieldValueInvalid", concat("Invalid value: ", shown, ": ", detail), field};
  }
  const bool asItWas = place.current.now ? place.current.isSame() : place.parent.isSame();
  if (!rule.usesOld && asItWas) {
    warnings_.push_back(concat(cause.field, ": ", cause.message));
  } else {
    causes_.add(cause.reason.c_str(), std::move(cause.field), std::move(cause.message));
  }
}

void RuleValidator::fail(const RuleNode& rules, const Place& place, std::string_view detail) {
  const std::string field = place.at.text(TrailKeys::bracketed);
  causes_.add("FieldValueInvalid", field.empty() ? "<nil>" : field,
              concat("Invalid value: ", quoted(rules.type.empty() ? "object" : rules.type), ": ", detail));
}

void RuleValidator::exhaust(const RuleNode& rules, const Place& place, std::string_view detail) {
  fail(rules, place, detail);
  exhausted_ = true;
}

bool RuleValidator::spend(uint64_t cost) {
  if (cost > budget_) return false;
  budget_ -= cost;
  return true;
}

}  // namespace cleat::kinds::extensions
