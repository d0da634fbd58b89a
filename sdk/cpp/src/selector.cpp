#include <cleat/sdk/selector.h>

#include <algorithm>
#include <charconv>

namespace cleat {
namespace {

std::optional<int64_t> integer(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool isWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '/';
}

Status unparsable(std::string_view text, std::string_view why) {
  return Status::badRequest(concat("unable to parse requirement: ", why, " in \"", text, "\""));
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += ",";
    text += value;
  }
  return text;
}

}  // namespace

// Reads the textual form.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), rest_(text) {}

  Result<LabelSelector> parse() {
    LabelSelector selector;
    skipBlanks();
    if (rest_.empty()) return selector;
    for (;;) {
      CLEAT_TRY(auto requirement, parseRequirement());
      selector.requirements_.push_back(std::move(requirement));
      skipBlanks();
      if (rest_.empty()) return selector;
      if (!take(",")) return fail(unparsable(whole_, "expected ','"));
    }
  }

 private:
  void skipBlanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skipBlanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string word() {
    skipBlanks();
    size_t length = 0;
    while (length < rest_.size() && isWordCharacter(rest_[length])) ++length;
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }
  bool takeWord(std::string_view wanted) {
    std::string_view before = rest_;
    if (word() == wanted) return true;
    rest_ = before;
    return false;
  }

  Result<Requirement> parseRequirement() {
    Requirement requirement;
    bool absent = take("!");
    requirement.key = word();
    if (requirement.key.empty()) return fail(unparsable(whole_, "expected a label key"));
    if (absent) {
      requirement.op = Operator::doesNotExist;
      return requirement;
    }
    bool set = takeWord("in");
    bool outside = !set && takeWord("notin");
    if (set || outside) {
      requirement.op = set ? Operator::in : Operator::notIn;
      return parseValues(std::move(requirement));
    }
    if (take("!=")) {
      requirement.op = Operator::notIn;
    } else if (take("==") || take("=")) {
      requirement.op = Operator::in;
    } else if (take(">")) {
      requirement.op = Operator::greater;
    } else if (take("<")) {
      requirement.op = Operator::less;
    } else {
      return requirement;  // the key exists
    }
    requirement.values.push_back(word());
    bool compares = requirement.op == Operator::greater || requirement.op == Operator::less;
    if (compares && !integer(requirement.values[0])) return fail(unparsable(whole_, "expected an integer"));
    return requirement;
  }

  Result<Requirement> parseValues(Requirement requirement) {
    if (!take("(")) return fail(unparsable(whole_, "expected '('"));
    do {
      requirement.values.push_back(word());
    } while (take(","));
    if (!take(")")) return fail(unparsable(whole_, "expected ')'"));
    std::ranges::sort(requirement.values);
    return requirement;
  }

  std::string_view whole_, rest_;
};

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

Result<LabelSelector> LabelSelector::parse(std::string_view text) { return Parser(text).parse(); }

bool LabelSelector::Requirement::matches(TextMapReader labels) const {
  auto value = lookup(labels, key);
  switch (op) {
    case Operator::exists:
      return value.has_value();
    case Operator::doesNotExist:
      return !value.has_value();
    case Operator::in:
      return value && std::ranges::find(values, *value) != values.end();
    case Operator::notIn:
      return !value || std::ranges::find(values, *value) == values.end();
    case Operator::greater:
    case Operator::less: {
      auto actual = value ? integer(*value) : std::nullopt;
      auto bound = integer(values[0]);
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
      case Operator::exists:
        text += each.key;
        break;
      case Operator::doesNotExist:
        text += "!" + each.key;
        break;
      case Operator::in:
        text += one ? each.key + "=" + each.values[0] : each.key + " in (" + joined(each.values) + ")";
        break;
      case Operator::notIn:
        text += one ? each.key + "!=" + each.values[0] : each.key + " notin (" + joined(each.values) + ")";
        break;
      case Operator::greater:
        text += each.key + ">" + each.values[0];
        break;
      case Operator::less:
        text += each.key + "<" + each.values[0];
        break;
    }
  }
  return text;
}

}  // namespace cleat
