#include <cleat/sdk/selector.h>

#include <algorithm>
#include <array>

namespace cleat {

LabelSelector LabelSelector::nothing() {
  LabelSelector selector;
  selector.nothing_ = true;
  return selector;
}

Result<LabelSelector> LabelSelector::compile(meta_v1::LabelSelector::Reader selector) {
  LabelSelector compiled = fromMap(selector.getMatchLabels());
  for (auto expression : selector.getMatchExpressions()) {
    Requirement requirement;
    requirement.key = str(expression.getKey());
    requirement.values = strings(expression.getValues());
    std::ranges::sort(requirement.values);
    std::string_view op = view(expression.getOperator());
    bool takesValues = op == "In" || op == "NotIn";
    if (op == "In") {
      requirement.op = Operator::in;
    } else if (op == "NotIn") {
      requirement.op = Operator::notIn;
    } else if (op == "Exists") {
      requirement.op = Operator::exists;
    } else if (op == "DoesNotExist") {
      requirement.op = Operator::doesNotExist;
    } else {
      return fail(Status::badRequest(concat("\"", op, "\" is not a valid label selector operator")));
    }
    if (takesValues == requirement.values.empty()) {
      return fail(Status::badRequest(
          concat("the operator ", op, takesValues ? " of a label selector needs values" : " takes no values")));
    }
    compiled.requirements_.push_back(std::move(requirement));
  }
  return compiled;
}

LabelSelector LabelSelector::fromMap(TextMapReader map) {
  LabelSelector selector;
  for (auto entry : map) selector.requirements_.push_back({str(entry.getKey()), Operator::in, {str(entry.getValue())}});
  return selector;
}

bool LabelSelector::Requirement::matches(TextMapReader labels) const {
  auto value = lookup(labels, key);
  switch (op) {
    case Operator::exists: return value.has_value();
    case Operator::doesNotExist: return !value.has_value();
    case Operator::in: return value && std::ranges::find(values, *value) != values.end();
    case Operator::notIn: return !value || std::ranges::find(values, *value) == values.end();
    case Operator::greater:
    case Operator::less: {
      auto actual = value ? parseInteger<int64_t>(*value) : std::nullopt;
      auto bound = parseInteger<int64_t>(values[0]);
      if (!actual || !bound) return false;
      return op == Operator::greater ? *actual > *bound : *actual < *bound;
    }
  }
  return false;
}

bool LabelSelector::matches(TextMapReader labels) const {
  if (nothing_) return false;
  return std::ranges::all_of(requirements_, [&](const Requirement& each) { return each.matches(labels); });
}

std::string LabelSelector::text() const {
  std::string text;
  for (const Requirement& each : requirements_) {
    if (!text.empty()) text += ",";
    bool one = each.values.size() == 1;
    switch (each.op) {
      case Operator::exists: text += each.key; break;
      case Operator::doesNotExist: text += "!" + each.key; break;
      case Operator::in:
        text += one ? each.key + "=" + each.values[0] : each.key + " in (" + joined(each.values, ",") + ")";
        break;
      case Operator::notIn:
        text += one ? each.key + "!=" + each.values[0] : each.key + " notin (" + joined(each.values, ",") + ")";
        break;
      case Operator::greater: text += each.key + ">" + each.values[0]; break;
      case Operator::less: text += each.key + "<" + each.values[0]; break;
    }
  }
  return text;
}

std::vector<SelectorRequirement> LabelSelector::requirements() const {
  constexpr std::array<const char*, 6> kNames{"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
  std::vector<SelectorRequirement> all;
  for (const Requirement& each : requirements_) {
    all.push_back({each.key, kNames.at(static_cast<size_t>(each.op)), each.values});
  }
  return all;
}

}  // namespace cleat
