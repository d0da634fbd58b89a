#include "kinds-apiextensions/schema/value_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

namespace {

const char* nameOf(JsonType type) {
  switch (type) {
    case JsonType::null: return "null";
    case JsonType::boolean: return "boolean";
    case JsonType::integer: return "integer";
    case JsonType::number: return "number";
    case JsonType::text: return "string";
    case JsonType::list: return "array";
    case JsonType::object: return "object";
  }
  return "";
}

uint8_t bitOf(JsonType type) {
  switch (type) {
    case JsonType::boolean: return kBooleanType;
    case JsonType::integer: return kIntegerType;
    case JsonType::number: return kNumberType;
    case JsonType::text: return kTextType;
    case JsonType::list: return kArrayType;
    case JsonType::object: return kObjectType;
    default: return 0;
  }
}

std::string typeNames(uint8_t types) {
  if (types == (kIntegerType | kTextType)) return "integer,string";
  switch (types) {
    case kObjectType: return "object";
    case kArrayType: return "array";
    case kTextType: return "string";
    case kIntegerType: return "integer";
    case kNumberType: return "number";
    default: return "boolean";
  }
}

// Whether a float counts as an integer: it is one, or as near as computing leaves it, and exact as a float.
bool isNearlyWhole(double value) {
  if (!(std::fabs(value) <= 0x1p53 - 1)) return false;
  double whole = std::trunc(value);
  if (whole == value) return true;
  return std::fabs(value - whole) / (std::fabs(value) + std::fabs(whole)) < 1e-9;
}

std::string_view formatName(const RuleTarget& target) {
  const SchemaRule* rule = target.schema.rule(target.node, SchemaRule::formatName);
  return rule == nullptr ? std::string_view() : target.schema.text(rule->range);
}

size_t codePoints(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string inBody(const RuleTarget& target, std::string_view what) {
  return concat(target.at.text(TrailKeys::dotted), " in body ", what);
}

// The ranges of the formats, for numbers and for what they are compared with. Kubernetes says this of no field.
bool checkRange(const RuleTarget& target, double value, std::optional<int64_t> whole, std::string_view what,
                Causes& causes) {
  bool fits = true;
  if (target.node.types == kIntegerType) {
    fits = whole.has_value();
    if (target.node.format == Format::int32) {
      fits = fits && *whole >= std::numeric_limits<int32_t>::min() && *whole <= std::numeric_limits<int32_t>::max();
    }
  } else if (target.node.types == kNumberType && target.node.format == Format::float32) {
    fits = std::isfinite(static_cast<float>(value));
  }
  if (fits) return true;
  std::string_view format = formatName(target);
  std::string which = format.empty() ? " (default format)" : concat(" with format ", format);
  causes.general(concat(what, " value must be of type ", typeNames(target.node.types), which, " in ",
                        target.at.text(TrailKeys::dotted)));
  return false;
}

// A bound that a value is compared with: as an integer, if both are that.
struct Bound {
  explicit Bound(double number) : number(number), whole(wholeNumber(std::trunc(number))) {}
  double number;
  std::optional<int64_t> whole;
};

int compared(JsonView value, const Bound& bound, bool asInteger) {
  if (asInteger) {
    int64_t integer = *value.integer();
    return integer < *bound.whole ? -1 : integer > *bound.whole ? 1 : 0;
  }
  return value.number() < bound.number ? -1 : value.number() > bound.number ? 1 : 0;
}

void checkBound(const RuleTarget& target, const SchemaRule& rule, JsonView value, Causes& causes) {
  bool isMaximum = rule.kind == SchemaRule::maximum || rule.kind == SchemaRule::exclusiveMaximum;
  bool exclusive = rule.kind == SchemaRule::exclusiveMinimum || rule.kind == SchemaRule::exclusiveMaximum;
  Bound bound(rule.number);
  bool comparable = checkRange(target, rule.number, wholeNumber(rule.number),
                               isMaximum ? "Maximum boundary" : "Minimum boundary", causes);
  bool asInteger = comparable && value.type() == JsonType::integer && bound.whole;
  int order = compared(value, bound, asInteger) * (isMaximum ? -1 : 1);
  if (exclusive ? order > 0 : order >= 0) return;
  const char* relation = isMaximum ? (exclusive ? "should be less than " : "should be less than or equal to ")
                                   : (exclusive ? "should be greater than " : "should be greater than or equal to ");
  std::string limit = asInteger ? std::to_string(*bound.whole) : shownNumber(bound.number);
  causes.invalid(target.at, shownJson(value), inBody(target, concat(relation, limit)));
}

void checkMultiple(const RuleTarget& target, const SchemaRule& rule, JsonView value, Causes& causes) {
  double factor = rule.number;
  bool comparable = checkRange(target, factor, wholeNumber(factor), "MultipleOf", causes);
  if (comparable && value.type() == JsonType::integer) factor = std::trunc(factor);
  std::string shown = shownNumber(factor);
  if (!(factor > 0)) {
    causes.invalid(
        target.at, shown,
        concat("factor MultipleOf declared for ", target.at.text(TrailKeys::dotted), " must be positive: ", shown));
    return;
  }
  bool isMultiple = false;
  auto whole = wholeNumber(factor);
  if (comparable && value.type() == JsonType::integer && whole) {
    isMultiple = *value.integer() % *whole == 0;
  } else {
    isMultiple = isNearlyWhole(factor < 1 ? 1 / factor * value.number() : value.number() / factor);
  }
  if (isMultiple) return;
  causes.invalid(target.at, shownJson(value), inBody(target, concat("should be a multiple of ", shown)));
}

void checkCount(const RuleTarget& target, SchemaRule::Kind least, SchemaRule::Kind most, const char* things,
                size_t count, Causes& causes) {
  for (const SchemaRule& rule : target.schema.rules(target.node)) {
    auto limit = rule.size;
    if (rule.kind == least && static_cast<int64_t>(count) < limit) {
      causes.invalid(target.at, std::to_string(count),
                     inBody(target, concat("should have at least ", limit, " ", things)));
    } else if (rule.kind == most && static_cast<int64_t>(count) > limit) {
      std::string allowed =
          limit < 0 ? "has too many items" : concat("must have at most ", limit, limit == 1 ? " item" : " items");
      causes.add("FieldValueTooMany", causes.fieldOf(target.at), concat("Too many: ", count, ": ", allowed));
    }
  }
}

}  // namespace

uint32_t checkType(const RuleTarget& target, JsonType type, JsonView value, Causes& causes) {
  const uint8_t types = target.node.types;
  const bool hasFormat = target.node.format != Format::none;
  if (type == JsonType::null) {
    if (types == 0 || target.node.has(SchemaNode::nullable)) return 1;
    causes.wrongType(target.at, typeNames(types), "null");
    return 0;
  }
  const bool isWholeFloat = type == JsonType::number && (types & kIntegerType) != 0 && isNearlyWhole(value.number());
  const bool isNumber = type == JsonType::integer && (types & kNumberType) != 0;
  const bool fits = (types & bitOf(type)) != 0 || isWholeFloat || isNumber;
  const bool isTextOrList = type == JsonType::text || type == JsonType::list;
  if (hasFormat && !isTextOrList && !fits) {
    const char* actual = type == JsonType::integer ? "int64" : type == JsonType::number ? "float64" : "";
    std::string_view expected = formatName(target);
    if (expected == actual) return 1;
    causes.wrongType(target.at, expected, actual);
    return 0;
  }
  // Where a format of texts is demanded, it is for the format to refuse what has another one.
  if (hasFormat && isTextOrList && (types & (kNumberType | kIntegerType)) == 0) return 1;
  if (fits) return 1;
  causes.wrongType(target.at, typeNames(types), nameOf(type));
  return 0;
}

void checkText(const RuleTarget& target, std::string_view text, Causes& causes) {
  for (const SchemaRule& rule : target.schema.rules(target.node)) {
    if (rule.kind == SchemaRule::maxLength && static_cast<int64_t>(codePoints(text)) > rule.size) {
      std::string allowed = rule.size < 0
                                ? "value is too long"
                                : concat("may not be more than ", rule.size, rule.size == 1 ? " byte" : " bytes");
      causes.add("FieldValueTooLong", causes.fieldOf(target.at), concat("Too long: ", allowed));
      return;
    }
    if (rule.kind == SchemaRule::minLength && static_cast<int64_t>(codePoints(text)) < rule.size) {
      causes.invalid(target.at, quoted(text), inBody(target, concat("should be at least ", rule.size, " chars long")));
      return;
    }
    if (rule.kind == SchemaRule::pattern && !target.schema.pattern(rule).matches(text)) {
      causes.invalid(target.at, quoted(text),
                     inBody(target, concat("should match '", target.schema.pattern(rule).text(), "'")));
      return;
    }
  }
}

void checkFormat(const RuleTarget& target, std::string_view text, Causes& causes) {
  if (!hasFormat(text, target.node.format)) causes.wrongType(target.at, formatName(target), text);
}

void checkNumber(const RuleTarget& target, JsonView value, Causes& causes) {
  (void)checkRange(target, value.number(), value.integer(), "Checked", causes);  // the bounds count all the same
  for (const SchemaRule& rule : target.schema.rules(target.node)) {
    switch (rule.kind) {
      case SchemaRule::multipleOf: checkMultiple(target, rule, value, causes); break;
      case SchemaRule::minimum:
      case SchemaRule::exclusiveMinimum:
      case SchemaRule::maximum:
      case SchemaRule::exclusiveMaximum: checkBound(target, rule, value, causes); break;
      default: break;
    }
  }
}

void checkEnumeration(const RuleTarget& target, const SchemaRule& rule, JsonView value, Causes& causes) {
  // As in Kubernetes null is none of them, even where it is listed.
  for (uint32_t i = 0; i < rule.range.count && !value.isNull(); ++i) {
    if (sameJson(value, target.schema.value(rule.range.first + i))) return;
  }
  std::string message = concat("Unsupported value: ", shownJson(value));
  const char* separator = ": supported values: ";
  for (uint32_t i = 0; i < rule.range.count; ++i) {
    JsonView allowed = target.schema.value(rule.range.first + i);
    message += separator;
    message += quoted(allowed.isText() ? str(allowed.text()) : shownAsJson(allowed));
    separator = ", ";
  }
  causes.add("FieldValueNotSupported", causes.fieldOf(target.at), std::move(message));
}

void checkItemCount(const RuleTarget& target, size_t count, Causes& causes) {
  checkCount(target, SchemaRule::minItems, SchemaRule::maxItems, "items", count, causes);
}

void checkMemberCount(const RuleTarget& target, size_t count, Causes& causes) {
  checkCount(target, SchemaRule::minProperties, SchemaRule::maxProperties, "properties", count, causes);
}

size_t stepsForText(const CompiledSchema& schema, const SchemaNode& node, size_t bytes) {
  size_t steps = bytes / 64;
  const SchemaRule* rule = schema.rule(node, SchemaRule::pattern);
  return rule == nullptr ? steps : steps + schema.pattern(*rule).stepsFor(bytes);
}

}  // namespace cleat::kinds::extensions
