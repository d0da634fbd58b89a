#include "cleat/cel/value.h"

#include <cmath>

#include "cleat/cel/type.h"

namespace cleat::cel {

namespace {

class TextHolder : public Shared {
 public:
  explicit TextHolder(std::string text) : text(std::move(text)) {}
  const std::string text;
};

class TypeHolder : public Shared {
 public:
  explicit TypeHolder(TypeRef type) : type(std::move(type)) {}
  const TypeRef type;
};

class OptionalHolder : public Shared {
 public:
  explicit OptionalHolder(Value value) : value(std::move(value)) {}
  const Value value;
};

constexpr size_t kFewEntries = 8;

// The same text for keys that are the same.
std::string keyText(const Value& key) {
  if (key.is(ValueKind::text)) return "t" + std::string(key.asText());
  if (key.is(ValueKind::boolean)) return key.asBoolean() ? "yes" : "no";
  if (key.is(ValueKind::integer)) return std::to_string(key.asInteger());
  if (key.is(ValueKind::unsignedInteger)) return std::to_string(key.asUnsigned());
  const double number = key.is(ValueKind::floating) ? key.asFloating() : NAN;
  if (number == std::floor(number) && number >= -9223372036854775808.0 && number < 18446744073709551616.0) {
    return number < 0 ? std::to_string(static_cast<int64_t>(number)) : std::to_string(static_cast<uint64_t>(number));
  }
  return "f" + std::to_string(number);  // is no key of anything
}

// Values can be made that take beyond all measure to compare; those are not the same.
constexpr size_t kMostCompared = 2'000'000;

bool same(const Value& a, const Value& b, size_t& steps);

bool sameLists(const ListValue& a, const ListValue& b, size_t& steps) {
  if (const ListManner* manner = a.manner()) return manner->equals(a, b).isTrue();
  if (const ListManner* manner = b.manner()) return manner->equals(b, a).isTrue();
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same(a.at(i), b.at(i), steps)) return false;
  }
  return true;
}

bool sameMaps(const MapValue& a, const MapValue& b, size_t& steps) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const Value other = b.find(a.keyAt(i));
    if (other.isAbsent() || !same(a.valueAt(i), other, steps)) return false;
  }
  return true;
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : a == b ? 0 : 2;
}

int compareFloating(double a, double b) { return order(a, b); }

// Of an integer and a number with a fraction: as numbers with a fraction, which the largest integers lose digits by.
template <class T>
int compareMixed(T a, double b) {
  return order(static_cast<double>(a), b);
}

int turned(int order) { return order == 2 ? 2 : -order; }

int compareNumbers(const Value& a, const Value& b) {
  using K = ValueKind;
  if (a.is(K::integer)) {
    if (b.is(K::integer)) return order(a.asInteger(), b.asInteger());
    if (b.is(K::unsignedInteger)) {
      return a.asInteger() < 0 ? -1 : order(static_cast<uint64_t>(a.asInteger()), b.asUnsigned());
    }
    return compareMixed(a.asInteger(), b.asFloating());
  }
  if (a.is(K::unsignedInteger)) {
    if (b.is(K::unsignedInteger)) return order(a.asUnsigned(), b.asUnsigned());
    if (b.is(K::integer)) return turned(compareNumbers(b, a));
    return compareMixed(a.asUnsigned(), b.asFloating());
  }
  return b.is(K::floating) ? compareFloating(a.asFloating(), b.asFloating()) : turned(compareNumbers(b, a));
}

}  // namespace

Value Value::boolean(bool value) {
  Value made(ValueKind::boolean);
  made.boolean_ = value;
  return made;
}
Value Value::integer(int64_t value) {
  Value made(ValueKind::integer);
  made.integer_ = value;
  return made;
}
Value Value::unsignedInteger(uint64_t value) {
  Value made(ValueKind::unsignedInteger);
  made.unsigned_ = value;
  return made;
}
Value Value::floating(double value) {
  Value made(ValueKind::floating);
  made.floating_ = value;
  return made;
}
Value Value::withText(ValueKind kind, std::string_view text) {
  Value made(kind);
  made.text_ = {text.data(), text.size()};
  return made;
}
Value Value::withOwnText(ValueKind kind, std::string text) {
  auto holder = makeShared<TextHolder>(std::move(text));
  Value made = withText(kind, holder->text);
  made.owner_ = SharedRef<const Shared>(holder.get());
  return made;
}
Value Value::text(std::string_view borrowed) { return withText(ValueKind::text, borrowed); }
Value Value::ownText(std::string text) { return withOwnText(ValueKind::text, std::move(text)); }
Value Value::bytes(std::string_view borrowed) { return withText(ValueKind::bytes, borrowed); }
Value Value::ownBytes(std::string bytes) { return withOwnText(ValueKind::bytes, std::move(bytes)); }
Value Value::error(std::string message) { return withOwnText(ValueKind::error, std::move(message)); }
Value Value::duration(Seconds value) {
  Value made(ValueKind::duration);
  made.seconds_ = {value.seconds, value.nanos};
  return made;
}
Value Value::timestamp(Seconds value) {
  Value made(ValueKind::timestamp);
  made.seconds_ = {value.seconds, value.nanos};
  return made;
}
Value Value::list(SharedRef<const ListValue> list) {
  Value made(ValueKind::list);
  made.owner_ = std::move(list);
  return made;
}
Value Value::list(std::vector<Value> elements) {
  return list(SharedRef<const ListValue>(makeShared<VectorList>(std::move(elements))));
}
Value Value::map(SharedRef<const MapValue> map) {
  Value made(ValueKind::map);
  made.owner_ = std::move(map);
  return made;
}
Value Value::type(TypeRef type) {
  Value made(ValueKind::type);
  made.owner_ = makeShared<const TypeHolder>(std::move(type));
  return made;
}
Value Value::optional(Value value) {
  Value made(ValueKind::optional);
  if (!value.isAbsent()) made.owner_ = makeShared<const OptionalHolder>(std::move(value));
  return made;
}
Value Value::opaque(SharedRef<const OpaqueValue> value) {
  Value made(ValueKind::opaque);
  made.owner_ = std::move(value);
  return made;
}

