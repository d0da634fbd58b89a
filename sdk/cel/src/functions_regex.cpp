// find and findAll, of patterns as RE2 has them.
#include "cleat/cel/functions.h"
#include "regex_cache.h"
#include "utf8.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

Value broken(const re2::RE2& pattern) {
  return Value::error("Illegal regex: error parsing regexp: " + regexFault(pattern));
}

Value find(Args args) {
  auto pattern = findRegex(args[1].asText());
  if (!pattern->ok()) return broken(*pattern);
  const std::string_view text = args[0].asText();
  re2::StringPiece found;
  const re2::StringPiece whole(text.data(), text.size());
  if (!pattern->Match(whole, 0, whole.size(), re2::RE2::UNANCHORED, &found, 1)) return Value::text("");
  return Value::ownText(std::string(found.data(), found.size()));
}

Value findSome(std::string_view text, std::string_view written, int64_t most) {
  auto pattern = findRegex(written);
  if (!pattern->ok()) return broken(*pattern);
  std::vector<Value> all;
  const re2::StringPiece whole(text.data(), text.size());
  size_t at = 0, lastEnd = std::string_view::npos;
  while (at <= text.size() && (most < 0 || static_cast<int64_t>(all.size()) < most)) {
    re2::StringPiece found;
    if (!pattern->Match(whole, at, whole.size(), re2::RE2::UNANCHORED, &found, 1)) break;
    const auto begin = static_cast<size_t>(found.data() - text.data()), end = begin + found.size();
    // Nothing at all right behind what was found is no other place.
    if (!found.empty() || begin != lastEnd) all.push_back(Value::ownText(std::string(found.data(), found.size())));
    lastEnd = end;
    at = !found.empty() ? end : end < text.size() ? end + utf8::length(text, end) : end + 1;
  }
  return Value::list(std::move(all));
}
Value findAll(Args args) { return findSome(args[0].asText(), args[1].asText(), -1); }
Value findAllTimes(Args args) { return findSome(args[0].asText(), args[1].asText(), args[2].asInteger()); }

}  // namespace

void addRegex(FunctionTable& table) {
  const TypeRef& t = types::text();
  const auto add = [&](const char* name, const char* id, std::vector<TypeRef> params, TypeRef result, Function run) {
    table.add(name, {.id = id,
                     .isMember = true,
                     .params = std::move(params),
                     .result = std::move(result),
                     .run = run,
                     .cost = CostRule::find});
  };
  add("find", "string_find_string", {t, t}, t, find);
  add("findAll", "string_find_all_string", {t, t}, types::list(t), findAll);
  add("findAll", "string_find_all_string_int", {t, t, types::integer()}, types::list(t), findAllTimes);
}

}  // namespace cleat::cel
