#include "kinds-apiextensions/schema/rule_texts.h"

#include "kinds-apiextensions/schema/schema_check.h"

namespace cleat::kinds::extensions {

namespace {

bool hasLineBreak(std::string_view text) { return text.find('\n') != std::string_view::npos; }

// The steps of a path: signs, names, and texts in quotes.
class PathSteps {
 public:
  explicit PathSteps(std::string_view path) : rest_(path) {}

  bool next(std::string_view& step) {
    if (rest_.empty()) return false;
    size_t size = 1;
    if (rest_[0] == '\'') {
      while (size < rest_.size() && (rest_[size] != '\'' || rest_[size - 1] == '\\')) ++size;
      size = std::min(size + 1, rest_.size());
    } else if (!isSign(rest_[0])) {
      while (size < rest_.size() && !isSign(rest_[size])) ++size;
    }
    step = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

 private:
  static bool isSign(char c) { return c == '.' || c == '[' || c == ']'; }
  std::string_view rest_;
};

std::expected<std::string, std::string> unquoted(std::string_view step) {
  if (step.size() < 2 || step.front() != '\'' || step.back() != '\'') {
    return std::unexpected(concat("expected single quoted string but got ", step));
  }
  step = step.substr(1, step.size() - 2);
  std::string out;
  for (size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '\\') {
      out += step[i];
      continue;
    }
    static constexpr std::string_view kNames = "abfnrtv'\\", kMeanings = "\a\b\f\n\r\t\v'\\";
    const size_t known = i + 1 < step.size() ? kNames.find(step[i + 1]) : std::string_view::npos;
    if (known == std::string_view::npos) {
      return std::unexpected(concat("invalid string literal: invalid escape char ", step.substr(i, 2)));
    }
    out += kMeanings[known];
    ++i;
  }
  return out;
}

// Goes into the schema of a field or a value of a map.
std::expected<void, std::string> enterNamed(SchemaReader& schema, const std::string& name, std::string& path) {
  static constexpr const char* kNowhere = "does not refer to a valid field";
  if (schema.getProperties().size() > 0) {
    SchemaReader found;
    if (!findProperty(schema, name, found)) return std::unexpected(kNowhere);
    if (!path.empty()) path += '.';
    path += name;
    schema = found;
    return {};
  }
  if (!schema.hasAdditionalProperties() || !schema.getAdditionalProperties().isSchema())
    return std::unexpected(kNowhere);
  path += concat("[", name, "]");
  schema = schema.getAdditionalProperties().getSchema();
  return {};
}

std::string shownText(std::string_view text) {
  std::string out;
  appendJsonText(out, text);
  return out;
}

}  // namespace

std::string_view withoutBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n\r\v\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n\r\v\f") + 1 - begin);
}

std::expected<std::string, std::string> rulePath(SchemaReader schema, std::string_view path) {
  static constexpr const char* kEnd = "unexpected end of JSON path";
  PathSteps steps(path);
  std::string out;
  std::string_view step;
  while (steps.next(step)) {
    std::string name;
    if (step == "[") {
      if (!steps.next(step)) return std::unexpected(kEnd);
      auto key = unquoted(step);
      if (!key) return std::unexpected(key.error());
      name = *std::move(key);
    } else if (step == ".") {
      if (!steps.next(step)) return std::unexpected(kEnd);
      name = str(step);
    } else {
      return std::unexpected(concat("expected [ or . but got: ", step));
    }
    const bool bracketed = step.front() == '\'';
    if (auto entered = enterNamed(schema, name, out); !entered) return std::unexpected(entered.error());
    if (!bracketed) continue;
    if (!steps.next(step)) return std::unexpected(kEnd);
    if (step != "]") return std::unexpected(concat("expected ] but got ", step));
  }
  return out;
}

Shown shownRule(RuleReader rule) {
  return Shown::plain(
      concat("{\"Rule\":", shownText(view(rule.getRule())), ",\"Message\":", shownText(view(rule.getMessage())),
             ",\"MessageExpression\":", shownText(view(rule.getMessageExpression())),
             ",\"Reason\":", rule.hasReason() ? shownText(view(rule.getReason())) : std::string("null"),
             ",\"FieldPath\":", shownText(view(rule.getFieldPath())), ",\"OptionalOldSelf\":",
             rule.hasOptionalOldSelf() ? (rule.getOptionalOldSelf().getValue() ? "true" : "false") : "null", "}"));
}

void checkRuleTexts(SchemaReader schema, const Trail& at, Findings& findings) {
  const Trail list = member(at, "x-kubernetes-validations");
  for (uint32_t i = 0; i < schema.getXValidations().size() && !isEnough(findings); ++i) {
    RuleReader rule = schema.getXValidations()[i];
    const Path path = pathOf(Trail(&list, i));
    const std::string_view expression = withoutBlanks(view(rule.getRule()));
    const std::string_view message = view(rule.getMessage()), trimmed = withoutBlanks(message);
    if (expression.empty()) findings.required(path / "rule", "rule is not specified");
    if (!message.empty() && trimmed.empty()) {
      findings.invalid(path / "message", message, "must be non-empty if specified");
    } else if (hasLineBreak(trimmed)) {
      findings.invalid(path / "message", message, "must not contain line breaks");
    } else if (hasLineBreak(expression) && trimmed.empty()) {
      findings.required(path / "message", "message must be specified if rule contains line breaks");
    }
    const std::string_view computed = view(rule.getMessageExpression());
    if (!computed.empty() && withoutBlanks(computed).empty()) {
      findings.required(path / "messageExpression", "messageExpression must be non-empty if specified");
    }
    if (rule.hasReason()) {
      checkOneOf(view(rule.getReason()), path / "reason",
                 {"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"}, findings);
    }
    const std::string_view field = view(rule.getFieldPath());
    if (field.empty()) continue;
    if (withoutBlanks(field).empty()) {
      findings.invalid(path / "fieldPath", field, "must be non-empty if specified");
    }
    if (hasLineBreak(field)) findings.invalid(path / "fieldPath", field, "must not contain line breaks");
    if (auto valid = rulePath(schema, field); !valid) {
      findings.invalid(path / "fieldPath", field, "must be a valid path");
    }
  }
}

}  // namespace cleat::kinds::extensions