const ListValue& Value::asList() const { return static_cast<const ListValue&>(*owner_); }
const MapValue& Value::asMap() const { return static_cast<const MapValue&>(*owner_); }
const OpaqueValue& Value::asOpaque() const { return static_cast<const OpaqueValue&>(*owner_); }
const TypeRef& Value::asType() const { return static_cast<const TypeHolder&>(*owner_).type; }
const Value& Value::asOptional() const {
  static const Value kNone{};
  return owner_ ? static_cast<const OptionalHolder&>(*owner_).value : kNone;
}

VectorMap::VectorMap(Entries entries, TypeRef type) : entries_(std::move(entries)), type_(std::move(type)) {
  for (size_t i = 0; i < entries_.size(); ++i) note(i);
}

void VectorMap::note(size_t entry) {
  if (entries_.size() <= kFewEntries) return;
  if (places_.empty()) {
    for (size_t i = 0; i < entry; ++i) places_.emplace(keyText(entries_[i].first), i);
  }
  places_.emplace(keyText(entries_[entry].first), entry);
}

size_t VectorMap::place(const Value& key) const {
  if (!places_.empty()) {
    auto found = places_.find(keyText(key));
    return found == places_.end() ? entries_.size() : found->second;
  }
  size_t at = 0;
  while (at < entries_.size() && !sameValue(entries_[at].first, key)) ++at;
  return at;
}

Value VectorMap::find(const Value& key) const {
  const size_t at = place(key);
  return at < entries_.size() ? entries_[at].second : Value();
}

bool VectorMap::add(Value key, Value value) {
  if (place(key) < entries_.size()) return false;
  entries_.emplace_back(std::move(key), std::move(value));
  note(entries_.size() - 1);
  return true;
}

namespace {

bool same(const Value& a, const Value& b, size_t& steps) {
  if (++steps > kMostCompared) return false;
  if (a.isNumber() && b.isNumber()) return compareNumbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::boolean: return a.asBoolean() == b.asBoolean();
    case ValueKind::text:
    case ValueKind::bytes: return a.asText() == b.asText();
    case ValueKind::duration:
    case ValueKind::timestamp: return a.asSeconds() == b.asSeconds();
    case ValueKind::list: return sameLists(a.asList(), b.asList(), steps);
    case ValueKind::map: return sameMaps(a.asMap(), b.asMap(), steps);
    case ValueKind::type: return a.asType()->name == b.asType()->name && a.asType()->kind == b.asType()->kind;
    case ValueKind::optional: return same(a.asOptional(), b.asOptional(), steps);
    case ValueKind::opaque:
      return a.asOpaque().type()->name == b.asOpaque().type()->name && a.asOpaque().equals(b.asOpaque());
    default: return true;
  }
}

}  // namespace

bool sameValue(const Value& a, const Value& b) {
  size_t steps = 0;
  return same(a, b, steps);
}

bool sameValue(const Value& a, const Value& b, size_t& looked) {
  size_t steps = 0;
  const bool isSame = same(a, b, steps);
  looked += steps;
  return isSame;
}

int compareValues(const Value& a, const Value& b) {
  if (a.isNumber() && b.isNumber()) return compareNumbers(a, b);
  if (a.kind() != b.kind()) return 2;
  switch (a.kind()) {
    case ValueKind::boolean: return order(a.asBoolean(), b.asBoolean());
    case ValueKind::text:
    case ValueKind::bytes: return order(a.asText(), b.asText());
    case ValueKind::duration:
    case ValueKind::timestamp: return order(a.asSeconds(), b.asSeconds());
    default: return 2;
  }
}

TypeRef typeOf(const Value& value) {
  switch (value.kind()) {
    case ValueKind::null: return types::null();
    case ValueKind::boolean: return types::boolean();
    case ValueKind::integer: return types::integer();
    case ValueKind::unsignedInteger: return types::unsignedInteger();
    case ValueKind::floating: return types::floating();
    case ValueKind::text: return types::text();
    case ValueKind::bytes: return types::bytes();
    case ValueKind::duration: return types::duration();
    case ValueKind::timestamp: return types::timestamp();
    case ValueKind::list: return types::anyList();
    case ValueKind::map: {
      TypeRef object = value.asMap().objectType();
      return object ? object : types::anyMap();
    }
    case ValueKind::type: return types::type();
    case ValueKind::optional: return types::optional(types::dyn());
    case ValueKind::opaque: return value.asOpaque().type();
    default: return types::error();
  }
}

size_t characterCount(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

uint64_t sizeForCost(const Value& value) {
  switch (value.kind()) {
    case ValueKind::text: return characterCount(value.asText());
    case ValueKind::bytes: return value.asText().size();
    case ValueKind::list: return value.asList().size();
    case ValueKind::map: return value.asMap().size();
    case ValueKind::opaque: return value.asOpaque().size();
    default: return 1;
  }
}

}  // namespace cleat::cel
