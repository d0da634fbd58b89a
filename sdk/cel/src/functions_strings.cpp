// The extensions on texts, by characters.
#include <limits>

#include "cleat/cel/functions.h"
#include "text_format.h"
#include "utf8.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

constexpr size_t kMostParts = 1'000'000, kMostJoined = 16u << 20;

Value outOfRange(int64_t index) { return Value::error("index out of range: " + std::to_string(index)); }

Value charAt(Args args) {
  const std::string_view text = args[0].asText();
  const auto at = utf8::boundaries(text);
  const int64_t index = args[1].asInteger(), count = static_cast<int64_t>(at.size()) - 1;
  if (index < 0 || index > count) return outOfRange(index);
  if (index == count) return Value::text("");
  const auto i = static_cast<size_t>(index);
  return Value::ownText(std::string(text.substr(at[i], at[i + 1] - at[i])));
}

int64_t characterAt(std::string_view text, size_t byte) {
  return static_cast<int64_t>(characterCount(text.substr(0, byte)));
}

// Kubernetes finds nothing behind the end, which is an error by now.
template <Edition E>
Value behindTheEnd(int64_t from) {
  return from >= 0 && E == Edition::kubernetes ? Value::integer(-1) : outOfRange(from);
}

template <Edition E>
Value indexFrom(std::string_view text, std::string_view what, int64_t from) {
  const auto at = utf8::boundaries(text);
  if (from < 0 || from >= static_cast<int64_t>(at.size())) {
    return what.empty() && from == 0 ? Value::integer(0) : behindTheEnd<E>(from);
  }
  const size_t found = text.find(what, at[static_cast<size_t>(from)]);
  return Value::integer(found == std::string_view::npos ? -1 : characterAt(text, found));
}
Value indexOf(Args args) { return indexFrom<Edition::kubernetes>(args[0].asText(), args[1].asText(), 0); }
template <Edition E>
Value indexOfFrom(Args args) {
  return indexFrom<E>(args[0].asText(), args[1].asText(), args[2].asInteger());
}

Value lastIndexOf(Args args) {
  const std::string_view text = args[0].asText();
  const size_t found = text.rfind(args[1].asText());
  return Value::integer(found == std::string_view::npos ? -1 : characterAt(text, found));
}
template <Edition E>
Value lastIndexOfFrom(Args args) {
  const std::string_view text = args[0].asText();
  const auto at = utf8::boundaries(text);
  const int64_t from = args[2].asInteger();
  if (from < 0 || from >= static_cast<int64_t>(at.size())) return behindTheEnd<E>(from);
  const size_t found = text.rfind(args[1].asText(), at[static_cast<size_t>(from)]);
  return Value::integer(found == std::string_view::npos ? -1 : characterAt(text, found));
}

template <int From, int To>
Value inCase(Args args) {
  std::string text(args[0].asText());
  for (char& c : text) {
    if (c >= From && c <= From + 25) c = static_cast<char>(c - From + To);
  }
  return Value::ownText(std::move(text));
}

