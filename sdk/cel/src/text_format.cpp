#include "text_format.h"

#include <cleat/sdk/text.h>

#include <charconv>
#include <cmath>

#include "cleat/cel/type.h"
#include "text_clauses.h"

namespace cleat::cel {

namespace {

// Takes ".3" off the front.
Value takePrecision(std::string_view& rest, int& precision) {
  constexpr int kMostPrecision = 1000;
  constexpr const char* kFault = "could not parse formatting clause: error while parsing precision: ";
  if (!rest.starts_with('.')) return {};
  rest.remove_prefix(1);
  const size_t end = rest.find_first_not_of("0123456789");
  if (end == std::string_view::npos) {
    return Value::error(concat(kFault, "could not find end of precision specifier"));
  }
  const auto [last, error] = std::from_chars(rest.data(), rest.data() + end, precision);
  if (end == 0 || error != std::errc()) {
    return Value::error(concat(kFault, "error while converting precision to integer: strconv.Atoi: parsing \"",
                               rest.substr(0, end), end == 0 ? "\": invalid syntax" : "\": value out of range"));
  }
  if (precision > kMostPrecision) return Value::error(concat(kFault, "precision is too large"));
  rest.remove_prefix(end);
  return {};
}

class Values : public FormatArguments {
 public:
  Values(const ListValue& list, TextForm form, std::string& out) : list_(list), form_(form), out_(out) {}
  size_t size() const override { return list_.size(); }
  Value put(char clause, int precision, size_t index) override {
    return appendClause(out_, clause, precision, list_.at(index), form_);
  }

 private:
  const ListValue& list_;
  TextForm form_;
  std::string& out_;
};

}  // namespace

Value fillClauses(std::string_view rest, FormatArguments& arguments, std::string& out, size_t& taken) {
  while (!rest.empty()) {
    const size_t percent = rest.find('%');
    out += rest.substr(0, percent);
    if (percent == std::string_view::npos) break;
    rest.remove_prefix(percent + 1);
    if (rest.starts_with('%')) {
      out += '%';
      rest.remove_prefix(1);
      continue;
    }
    if (rest.empty()) return Value::error("unexpected end of string");
    if (taken >= arguments.size()) return Value::error(concat("index ", taken, " out of range"));
    int precision = 6;
    if (Value failed = takePrecision(rest, precision); failed.isError()) return failed;
    const char clause = rest[0];
    if (std::string_view("sdfebxXo").find(clause) == std::string_view::npos) {
      return Value::error(concat("could not parse formatting clause: unrecognized formatting clause \"",
                                 std::string_view(&clause, 1), "\""));
    }
    rest.remove_prefix(1);
    if (Value failed = arguments.put(clause, precision, taken++); failed.isError()) return failed;
  }
  return {};
}

Value formatMismatch(char clause, std::string_view typeName) {
  const char* rule = "";
  switch (clause) {
    case 's':
      rule =
          "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and "
          "timestamps";
      break;
    case 'd': rule = "decimal clause can only be used on integers"; break;
    case 'f': rule = "fixed-point clause can only be used on doubles"; break;
    case 'e': rule = "scientific clause can only be used on doubles"; break;
    case 'b': rule = "only integers and bools can be formatted as binary"; break;
    case 'o': rule = "octal clause can only be used on integers"; break;
    default: rule = "only integers, byte buffers, and strings can be formatted as hex"; break;
  }
  return Value::error(concat("error during formatting: ", rule, ", was given ", typeName));
}

Value formatText(std::string_view pattern, const ListValue& args, TextForm form) {
  std::string out;
  Values values(args, form, out);
  size_t taken = 0;
  Value failed = fillClauses(pattern, values, out, taken);
  return failed.isError() ? failed : Value::ownText(std::move(out));
}

std::string shown(const Value& value) {
  if (value.isError()) return std::string(value.message());
  if (value.is(ValueKind::optional)) {
    return value.asOptional().isAbsent() ? "optional.none()" : "optional(" + shown(value.asOptional()) + ")";
  }
  std::string text;
  return appendClause(text, 's', 0, value, TextForm::language).isError() ? typeOf(value)->name : text;
}

}  // namespace cleat::cel
