#include "text_clauses.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cleat/cel/type.h"
#include "number_text.h"
#include "utf8.h"

namespace cleat::cel {

namespace {

constexpr size_t kMostFormatted = 4u << 20;

bool isWhole(const Value& value) { return value.is(ValueKind::integer) || value.is(ValueKind::unsignedInteger); }

std::string printed(const char* how, int precision, double number) {
  std::array<char, 1400> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), how, precision, number);
  return {buffer.data(), static_cast<size_t>(size)};
}

// 1,234,567.12
std::string grouped(double number, int precision) {
  std::string text = printed("%.*f", precision, number == 0 ? 0.0 : number);
  const size_t first = text.starts_with('-') ? 1 : 0;
  size_t end = std::min(text.find('.'), text.size());
  while (end > first + 3) text.insert(end -= 3, ",");
  return text;
}

// 1.234560×10⁰⁵, with six digits whatever is asked for.
std::string scientific(double number) {
  static constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  const std::string text = printed("%.*e", 6, number == 0 ? 0.0 : number);
  const size_t e = text.find('e');
  std::string out = concat(text.substr(0, e), "×10", text[e + 1] == '-' ? "⁻" : "");
  for (char digit : text.substr(e + 2)) out += kDigits[digit - '0'];
  return out;
}

// What %f and %e write instead of digits; null of other numbers.
const char* special(double number, TextForm form) {
  if (std::isnan(number)) return "NaN";
  if (!std::isinf(number)) return nullptr;
  if (form == TextForm::language) return number > 0 ? "Infinity" : "-Infinity";
  return number > 0 ? "∞" : "-∞";
}

std::string numberText(double number, TextForm form) {
  if (form == TextForm::language && std::isinf(number)) return special(number, form);
  return shortestNumber(number);
}

// How a value is written as it is, and within a list or map.
class Writer {
 public:
  Writer(std::string& out, TextForm form) : out_(out), form_(form) {}

  Value write(const Value& value, bool inside) {
    if (out_.size() > kMostFormatted) return Value::error("error during formatting: the text is too large");
    const bool quotes = inside && form_ == TextForm::kubernetes;
    switch (value.kind()) {
      case ValueKind::text: return put(quotes ? quoted(value.asText()) : std::string(value.asText()));
      case ValueKind::bytes: return bytes(value.asText(), quotes);
      case ValueKind::boolean: return put(value.asBoolean() ? "true" : "false");
      case ValueKind::null: return put("null");
      case ValueKind::integer: return put(std::to_string(value.asInteger()));
      case ValueKind::unsignedInteger: return put(std::to_string(value.asUnsigned()));
      case ValueKind::floating: return floating(value.asFloating(), quotes);
      case ValueKind::duration: return called("duration", durationText(value.asSeconds()), quotes);
      case ValueKind::timestamp: return called("timestamp", timestampText(value.asSeconds()), quotes);
      case ValueKind::type: return put(value.asType()->name);
      case ValueKind::list: return list(value.asList());
      case ValueKind::map:
        if (!value.asMap().objectType()) return map(value.asMap());
        break;
      default: break;
    }
    return formatMismatch('s', typeOf(value)->name);
  }

 private:
  Value put(std::string_view text) {
    out_ += text;
    return {};
  }
  Value called(const char* function, const std::string& text, bool quotes) {
    return put(quotes ? concat(function, "(\"", text, "\")") : text);
  }
  Value bytes(std::string_view text, bool quotes) {
    if (form_ == TextForm::kubernetes && !utf8::valid(text)) {
      return Value::error(
          "error during formatting: could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to "
          "string");
    }
    return put(quotes ? concat("b", quoted(text)) : std::string(text));
  }
  Value floating(double number, bool quotes) {
    if (!quotes) return put(numberText(number, form_));
    return put(std::isfinite(number) ? printed("%.*f", 6, number) : quoted(shortestNumber(number)));
  }

