// int(), uint(), double(), string(), bytes(), bool(), duration(), timestamp(), dyn().
#include <cleat/sdk/text.h>

#include <charconv>
#include <cmath>

#include "cleat/cel/functions.h"
#include "number_text.h"
#include "utf8.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

Value same(Args args) { return std::move(args[0]); }
Value range() { return Value::error("integer overflow"); }
Value conversion(const char* to) { return Value::error(concat("type conversion error from 'string' to '", to, "'")); }

template <class T>
std::optional<T> readInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Value integerOfUnsigned(Args args) {
  if (args[0].asUnsigned() > static_cast<uint64_t>(INT64_MAX)) return range();
  return Value::integer(static_cast<int64_t>(args[0].asUnsigned()));
}
Value integerOfFloating(Args args) {
  const double number = args[0].asFloating();
  if (!(number > -9223372036854775808.0 && number < 9223372036854775808.0)) return range();
  return Value::integer(static_cast<int64_t>(number));
}
Value integerOfText(Args args) {
  const auto number = readInteger<int64_t>(args[0].asText());
  return number ? Value::integer(*number) : conversion("int");
}
Value integerOfTimestamp(Args args) { return Value::integer(args[0].asSeconds().seconds); }
Value integerOfDuration(Args args) {
  const auto nanos = nanoseconds(args[0].asSeconds());
  return nanos ? Value::integer(*nanos) : range();
}

Value unsignedOfInteger(Args args) {
  if (args[0].asInteger() < 0) return Value::error("unsigned integer overflow");
  return Value::unsignedInteger(static_cast<uint64_t>(args[0].asInteger()));
}
Value unsignedOfFloating(Args args) {
  const double number = args[0].asFloating();
  if (!(number >= 0 && number < 18446744073709551616.0)) return Value::error("unsigned integer overflow");
  return Value::unsignedInteger(static_cast<uint64_t>(number));
}
Value unsignedOfText(Args args) {
  const auto number = readInteger<uint64_t>(args[0].asText());
  return number ? Value::unsignedInteger(*number) : conversion("uint");
}

Value floatingOfInteger(Args args) { return Value::floating(static_cast<double>(args[0].asInteger())); }
Value floatingOfUnsigned(Args args) { return Value::floating(static_cast<double>(args[0].asUnsigned())); }
Value floatingOfText(Args args) {
  const auto number = readNumber(args[0].asText());
  return number ? Value::floating(*number) : conversion("double");
}

Value textOfInteger(Args args) { return Value::ownText(std::to_string(args[0].asInteger())); }
Value textOfUnsigned(Args args) { return Value::ownText(std::to_string(args[0].asUnsigned())); }
Value textOfFloating(Args args) { return Value::ownText(shortestNumber(args[0].asFloating())); }
Value textOfBoolean(Args args) { return Value::text(args[0].asBoolean() ? "true" : "false"); }
Value textOfDuration(Args args) { return Value::ownText(durationText(args[0].asSeconds())); }
Value textOfTimestamp(Args args) { return Value::ownText(timestampText(args[0].asSeconds())); }
Value textOfBytes(Args args) {
  if (!utf8::valid(args[0].asText())) return Value::error("invalid UTF-8 in bytes, cannot convert to string");
  return Value::ownText(std::string(args[0].asText()));
}
Value bytesOfText(Args args) { return Value::ownBytes(std::string(args[0].asText())); }

Value booleanOfText(Args args) {
  const std::string_view text = args[0].asText();
  for (std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return Value::boolean(true);
  }
  for (std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return Value::boolean(false);
  }
  return conversion("bool");
}

Value durationOfText(Args args) {
  const auto duration = readDuration(args[0].asText());
  return duration ? Value::duration(*duration) : conversion("google.protobuf.Duration");
}
Value durationOfInteger(Args args) { return Value::duration(fromNanoseconds(args[0].asInteger())); }
Value timestampOfText(Args args) {
  const auto time = readTimestamp(args[0].asText());
  if (!time) return conversion("google.protobuf.Timestamp");
  return isTimestamp(*time) ? Value::timestamp(*time) : Value::error("timestamp overflow");
}
Value timestampOfInteger(Args args) {
  const Seconds time{args[0].asInteger(), 0};
  return isTimestamp(time) ? Value::timestamp(time) : Value::error("timestamp overflow");
}

}  // namespace

void addConversions(FunctionTable& table, Edition edition) {
  const TypeRef &i = types::integer(), &u = types::unsignedInteger(), &d = types::floating(), &t = types::text();
  const TypeRef &b = types::boolean(), &y = types::bytes(), &duration = types::duration(), &time = types::timestamp();
  const auto add = [&](const char* name, const TypeRef& from, const TypeRef& to, Function run,
                       CostRule cost = CostRule::one) {
    table.add(name, {.id = shown(*from) + "_to_" + name, .params = {from}, .result = to, .run = run, .cost = cost});
  };
  add("int", i, i, same);
  add("int", u, i, integerOfUnsigned);
  add("int", d, i, integerOfFloating);
  add("int", t, i, integerOfText);
  add("int", time, i, integerOfTimestamp);
  add("int", duration, i, integerOfDuration);
  add("uint", u, u, same);
  add("uint", i, u, unsignedOfInteger);
  add("uint", d, u, unsignedOfFloating);
  add("uint", t, u, unsignedOfText);
  add("double", d, d, same);
  add("double", i, d, floatingOfInteger);
  add("double", u, d, floatingOfUnsigned);
  add("double", t, d, floatingOfText);
  add("string", t, t, same);
  add("string", i, t, textOfInteger);
  add("string", u, t, textOfUnsigned);
  add("string", d, t, textOfFloating);
  add("string", b, t, textOfBoolean);
  add("string", y, t, textOfBytes, CostRule::bytesToText);
  add("string", duration, t, textOfDuration);
  add("string", time, t, textOfTimestamp);
  add("bytes", y, y, same);
  add("bytes", t, y, bytesOfText, CostRule::textToBytes);
  add("bool", b, b, same);
  add("bool", t, b, booleanOfText);
  add("duration", duration, duration, same);
  add("duration", t, duration, durationOfText);
  if (edition == Edition::language) add("duration", i, duration, durationOfInteger);
  add("timestamp", time, time, same);
  add("timestamp", t, time, timestampOfText);
  add("timestamp", i, time, timestampOfInteger);
  add("dyn", types::parameter("A"), types::dyn(), same);
}

}  // namespace cleat::cel
