#include "text_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cleat/cel/type.h"
#include "number_text.h"

namespace cleat::cel {

namespace {

constexpr int kMaxPrecision = 1000;
constexpr size_t kMostFormatted = 4u << 20;

Value wrong(const char* rule, const Value& given) {
  const TypeRef type = typeOf(given);
  return Value::error(std::string("error during formatting: ") + rule + ", was given " + type->name);
}

std::string numberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return shortestNumber(number);
}

// Adds it, or says why not.
bool appendShown(std::string& out, const Value& value, Value& failed) {
  if (out.size() > kMostFormatted) {
    failed = Value::error("error during formatting: the text is too large");
    return false;
  }
  switch (value.kind()) {
    case ValueKind::text:
    case ValueKind::bytes: out += value.asText(); return true;
    case ValueKind::boolean: out += value.asBoolean() ? "true" : "false"; return true;
    case ValueKind::null: out += "null"; return true;
    case ValueKind::integer: out += std::to_string(value.asInteger()); return true;
    case ValueKind::unsignedInteger: out += std::to_string(value.asUnsigned()); return true;
    case ValueKind::floating: out += numberText(value.asFloating()); return true;
    case ValueKind::duration: out += durationText(value.asSeconds()); return true;
    case ValueKind::timestamp: out += timestampText(value.asSeconds()); return true;
    case ValueKind::type: out += value.asType()->name; return true;
    case ValueKind::list: {
      out += '[';
      for (size_t i = 0; i < value.asList().size(); ++i) {
        if (i > 0) out += ", ";
        if (!appendShown(out, value.asList().at(i), failed)) return false;
      }
      out += ']';
      return true;
    }
    case ValueKind::map: {
      const MapValue& map = value.asMap();
      if (map.objectType()) break;
      std::vector<std::pair<std::string, std::string>> entries(map.size());
      size_t total = 0;
      for (size_t i = 0; i < map.size(); ++i) {
        if (!appendShown(entries[i].first, map.keyAt(i), failed)) return false;
        if (!appendShown(entries[i].second, map.valueAt(i), failed)) return false;
        total += entries[i].first.size() + entries[i].second.size();
        if (total > kMostFormatted)
          return appendShown(entries[i].second.assign(kMostFormatted + 1, ' '), value, failed);
      }
      std::sort(entries.begin(), entries.end());
      out += '{';
      for (size_t i = 0; i < entries.size(); ++i) {
        if (i > 0) out += ", ";
        out += entries[i].first + ": " + entries[i].second;
      }
      out += '}';
      return true;
    }
    default: break;
  }
  failed = wrong(
      "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and "
      "timestamps",
      value);
  return false;
}

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

bool isWhole(const Value& value) { return value.is(ValueKind::integer) || value.is(ValueKind::unsignedInteger); }

class Formatting {
 public:
  Formatting(std::string_view pattern, const ListValue& args) : rest_(pattern), args_(args) {}

  Value run() {
    while (!rest_.empty()) {
      const size_t percent = rest_.find('%');
      out_ += rest_.substr(0, percent);
      if (percent == std::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      if (rest_.starts_with('%')) {
        out_ += '%';
        rest_.remove_prefix(1);
        continue;
      }
      Value failed = clause();
      if (failed.isError()) return failed;
    }
    return Value::ownText(std::move(out_));
  }

 private:
  Value clause() {
    if (next_ >= args_.size()) return Value::error("index " + std::to_string(next_) + " out of range");
    if (rest_.empty()) return Value::error("unexpected end of string");
    int precision = 6;
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      precision = 0;
      size_t digits = 0;
      for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), ++digits) {
        precision = std::min(precision * 10 + (rest_[0] - '0'), kMaxPrecision + 1);
      }
      if (precision > kMaxPrecision || digits == 0) {
        return Value::error("could not parse formatting clause: error parsing precision");
      }
      if (rest_.empty()) return Value::error("could not find end of precision specifier");
    }
    const char verb = rest_[0];
    rest_.remove_prefix(1);
    if (std::string_view("sdfebxXo").find(verb) == std::string_view::npos) {
      return Value::error(std::string("could not parse formatting clause: unrecognized formatting clause \"") + verb +
                          "\"");
    }
    return append(verb, precision, args_.at(next_++));
  }

  Value append(char verb, int precision, const Value& arg) {
    switch (verb) {
      case 's': {
        Value failed;
        (void)appendShown(out_, arg, failed);
        return failed;
      }
      case 'd': return decimal(arg);
      case 'f': return floating(arg, 'f', precision, "fixed-point clause can only be used on doubles");
      case 'e': return floating(arg, 'e', precision, "scientific clause can only be used on doubles");
      case 'b': return binary(arg);
      case 'o':
        if (!isWhole(arg)) return wrong("octal clause can only be used on integers", arg);
        out_ += wholeInBase(arg, 8);
        return {};
      default: return hexadecimal(arg, verb == 'X');
    }
  }

  Value decimal(const Value& arg) {
    if (isWhole(arg)) {
      out_ += wholeInBase(arg, 10);
    } else if (arg.is(ValueKind::floating) && !std::isfinite(arg.asFloating())) {
      out_ += numberText(arg.asFloating());
    } else {
      return wrong("decimal clause can only be used on integers", arg);
    }
    return {};
  }

  Value floating(const Value& arg, char verb, int precision, const char* rule) {
    if (!arg.isNumber()) return wrong(rule, arg);
    double number = arg.asFloating();
    if (arg.is(ValueKind::integer)) number = static_cast<double>(arg.asInteger());
    if (arg.is(ValueKind::unsignedInteger)) number = static_cast<double>(arg.asUnsigned());
    if (!std::isfinite(number)) {
      out_ += numberText(number);
      return {};
    }
    std::array<char, 1400> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), verb == 'f' ? "%.*f" : "%.*e", precision, number);
    out_.append(buffer.data(), static_cast<size_t>(size));
    return {};
  }

  Value binary(const Value& arg) {
    if (arg.is(ValueKind::boolean)) {
      out_ += arg.asBoolean() ? '1' : '0';
    } else if (isWhole(arg)) {
      out_ += wholeInBase(arg, 2);
    } else {
      return wrong("only integers and bools can be formatted as binary", arg);
    }
    return {};
  }

  Value hexadecimal(const Value& arg, bool upper) {
    if (isWhole(arg)) {
      out_ += wholeInBase(arg, 16, upper);
    } else if (arg.is(ValueKind::text) || arg.is(ValueKind::bytes)) {
      for (char c : arg.asText()) {
        const auto byte = static_cast<unsigned char>(c);
        out_ += inBase(byte / 16, 16, upper) + inBase(byte % 16, 16, upper);
      }
    } else {
      return wrong("only integers, byte buffers, and strings can be formatted as hex", arg);
    }
    return {};
  }

  std::string_view rest_;
  const ListValue& args_;
  size_t next_ = 0;
  std::string out_;
};

}  // namespace

Value formatText(std::string_view pattern, const ListValue& args) { return Formatting(pattern, args).run(); }

std::string shown(const Value& value) {
  if (value.isError()) return std::string(value.message());
  if (value.is(ValueKind::optional)) {
    return value.asOptional().isAbsent() ? "optional.none()" : "optional(" + shown(value.asOptional()) + ")";
  }
  std::string text;
  Value failed;
  return appendShown(text, value, failed) ? text : typeOf(value)->name;
}

}  // namespace cleat::cel