Value replaceSome(std::string_view text, std::string_view what, std::string_view by, int64_t times) {
  if (times < 0) times = std::numeric_limits<int64_t>::max();
  std::string out;
  size_t at = 0;
  for (; times > 0 && at <= text.size(); --times) {
    if (what.empty()) {
      out += by;
      if (at == text.size()) break;
      const size_t size = utf8::length(text, at);
      out += text.substr(at, size);
      at += size;
      continue;
    }
    const size_t found = text.find(what, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += by;
    at = found + what.size();
  }
  if (at < text.size()) out += text.substr(at);
  return Value::ownText(std::move(out));
}
Value replace(Args args) { return replaceSome(args[0].asText(), args[1].asText(), args[2].asText(), -1); }
Value replaceTimes(Args args) {
  return replaceSome(args[0].asText(), args[1].asText(), args[2].asText(), args[3].asInteger());
}

Value splitSome(std::string_view text, std::string_view by, int64_t most) {
  std::vector<Value> parts;
  if (most == 0) return Value::list(std::move(parts));
  if (by.empty()) {
    size_t at = 0;
    if (text.size() > 4 * kMostParts) return Value::error("text is too large to be split");
    while (at < text.size()) {
      const bool last = most > 0 && static_cast<int64_t>(parts.size()) == most - 1;
      const size_t size = last ? text.size() - at : utf8::length(text, at);
      parts.push_back(Value::ownText(std::string(text.substr(at, size))));
      at += size;
    }
    return Value::list(std::move(parts));
  }
  while (most < 0 || static_cast<int64_t>(parts.size()) < most - 1) {
    const size_t found = text.find(by);
    if (found == std::string_view::npos) break;
    if (parts.size() >= kMostParts) return Value::error("text is too large to be split");
    parts.push_back(Value::ownText(std::string(text.substr(0, found))));
    text.remove_prefix(found + by.size());
  }
  parts.push_back(Value::ownText(std::string(text)));
  return Value::list(std::move(parts));
}
Value split(Args args) { return splitSome(args[0].asText(), args[1].asText(), -1); }
Value splitTimes(Args args) { return splitSome(args[0].asText(), args[1].asText(), args[2].asInteger()); }

Value substringBetween(std::string_view text, int64_t from, int64_t to, bool toEnd) {
  const auto at = utf8::boundaries(text);
  const int64_t count = static_cast<int64_t>(at.size()) - 1;
  if (toEnd) to = count;
  if (!toEnd && from > to) {
    return Value::error("invalid substring range. start: " + std::to_string(from) + ", end: " + std::to_string(to));
  }
  if (from < 0 || from > count) return outOfRange(from);
  if (to < 0 || to > count) return outOfRange(to);
  const size_t begin = at[static_cast<size_t>(from)];
  return Value::ownText(std::string(text.substr(begin, at[static_cast<size_t>(to)] - begin)));
}
Value substring(Args args) { return substringBetween(args[0].asText(), args[1].asInteger(), 0, true); }
Value substringTo(Args args) {
  return substringBetween(args[0].asText(), args[1].asInteger(), args[2].asInteger(), false);
}

bool isSpace(uint32_t c) {
  return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

Value trim(Args args) {
  const std::string_view text = args[0].asText();
  const auto at = utf8::boundaries(text);
  size_t begin = 0, end = at.size() - 1;
  const auto space = [&](size_t i) { return isSpace(utf8::decode(text, at[i], at[i + 1] - at[i])); };
  while (begin < end && space(begin)) ++begin;
  while (end > begin && space(end - 1)) --end;
  return Value::ownText(std::string(text.substr(at[begin], at[end] - at[begin])));
}

Value reverse(Args args) {
  const std::string_view text = args[0].asText();
  const auto at = utf8::boundaries(text);
  std::string out;
  for (size_t i = at.size() - 1; i-- > 0;) out += text.substr(at[i], at[i + 1] - at[i]);
  return Value::ownText(std::move(out));
}

Value joinWith(const ListValue& list, std::string_view between) {
  std::string out;
  if (list.size() > kMostParts) return Value::error("list is too large to be joined");
  for (size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!element.is(ValueKind::text)) return Value::error("no such overload");
    if (i > 0) out += between;
    out += element.asText();
    if (out.size() > kMostJoined) return Value::error("text is too large");
  }
  return Value::ownText(std::move(out));
}
Value join(Args args) { return joinWith(args[0].asList(), ""); }
Value joinBy(Args args) { return joinWith(args[0].asList(), args[1].asText()); }

Value quote(Args args) { return Value::ownText(quoted(args[0].asText())); }

Value format(Args args) { return formatText(args[0].asText(), args[1].asList(), TextForm::kubernetes); }
Value formatAsLanguage(Args args) { return formatText(args[0].asText(), args[1].asList(), TextForm::language); }

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const size_t size = utf8::length(text, i);
    static constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"", kLetters = "abfnrtv\\\"";
    const size_t at = size == 1 ? kEscaped.find(text[i]) : std::string_view::npos;
    if (at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (size == 1 && static_cast<unsigned char>(text[i]) >= 0x80) {
      utf8::append(out, 0xfffd);
    } else {
      out += text.substr(i, size);
    }
    i += size;
  }
  return out + '"';
}

void addStrings(FunctionTable& table, Edition edition) {
  const TypeRef &t = types::text(), &i = types::integer();
  const TypeRef texts = types::list(t);
  const bool isLanguage = edition == Edition::language;
  const auto add = [&](const char* name, const char* id, std::vector<TypeRef> params, TypeRef result, Function run,
                       CostRule cost) {
    table.add(name, {.id = id,
                     .isMember = true,
                     .params = std::move(params),
                     .result = std::move(result),
                     .run = run,
                     .cost = cost});
  };
  add("charAt", "string_char_at_int", {t, i}, t, charAt, CostRule::one);
  add("indexOf", "string_index_of_string", {t, t}, i, indexOf, CostRule::listTraversal);
  add("indexOf", "string_index_of_string_int", {t, t, i}, i,
      isLanguage ? indexOfFrom<Edition::language> : indexOfFrom<Edition::kubernetes>, CostRule::listTraversal);
  add("lastIndexOf", "string_last_index_of_string", {t, t}, i, lastIndexOf, CostRule::listTraversal);
  add("lastIndexOf", "string_last_index_of_string_int", {t, t, i}, i,
      isLanguage ? lastIndexOfFrom<Edition::language> : lastIndexOfFrom<Edition::kubernetes>, CostRule::listTraversal);
  add("lowerAscii", "string_lower_ascii", {t}, t, inCase<'A', 'a'>, CostRule::traversal);
  add("upperAscii", "string_upper_ascii", {t}, t, inCase<'a', 'A'>, CostRule::traversal);
  add("replace", "string_replace_string_string", {t, t, t}, t, replace, CostRule::replace);
  add("replace", "string_replace_string_string_int", {t, t, t, i}, t, replaceTimes, CostRule::replace);
  add("split", "string_split_string", {t, t}, texts, split, CostRule::split);
  add("split", "string_split_string_int", {t, t, i}, texts, splitTimes, CostRule::split);
  add("substring", "string_substring_int", {t, i}, t, substring, CostRule::traversal);
  add("substring", "string_substring_int_int", {t, i, i}, t, substringTo, CostRule::traversal);
  add("trim", "string_trim", {t}, t, trim, CostRule::traversal);
  if (isLanguage) add("reverse", "string_reverse", {t}, t, reverse, CostRule::traversal);
  add("join", "list_join", {texts}, t, join, CostRule::join);
  add("join", "list_join_string", {texts, t}, t, joinBy, CostRule::join);
  add("format", "string_format", {t, types::list(types::dyn())}, t, isLanguage ? formatAsLanguage : format,
      CostRule::format);
  table.add("strings.quote",
            {.id = "strings_quote", .params = {t}, .result = t, .run = quote, .cost = CostRule::quote});
}

}  // namespace cleat::cel
