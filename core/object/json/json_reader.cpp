#include "core/object/json/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/object/json/json_text.h"
#include "core/object/same_name.h"

namespace cleat::object {

namespace {

// What elements and members stand in until their number is known, kept by the thread.
struct Pending {
  std::vector<JsonNode> elements;
  std::vector<JsonMember> members;
  std::vector<uint32_t> order;
};

constexpr size_t kKeepPending = 1u << 14;

Pending& pending() {
  thread_local Pending kept;
  return kept;
}

class Reader {
 public:
  Reader(std::string_view text, size_t maxDepth, JsonArena& arena, Pending& pending)
      : at_(text.data()), end_(at_ + text.size()), maxDepth_(maxDepth), arena_(arena), pending_(pending) {}

  // False: the text is to be read by the other parser.
  bool document(JsonNode& out) {
    skipSpace();
    out = value(0);
    skipSpace();
    return !refused_ && at_ == end_;
  }
  bool hasDuplicates() const { return hasDuplicates_; }

 private:
  void skipSpace() {
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ' &&
           (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
    }
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (std::string_view(at_, static_cast<size_t>(end_ - at_)).substr(0, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  // What these give is of no use once the text is refused. Small values are given back, not filled in: that way they
  // stay in registers.
  template <class T = JsonNode>
  T refuse() {
    refused_ = true;
    return {};
  }
  JsonNode value(size_t depth);
  JsonNode literal(std::string_view expected, JsonNode value) { return word(expected) ? value : refuse(); }
  JsonNode number();
  JsonNode fraction(const char* begin);
  std::string_view string();
  std::string_view escaped(const char* begin);
  bool escape(char*& to);
  bool codeUnit(uint32_t& unit);
  JsonNode array(size_t depth);
  JsonNode object(size_t depth);
  static bool areDistinct(std::span<const JsonMember> members);
  void dropDuplicates(size_t first);

  const char* at_;
  const char* end_;
  size_t maxDepth_;
  JsonArena& arena_;
  Pending& pending_;
  bool hasDuplicates_ = false, refused_ = false;
};

JsonNode Reader::value(size_t depth) {
  if (at_ == end_) return refuse();
  switch (*at_) {
    case '"': ++at_; return JsonNode::ofText(string());
    case '{': return depth < maxDepth_ ? object(depth + 1) : refuse();
    case '[': return depth < maxDepth_ ? array(depth + 1) : refuse();
    case 't': return literal("true", JsonNode::ofBoolean(true));
    case 'f': return literal("false", JsonNode::ofBoolean(false));
    case 'n': return literal("null", {});
    default: return number();
  }
}

JsonNode Reader::number() {
  const char* begin = at_;
  const bool negative = take('-');
  const char* digits = at_;
  uint64_t size = 0;
  while (at_ != end_ && *at_ >= '0' && *at_ <= '9') size = size * 10 + static_cast<uint64_t>(*at_++ - '0');
  const ptrdiff_t count = at_ - digits;
  if (count == 0 || (*digits == '0' && count > 1)) return refuse();
  if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return fraction(begin);
  // More of them may be beyond what an integer holds.
  constexpr ptrdiff_t kSafeDigits = 18;
  if (count <= kSafeDigits) {
    return JsonNode::ofInteger(negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size));
  }
  int64_t integer = 0;
  if (std::from_chars(begin, at_, integer).ec == std::errc()) return JsonNode::ofInteger(integer);
  uint64_t natural = 0;
  if (!negative && std::from_chars(begin, at_, natural).ec == std::errc()) return JsonNode::ofNatural(natural);
  return fraction(begin);
}

JsonNode Reader::fraction(const char* begin) {
  auto digits = [&] {
    const char* first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ - first;
  };
  if (take('.') && digits() == 0) return refuse();
  if (take('e') || take('E')) {
    constexpr ptrdiff_t kMostDigits = 8;
    if (!take('+')) take('-');
    const ptrdiff_t count = digits();
    if (count == 0 || count > kMostDigits) return refuse();
  }
  double value = 0;
  const auto [last, error] = std::from_chars(begin, at_, value);
  if (error != std::errc() || last != at_ || !std::isfinite(value)) return refuse();
  return JsonNode::ofFloating(value);
}

// Up to the quote that ends it.
std::string_view Reader::string() {
  const char* begin = at_;
  bool ascii = true;
  for (;;) {
    at_ += plainPrefix({at_, static_cast<size_t>(end_ - at_)});
    if (at_ == end_) return refuse<std::string_view>();
    const unsigned char c = static_cast<unsigned char>(*at_);
    if (c == '"') break;
    if (c == '\\') return escaped(begin);
    if (c < 0x20) return refuse<std::string_view>();
    ascii = false;
    while (at_ != end_ && static_cast<unsigned char>(*at_) >= 0x80) ++at_;
  }
  const std::string_view out(begin, static_cast<size_t>(at_++ - begin));
  return ascii || isUtf8(out) ? out : refuse<std::string_view>();
}

// The same of a text with escapes; `at_` is at the first one.
std::string_view Reader::escaped(const char* begin) {
  const char* last = at_;
  while (last != end_ && *last != '"') last += *last == '\\' && end_ - last > 1 ? 2 : 1;
  if (last == end_) return refuse<std::string_view>();
  // An escape is never shorter than what it stands for.
  char* const to = arena_.array<char>(static_cast<size_t>(last - begin));
  char* at = to;
  const char* plain = begin;
  for (;;) {
    const size_t size = static_cast<size_t>(at_ - plain);
    std::memcpy(at, plain, size);
    at += size;
    if (*at_ == '"') break;
    ++at_;
    if (!escape(at)) return refuse<std::string_view>();
    plain = at_;
    while (*at_ != '"' && *at_ != '\\') {
      if (static_cast<unsigned char>(*at_++) < 0x20) return refuse<std::string_view>();
    }
  }
  ++at_;
  const std::string_view out(to, static_cast<size_t>(at - to));
  return isUtf8(out) ? out : refuse<std::string_view>();
}

bool Reader::escape(char*& to) {
  const char c = *at_++;
  switch (c) {
    case '"':
    case '\\':
    case '/': *to++ = c; return true;
    case 'b': *to++ = '\b'; return true;
    case 'f': *to++ = '\f'; return true;
    case 'n': *to++ = '\n'; return true;
    case 'r': *to++ = '\r'; return true;
    case 't': *to++ = '\t'; return true;
    case 'u': break;
    default: return false;
  }
  uint32_t point = 0, low = 0;
  if (!codeUnit(point) || (point >= 0xdc00 && point <= 0xdfff)) return false;
  if (point >= 0xd800 && point <= 0xdbff) {
    if (!take('\\') || !take('u') || !codeUnit(low) || low < 0xdc00 || low > 0xdfff) return false;
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  }
  auto put = [&](uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
  return true;
}

bool Reader::codeUnit(uint32_t& unit) {
  if (end_ - at_ < 4) return false;
  const auto [last, error] = std::from_chars(at_, at_ + 4, unit, 16);
  const bool whole = error == std::errc() && last == at_ + 4;
  at_ += 4;
  return whole;
}

JsonNode Reader::array(size_t depth) {
  ++at_;
  skipSpace();
  JsonNode out = JsonNode::emptyArray();
  if (take(']')) return out;
  const size_t first = pending_.elements.size();
  do {
    skipSpace();
    const JsonNode element = value(depth);
    if (refused_) return out;
    pending_.elements.push_back(element);
    skipSpace();
  } while (take(','));
  if (!take(']')) return refuse();
  const size_t count = pending_.elements.size() - first;
  out.count = static_cast<uint32_t>(count);
  out.elements = arena_.array<JsonNode>(count);
  std::copy_n(pending_.elements.data() + first, count, out.elements);
  pending_.elements.resize(first);
  return out;
}

JsonNode Reader::object(size_t depth) {
  ++at_;
  skipSpace();
  JsonNode out = JsonNode::emptyObject();
  if (take('}')) return out;
  const size_t first = pending_.members.size();
  do {
    skipSpace();
    if (!take('"')) return refuse();
    const std::string_view name = string();
    skipSpace();
    if (refused_ || !take(':')) return refuse();
    skipSpace();
    const JsonNode member = value(depth);
    if (refused_) return out;
    pending_.members.emplace_back(name, member);
    skipSpace();
  } while (take(','));
  if (!take('}')) return refuse();
  dropDuplicates(first);
  const size_t count = pending_.members.size() - first;
  out.count = static_cast<uint32_t>(count);
  out.members = arena_.array<JsonMember>(count);
  std::copy_n(pending_.members.data() + first, count, out.members);
  pending_.members.resize(first);
  return out;
}

// For few members.
bool Reader::areDistinct(std::span<const JsonMember> members) {
  for (size_t i = 1; i < members.size(); ++i) {
    const std::string_view name = members[i].name;
    for (size_t j = 0; j < i; ++j) {
      if (sameName(name, members[j].name)) return false;
    }
  }
  return true;
}

// Of equal names among the members from there on, the first place has the last value.
void Reader::dropDuplicates(size_t first) {
  constexpr size_t kFew = 16;
  JsonMember* members = pending_.members.data() + first;
  const size_t count = pending_.members.size() - first;
  auto goOn = [&](auto isDouble) {
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      if (isDouble(i, kept)) {
        hasDuplicates_ = true;
      } else {
        members[kept++] = members[i];
      }
    }
    pending_.members.resize(first + kept);
  };
  if (count <= kFew) {
    if (areDistinct({members, count})) return;
    return goOn([&](size_t i, size_t kept) {
      for (size_t j = 0; j < kept; ++j) {
        if (members[j].name != members[i].name) continue;
        members[j].value = members[i].value;
        return true;
      }
      return false;
    });
  }
  bool ascending = true;
  for (size_t i = 1; ascending && i < count; ++i) ascending = members[i - 1].name < members[i].name;
  if (ascending) return;
  // In the order of their names, and of their places where those are equal.
  std::vector<uint32_t>& order = pending_.order;
  order.resize(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    const int names = members[a].name.compare(members[b].name);
    return names != 0 ? names < 0 : a < b;
  });
  // From here on `order` says of each member at which place it is first; the last value goes there.
  std::vector<bool> doubled(count);
  bool any = false;
  for (size_t i = 0; i < count;) {
    size_t next = i + 1;
    while (next < count && members[order[next]].name == members[order[i]].name) doubled[order[next++]] = any = true;
    members[order[i]].value = members[order[next - 1]].value;
    i = next;
  }
  if (any) goOn([&](size_t i, size_t) { return doubled[i]; });
}

}  // namespace

std::optional<ReadNodes> readNodes(JsonArena& arena, std::string_view text, size_t maxDepth) {
  Pending& stacks = pending();
  Reader reader(text, maxDepth, arena, stacks);
  ReadNodes out;
  const bool taken = reader.document(out.root);
  out.hasDuplicates = reader.hasDuplicates();
  stacks.elements.clear();
  stacks.members.clear();
  if (stacks.elements.capacity() + stacks.members.capacity() > kKeepPending) stacks = {};
  return taken ? std::optional(out) : std::nullopt;
}

}  // namespace cleat::object
