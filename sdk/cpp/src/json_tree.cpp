#include <capnp/message.h>
#include <capnp/orphan.h>
#include <cleat/sdk/json_tree.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace cleat {

namespace {

using Value = open_v1::JsonValue;

// Where the member is, or where it would have to be.
uint32_t lowerBound(JsonList members, std::string_view name) {
  uint32_t low = 0, high = members.size();
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (view(members[middle].getName()) < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool sameElements(JsonList a, JsonList b) {
  if (a.size() != b.size()) return false;
  for (uint32_t i = 0; i < a.size(); ++i) {
    if (!sameJson(a[i], b[i])) return false;
  }
  return true;
}

bool sameNumber(JsonView a, JsonView b) {
  auto left = a.integer(), right = b.integer();
  if (left || right) return left == right;
  return a.number() == b.number();
}

// The list with one more element, null, at `place`.
template <class List, class Orphanage>
auto withRoomAt(List old, uint32_t place, Orphanage orphanage) {
  auto wider = orphanage.template newOrphan<capnp::List<Value>>(old.size() + 1);
  auto to = wider.get();
  for (uint32_t i = 0; i < old.size(); ++i) to.setWithCaveats(i < place ? i : i + 1, old[i]);
  return wider;
}

}  // namespace

std::optional<int64_t> wholeNumber(double value) {
  if (!(value >= -0x1p63 && value < 0x1p63) || value != std::trunc(value)) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<int64_t> JsonView::integer() const {
  if (value_.isInteger()) return value_.getInteger();
  if (value_.isFloat()) return wholeNumber(value_.getFloat());
  return std::nullopt;
}

double JsonView::number() const {
  if (value_.isInteger()) return static_cast<double>(value_.getInteger());
  return value_.isFloat() ? value_.getFloat() : 0;
}

JsonList JsonView::items() const {
  if (value_.isList()) return value_.getList();
  return value_.isObject() ? value_.getObject() : JsonList();
}

std::optional<JsonView> JsonView::member(std::string_view name) const {
  if (!value_.isObject()) return std::nullopt;
  return findMember(value_.getObject(), name);
}

std::optional<JsonView> findMember(JsonList members, std::string_view name) {
  uint32_t place = lowerBound(members, name);
  if (place == members.size() || view(members[place].getName()) != name) return std::nullopt;
  return JsonView(members[place]);
}

bool sameMembers(JsonList a, JsonList b) {
  if (a.size() != b.size()) return false;
  for (uint32_t i = 0; i < a.size(); ++i) {
    if (view(a[i].getName()) != view(b[i].getName()) || !sameJson(a[i], b[i])) return false;
  }
  return true;
}

bool sameJson(JsonView a, JsonView b) {
  if (a.isNumber() && b.isNumber()) return sameNumber(a, b);
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case JsonType::boolean: return a.boolean() == b.boolean();
    case JsonType::text: return a.text() == b.text();
    case JsonType::list: return sameElements(a.items(), b.items());
    case JsonType::object: return sameMembers(a.items(), b.items());
    default: return true;
  }
}

namespace {

bool isWrittenAsItIs(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

// How many characters from there on stand in a JSON text as they are, seen eight at a time: those of which none is
// below 0x20, a quote or a backslash. What is taken for one of them by mistake is looked at by itself.
size_t plainLength(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  const auto hasZero = [](uint64_t each) { return (each - kOnes) & ~each & kHighBits; };
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      const uint64_t below = (eight - kOnes * 0x20) & ~eight & kHighBits;
      if ((below | hasZero(eight ^ (kOnes * '"')) | hasZero(eight ^ (kOnes * '\\'))) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const size_t end = std::min(at + sizeof eight, text.size());
    while (at < end && isWrittenAsItIs(text[at])) ++at;
    if (at < end) return at;
  }
  return at;
}

}  // namespace

void appendJsonText(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  size_t plain = plainLength(text);
  if (plain == text.size()) {
    const size_t before = out.size();
    out.resize(before + text.size() + 2, '"');
    text.copy(out.data() + before + 1, text.size());
    return;
  }
  out += '"';
  for (;;) {
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text[0]);
    switch (text[0]) {
      case '"':
      case '\\': out += {'\\', text[0]}; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default: out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    }
    text.remove_prefix(1);
    plain = plainLength(text);
  }
  out += '"';
}

void appendJsonNumber(std::string& out, double number) {
  if (!std::isfinite(number)) return appendTo(out, '0');
  double size = std::fabs(number);
  bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  char digits[400];
  char* end = std::to_chars(digits, digits + sizeof digits, number,
                            scientific ? std::chars_format::scientific : std::chars_format::fixed)
                  .ptr;
  std::string_view written(digits, static_cast<size_t>(end - digits));
  // Go writes 1e-9, where others write 1e-09.
  size_t exponent = written.find("e-0");
  out += written.substr(0, exponent == std::string_view::npos ? exponent : exponent + 2);
  if (exponent != std::string_view::npos) out += written.substr(exponent + 3);
}

void appendJson(std::string& out, JsonView value) {
  switch (value.type()) {
    case JsonType::null: out += "null"; return;
    case JsonType::boolean: appendTo(out, value.boolean()); return;
    case JsonType::integer: appendTo(out, *value.integer()); return;
    case JsonType::number: appendJsonNumber(out, value.number()); return;
    case JsonType::text: appendJsonText(out, value.text()); return;
    case JsonType::list:
    case JsonType::object: break;
  }
  out += value.isList() ? '[' : '{';
  bool first = true;
  for (JsonView item : value.items()) {
    if (!first) out += ',';
    first = false;
    if (value.isObject()) {
      appendJsonText(out, item.name());
      out += ':';
    }
    appendJson(out, item);
  }
  out += value.isList() ? ']' : '}';
}

std::string jsonText(JsonView value) {
  std::string out;
  appendJson(out, value);
  return out;
}

void copyJson(JsonView from, Value::Builder to) {
  Value::Reader value = from.value();
  switch (value.which()) {
    case Value::NULL_: return to.setNull();
    case Value::BOOLEAN: return to.setBoolean(value.getBoolean());
    case Value::INTEGER: return to.setInteger(value.getInteger());
    case Value::FLOAT: return to.setFloat(value.getFloat());
    case Value::TEXT: return to.setText(value.getText());
    case Value::LIST: return to.setList(value.getList());
    case Value::OBJECT: return to.setObject(value.getObject());
  }
}

Value::Builder ensureMember(Value::Builder object, std::string_view name) {
  if (!object.isObject()) object.initObject(0);
  uint32_t place = lowerBound(object.getObject().asReader(), name);
  auto members = object.getObject();
  if (place < members.size() && view(members[place].asReader().getName()) == name) return members[place];
  object.adoptObject(withRoomAt(members.asReader(), place, capnp::Orphanage::getForMessageContaining(object)));
  Value::Builder made = object.getObject()[place];
  std::ranges::copy(name, made.initName(static_cast<uint32_t>(name.size())).begin());
  return made;
}

Value::Builder ensureMember(open_v1::OpenObject::Builder object, std::string_view name) {
  auto members = object.getMembers();
  uint32_t place = lowerBound(members.asReader(), name);
  if (place < members.size() && view(members[place].asReader().getName()) == name) return members[place];
  object.adoptMembers(withRoomAt(members.asReader(), place, capnp::Orphanage::getForMessageContaining(object)));
  Value::Builder made = object.getMembers()[place];
  std::ranges::copy(name, made.initName(static_cast<uint32_t>(name.size())).begin());
  return made;
}

namespace {

std::shared_ptr<const capnp::word[]> flatWords(Value::Reader root) {
  const size_t size = root.totalSize().wordCount + 1;
  std::shared_ptr<capnp::word[]> words(new capnp::word[size]());
  capnp::copyToUnchecked(root, kj::arrayPtr(words.get(), size));
  return words;
}

}  // namespace

JsonTree::JsonTree(JsonView copied) {
  capnp::MallocMessageBuilder message(static_cast<uint32_t>(copied.value().totalSize().wordCount + 8));
  auto root = message.initRoot<Value>();
  copyJson(copied, root);
  words_ = flatWords(root.asReader());
}

Result<JsonTree> JsonTree::parse(std::string_view text, const JsonLimits& limits) {
  // As much as most texts become, but no more than a small text could: what is not used has to be cleared as well.
  constexpr size_t kLeastWords = 32, kMostWords = 1024;
  capnp::MallocMessageBuilder message(static_cast<uint32_t>(std::clamp(text.size() / 2, kLeastWords, kMostWords)));
  auto root = message.initRoot<Value>();
  CLEAT_TRY(readJson(text, root, limits));
  JsonTree made;
  made.words_ = flatWords(root.asReader());
  return made;
}

JsonView JsonTree::view() const {
  if (words_ == nullptr) return {};
  return capnp::readMessageUnchecked<Value>(words_.get());
}

}  // namespace cleat
