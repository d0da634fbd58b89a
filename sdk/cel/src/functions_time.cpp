// What is done with durations and timestamps.
#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"
#include "number_text.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

Value moved(Seconds time, Seconds by, bool back) {
  auto sum = addSeconds(time, by, back);
  if (sum && sum->nanos < 0) {
    --sum->seconds;
    sum->nanos += 1'000'000'000;
  }
  return sum && isTimestamp(*sum) ? Value::timestamp(*sum) : Value::error("timestamp overflow");
}

// Of one sign in both parts.
Value asDuration(std::optional<Seconds> sum) {
  if (!sum) return Value::error("duration overflow");
  if (sum->seconds > 0 && sum->nanos < 0) {
    --sum->seconds;
    sum->nanos += 1'000'000'000;
  } else if (sum->seconds < 0 && sum->nanos > 0) {
    ++sum->seconds;
    sum->nanos -= 1'000'000'000;
  }
  return isDuration(*sum) ? Value::duration(*sum) : Value::error("duration overflow");
}

Value timePlusDuration(Args args) { return moved(args[0].asSeconds(), args[1].asSeconds(), false); }
Value durationPlusTime(Args args) { return moved(args[1].asSeconds(), args[0].asSeconds(), false); }
Value timeMinusDuration(Args args) { return moved(args[0].asSeconds(), args[1].asSeconds(), true); }
Value timeMinusTime(Args args) {
  Value between = asDuration(addSeconds(args[0].asSeconds(), args[1].asSeconds(), true));
  return between.isError() ? Value::error("integer overflow") : between;
}
Value durationPlus(Args args) { return asDuration(addSeconds(args[0].asSeconds(), args[1].asSeconds(), false)); }
Value durationMinus(Args args) { return asDuration(addSeconds(args[0].asSeconds(), args[1].asSeconds(), true)); }

Value negateDuration(Args args) { return asDuration(addSeconds({}, args[0].asSeconds(), true)); }

enum class Part { year, month, dayOfYear, dayOfMonth, date, weekday, hour, minute, second, millisecond };

int64_t partOf(Part part, Seconds time, int64_t offset) {
  const CivilTime civil = civilTime(time.seconds + offset);
  switch (part) {
    case Part::year: return civil.year;
    case Part::month: return civil.month - 1;
    case Part::dayOfYear: return civil.dayOfYear;
    case Part::dayOfMonth: return civil.day - 1;
    case Part::date: return civil.day;
    case Part::weekday: return civil.weekday;
    case Part::hour: return civil.hour;
    case Part::minute: return civil.minute;
    case Part::second: return civil.second;
    case Part::millisecond: return time.nanos / 1'000'000;
  }
  return 0;
}

template <Part P>
Value part(Args args) {
  return Value::integer(partOf(P, args[0].asSeconds(), 0));
}
template <Part P>
Value partInZone(Args args) {
  const auto offset = zoneOffset(args[1].asText(), args[0].asSeconds().seconds);
  if (!offset) return Value::error("unknown time zone " + std::string(args[1].asText()));
  return Value::integer(partOf(P, args[0].asSeconds(), *offset));
}

Value hoursOf(Args args) { return Value::integer(args[0].asSeconds().seconds / 3600); }
Value minutesOf(Args args) { return Value::integer(args[0].asSeconds().seconds / 60); }
Value secondsOf(Args args) { return Value::integer(args[0].asSeconds().seconds); }
Value millisecondsOf(Args args) {
  const Seconds time = args[0].asSeconds();
  return Value::integer(time.seconds * 1000 + time.nanos / 1'000'000);
}
Value millisecondsOfSecond(Args args) { return Value::integer(args[0].asSeconds().nanos / 1'000'000); }

template <Part P>
void addPart(FunctionTable& table, const char* name) {
  const TypeRef &time = types::timestamp(), &i = types::integer();
  table.add(
      name,
      {.id = std::string("timestamp_to_") + name, .isMember = true, .params = {time}, .result = i, .run = part<P>});
  table.add(name, {.id = std::string("timestamp_to_") + name + "_with_tz",
                   .isMember = true,
                   .params = {time, types::text()},
                   .result = i,
                   .run = partInZone<P>});
}

}  // namespace

void addTimes(FunctionTable& table, Edition edition) {
  const TypeRef &time = types::timestamp(), &duration = types::duration();
  const auto add = [&](const char* name, const char* id, const TypeRef& a, const TypeRef& b, const TypeRef& result,
                       Function run) { table.add(name, {.id = id, .params = {a, b}, .result = result, .run = run}); };
  add(ops::kAdd, "add_timestamp_duration", time, duration, time, timePlusDuration);
  add(ops::kAdd, "add_duration_timestamp", duration, time, time, durationPlusTime);
  add(ops::kAdd, "add_duration_duration", duration, duration, duration, durationPlus);
  add(ops::kSubtract, "subtract_timestamp_duration", time, duration, time, timeMinusDuration);
  add(ops::kSubtract, "subtract_timestamp_timestamp", time, time, duration, timeMinusTime);
  add(ops::kSubtract, "subtract_duration_duration", duration, duration, duration, durationMinus);
  table.add(ops::kNegate, {.id = "negate_duration", .params = {duration}, .result = duration, .run = negateDuration});
  addPart<Part::year>(table, "getFullYear");
  addPart<Part::month>(table, "getMonth");
  addPart<Part::dayOfYear>(table, "getDayOfYear");
  addPart<Part::dayOfMonth>(table, "getDayOfMonth");
  addPart<Part::date>(table, "getDate");
  addPart<Part::weekday>(table, "getDayOfWeek");
  addPart<Part::hour>(table, "getHours");
  addPart<Part::minute>(table, "getMinutes");
  addPart<Part::second>(table, "getSeconds");
  addPart<Part::millisecond>(table, "getMilliseconds");
  const auto ofDuration = [&](const char* name, Function run) {
    table.add(name, {.id = std::string("duration_to_") + name,
                     .isMember = true,
                     .params = {duration},
                     .result = types::integer(),
                     .run = run});
  };
  ofDuration("getHours", hoursOf);
  ofDuration("getMinutes", minutesOf);
  ofDuration("getSeconds", secondsOf);
  ofDuration("getMilliseconds", edition == Edition::language ? millisecondsOfSecond : millisecondsOf);
}

}  // namespace cleat::cel