  Value list(const ListValue& list) {
    out_ += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (Value failed = write(list.at(i), true); failed.isError()) return failed;
    }
    return put("]");
  }

  // By what its keys look like.
  Value map(const MapValue& map) {
    std::vector<std::pair<std::string, std::string>> entries(map.size());
    size_t total = out_.size();
    for (size_t i = 0; i < map.size(); ++i) {
      const Value key = map.keyAt(i);
      if (form_ == TextForm::kubernetes && key.is(ValueKind::floating)) {
        return Value::error("error during formatting: no formatting function for map key of type double");
      }
      Value failed = Writer(entries[i].first, form_).write(key, true);
      if (!failed.isError()) failed = Writer(entries[i].second, form_).write(map.valueAt(i), true);
      if (failed.isError()) return failed;
      total += entries[i].first.size() + entries[i].second.size();
      if (total > kMostFormatted) return Value::error("error during formatting: the text is too large");
    }
    std::sort(entries.begin(), entries.end());
    out_ += '{';
    const char* const between = form_ == TextForm::kubernetes ? ":" : ": ";
    for (size_t i = 0; i < entries.size(); ++i) {
      out_ += concat(i > 0 ? ", " : "", entries[i].first, between, entries[i].second);
    }
    return put("}");
  }

  std::string& out_;
  TextForm form_;
};

std::string inBase(uint64_t number, unsigned base, bool upper) {
  std::string text;
  do {
    const auto digit = static_cast<char>(number % base);
    text.insert(text.begin(),
                digit < 10 ? static_cast<char>('0' + digit) : static_cast<char>((upper ? 'A' : 'a') + digit - 10));
    number /= base;
  } while (number != 0);
  return text;
}

std::string wholeInBase(const Value& value, unsigned base, bool upper = false) {
  if (value.is(ValueKind::unsignedInteger)) return inBase(value.asUnsigned(), base, upper);
  const int64_t number = value.asInteger();
  const uint64_t size = number < 0 ? ~static_cast<uint64_t>(number) + 1 : static_cast<uint64_t>(number);
  return (number < 0 ? "-" : "") + inBase(size, base, upper);
}

std::string hexadecimal(const Value& value, bool upper) {
  if (isWhole(value)) return wholeInBase(value, 16, upper);
  std::string out;
  for (char c : value.asText()) {
    const auto byte = static_cast<unsigned char>(c);
    out += inBase(byte / 16, 16, upper) + inBase(byte % 16, 16, upper);
  }
  return out;
}

// The number that %f and %e write: in the language's form whatever is one, in Kubernetes' fractions, and texts that
// stand for what has no digits.
std::optional<double> asNumber(const Value& value, TextForm form) {
  if (value.is(ValueKind::floating)) return value.asFloating();
  if (form == TextForm::language) {
    if (value.is(ValueKind::integer)) return static_cast<double>(value.asInteger());
    if (value.is(ValueKind::unsignedInteger)) return static_cast<double>(value.asUnsigned());
    return std::nullopt;
  }
  if (!value.is(ValueKind::text)) return std::nullopt;
  if (value.asText() == "NaN") return NAN;
  if (value.asText() == "Infinity") return INFINITY;
  if (value.asText() == "-Infinity") return -INFINITY;
  return std::nullopt;
}

std::string fraction(char clause, int precision, double number, TextForm form) {
  if (const char* text = special(number, form)) return text;
  if (form == TextForm::language) return printed(clause == 'f' ? "%.*f" : "%.*e", precision, number);
  return clause == 'f' ? grouped(number, precision) : scientific(number);
}

}  // namespace

Value appendClause(std::string& out, char clause, int precision, const Value& value, TextForm form) {
  const bool isText = value.is(ValueKind::text) || value.is(ValueKind::bytes);
  if (clause == 's') return Writer(out, form).write(value, false);
  if (clause == 'f' || clause == 'e') {
    const auto number = asNumber(value, form);
    if (!number) return formatMismatch(clause, typeOf(value)->name);
    out += fraction(clause, precision, *number, form);
  } else if (clause == 'b' && value.is(ValueKind::boolean)) {
    out += value.asBoolean() ? '1' : '0';
  } else if ((clause == 'x' || clause == 'X') && (isWhole(value) || isText)) {
    out += hexadecimal(value, clause == 'X');
  } else if (clause == 'd' && form == TextForm::language && value.is(ValueKind::floating) &&
             !std::isfinite(value.asFloating())) {
    out += special(value.asFloating(), form);
  } else if (isWhole(value) && clause != 'x' && clause != 'X') {
    out += wholeInBase(value, clause == 'd' ? 10 : clause == 'o' ? 8 : 2);
  } else {
    return formatMismatch(clause, typeOf(value)->name);
  }
  return {};
}

}  // namespace cleat::cel
