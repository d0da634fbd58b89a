// readJson: the text becomes a flat list of values first, because a Cap'n Proto list has to know its size when it is
// made.
#include <cleat/sdk/json_tree.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <vector>

namespace cleat {

namespace {

using Value = open_v1::JsonValue;

struct Parsed {
  JsonType type = JsonType::null;
  bool boolean = false;
  uint32_t first = 0, count = 0;  // of a list or an object: its items among all
  union {
    int64_t integer = 0;
    double number;
  };
  std::string_view name, text;
};

// The bytes of the UTF-8 sequence that the text begins with; 0 if it is none.
size_t sequenceLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong ones, surrogates, and what is beyond U+10FFFF.
  if ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f)) return 0;
  if ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f)) return 0;
  return length;
}

void appendUtf8(std::string& out, uint32_t point) {
  auto append = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return append(point);
  if (point < 0x800) {
    append(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    append(0xe0 | point >> 12);
    append(0x80 | (point >> 6 & 63));
  } else {
    append(0xf0 | point >> 18);
    append(0x80 | (point >> 12 & 63));
    append(0x80 | (point >> 6 & 63));
  }
  append(0x80 | (point & 63));
}

class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  Result<void> read(Value::Builder to) {
    Parsed root;
    CLEAT_TRY(value(root, 0));
    space();
    if (at_ != text_.size()) return wrong("more text behind the value");
    build(root, to);
    return {};
  }

 private:
  std::unexpected<Status> wrong(std::string_view what) const {
    return fail(Status::badRequest(concat("json parse error: ", what, " at byte ", at_)));
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')) ++at_;
  }
  bool take(char c) {
    space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool takeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<void> value(Parsed& out, size_t depth) {
    space();
    if (++values_ > limits_.maxValues) return wrong(concat("more than ", limits_.maxValues, " values"));
    switch (peek()) {
      case '"': out.type = JsonType::text; return string(out.text);
      case '[':
      case '{':
        if (depth == limits_.maxDepth) return wrong(concat("nested deeper than the limit of ", limits_.maxDepth));
        return container(out, depth + 1);
      case 'n': return word(out, "null", JsonType::null, false);
      case 't': return word(out, "true", JsonType::boolean, true);
      case 'f': return word(out, "false", JsonType::boolean, false);
      default: return number(out);
    }
  }

  Result<void> word(Parsed& out, std::string_view expected, JsonType type, bool boolean) {
    if (!takeWord(expected)) return wrong("no JSON value");
    out.type = type;
    out.boolean = boolean;
    return {};
  }

  Result<void> container(Parsed& out, size_t depth) {
    out.type = peek() == '[' ? JsonType::list : JsonType::object;
    const char end = out.type == JsonType::list ? ']' : '}';
    ++at_;
    const size_t open = open_.size();
    if (!take(end)) {
      do {
        Parsed item;
        if (out.type == JsonType::object) CLEAT_TRY(memberName(item));
        CLEAT_TRY(value(item, depth));
        open_.push_back(item);
      } while (take(','));
      if (!take(end)) return wrong(concat("no , or ", end));
    }
    if (out.type == JsonType::object) orderMembers(open);
    out.first = static_cast<uint32_t>(closed_.size());
    out.count = static_cast<uint32_t>(open_.size() - open);
    closed_.insert(closed_.end(), open_.begin() + static_cast<ptrdiff_t>(open), open_.end());
    open_.resize(open);
    return {};
  }

  Result<void> memberName(Parsed& member) {
    space();
    if (peek() != '"') return wrong("no name of a member");
    CLEAT_TRY(string(member.name));
    if (!take(':')) return wrong("no : behind the name of a member");
    return {};
  }

  // By name; of several with one name the last that was read.
  void orderMembers(size_t begin) {
    auto first = open_.begin() + static_cast<ptrdiff_t>(begin);
    std::stable_sort(first, open_.end(), [](const Parsed& a, const Parsed& b) { return a.name < b.name; });
    auto to = first;
    for (auto from = first; from != open_.end(); ++from) {
      if (from + 1 != open_.end() && (from + 1)->name == from->name) continue;
      *to++ = *from;
    }
    open_.erase(to, open_.end());
  }

  Result<void> number(Parsed& out) {
    const size_t begin = at_;
    auto digits = [&] {
      const size_t from = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      return at_ - from;
    };
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return wrong("no JSON value");
    bool isInteger = true;
    if (peek() == '.') {
      isInteger = false;
      ++at_;
      if (digits() == 0) return wrong("no digit behind the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      isInteger = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) return wrong("no digit in the exponent");
    }
    return convert(out, text_.substr(begin, at_ - begin), isInteger);
  }

  Result<void> convert(Parsed& out, std::string_view digits, bool isInteger) {
    out.type = JsonType::integer;
    const char* end = digits.data() + digits.size();
    if (isInteger && std::from_chars(digits.data(), end, out.integer).ec == std::errc()) return {};
    out.type = JsonType::number;
    out.number = 0;
    double read = 0;
    if (std::from_chars(digits.data(), end, read).ec == std::errc()) {
      out.number = read == 0 ? 0 : read;  // without a sign, which no writer of integers would keep
      return {};
    }
    // Out of range either way: too small is 0, too large is an error.
    size_t exponent = digits.find_first_of("eE");
    if (exponent != std::string_view::npos && digits[exponent + 1] == '-') return {};
    if (digits.starts_with("0.") || digits.starts_with("-0.")) return {};
    return wrong("a number beyond what can be represented");
  }

  Result<void> string(std::string_view& out) {
    const size_t begin = ++at_;
    CLEAT_TRY(plainText());
    if (peek() == '"') {
      out = text_.substr(begin, at_ - begin);
      ++at_;
      return {};
    }
    std::string& decoded = decoded_.emplace_back(text_.substr(begin, at_ - begin));
    while (peek() != '"') {
      CLEAT_TRY(escape(decoded));
      const size_t from = at_;
      CLEAT_TRY(plainText());
      decoded += text_.substr(from, at_ - from);
    }
    ++at_;
    out = decoded;
    return {};
  }

  // Up to the next quote or backslash.
  Result<void> plainText() {
    while (at_ < text_.size()) {
      auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"' || byte == '\\') return {};
      if (byte < 0x20) return wrong("a control character in a string");
      size_t length = byte < 0x80 ? 1 : sequenceLength(text_.substr(at_));
      if (length == 0) return wrong("a string that is not UTF-8");
      at_ += length;
    }
    return wrong("a string without an end");
  }

  Result<void> escape(std::string& out) {
    ++at_;
    const char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': out += c; return {};
      case 'b': out += '\b'; return {};
      case 'f': out += '\f'; return {};
      case 'n': out += '\n'; return {};
      case 'r': out += '\r'; return {};
      case 't': out += '\t'; return {};
      case 'u': break;
      default: return wrong("an unknown escape in a string");
    }
    CLEAT_TRY(uint32_t point, hexDigits());
    if (point >= 0xd800 && point < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      const size_t before = at_;
      at_ += 2;
      CLEAT_TRY(uint32_t low, hexDigits());
      if (low >= 0xdc00 && low < 0xe000) {
        appendUtf8(out, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
        return {};
      }
      at_ = before;
    }
    // Half of a pair stands for nothing; like Go, we put the character for that in its place.
    appendUtf8(out, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
    return {};
  }

  Result<uint32_t> hexDigits() {
    uint32_t value = 0;
    const char* begin = text_.data() + at_;
    if (text_.size() - at_ < 4) return wrong("a string without an end");
    if (std::from_chars(begin, begin + 4, value, 16).ptr != begin + 4 || *begin == '-') {
      return wrong("an unknown escape in a string");
    }
    at_ += 4;
    return value;
  }

  void build(const Parsed& from, Value::Builder to) const {
    // Not by setName and setText, which take a text to end at its first NUL.
    if (!from.name.empty()) std::ranges::copy(from.name, to.initName(static_cast<uint32_t>(from.name.size())).begin());
    switch (from.type) {
      case JsonType::null: return to.setNull();
      case JsonType::boolean: return to.setBoolean(from.boolean);
      case JsonType::integer: return to.setInteger(from.integer);
      case JsonType::number: return to.setFloat(from.number);
      case JsonType::text: {
        std::ranges::copy(from.text, to.initText(static_cast<uint32_t>(from.text.size())).begin());
        return;
      }
      case JsonType::list: return buildItems(from, to.initList(from.count));
      case JsonType::object: return buildItems(from, to.initObject(from.count));
    }
  }
  void buildItems(const Parsed& from, capnp::List<Value>::Builder to) const {
    for (uint32_t i = 0; i < from.count; ++i) build(closed_[from.first + i], to[i]);
  }

  std::string_view text_;
  const JsonLimits& limits_;
  size_t at_ = 0;
  size_t values_ = 0;
  std::vector<Parsed> open_;    // items of what has not ended yet
  std::vector<Parsed> closed_;  // items of what has
  std::deque<std::string> decoded_;
};

}  // namespace

Result<void> readJson(std::string_view text, Value::Builder to, const JsonLimits& limits) {
  return Reader(text, limits).read(to);
}

}  // namespace cleat
