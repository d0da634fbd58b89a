// The values that expressions work on: small, cheap to copy, and views wherever they come from outside.
//
//   Value size = Value::integer(3), name = Value::text(viewOfSomethingThatLives);
//   Value spec = Value::map(makeShared<MyObjectView>(reader));   // nothing is copied until it is asked for
//
// Lists and maps are interfaces: whoever has objects (a tree of JSON, a Cap'n Proto struct) derives from ListValue and
// MapValue and answers for one element at a time. What a view looks at has to live as long as the values made of it.
// Values may be shared between threads; nothing in them changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cleat::cel {

struct Type;
using TypeRef = std::shared_ptr<const Type>;

// Counts who holds it.
class Shared {
 public:
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  virtual ~Shared() = default;

  void hold() const { holders_.fetch_add(1, std::memory_order_relaxed); }
  void release() const {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  bool hasOneHolder() const { return holders_.load(std::memory_order_acquire) == 1; }

 private:
  mutable std::atomic<uint32_t> holders_{0};
};

template <class T>
class SharedRef {
 public:
  SharedRef() = default;
  explicit SharedRef(T* object) : object_(object) {
    if (object_) object_->hold();
  }
  SharedRef(const SharedRef& other) : SharedRef(other.object_) {}
  SharedRef(SharedRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  SharedRef(SharedRef<U> other) : object_(other.detach()) {}  // NOLINT: meant to convert
  SharedRef& operator=(SharedRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~SharedRef() {
    if (object_) object_->release();
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  T* detach() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

template <class T, class... A>
SharedRef<T> makeShared(A&&... arguments) {
  return SharedRef<T>(new T(std::forward<A>(arguments)...));
}

// `absent` is what nothing is: the answer for a field that is not there. It never is the result of an expression.
enum class ValueKind : uint8_t {
  absent,
  error,
  null,
  boolean,
  integer,
  unsignedInteger,
  floating,
  text,
  bytes,
  list,
  map,
  duration,
  timestamp,
  type,
  optional,
  opaque,
};

// Seconds and the nanoseconds behind them, of the same sign in a duration, never negative in a timestamp.
struct Seconds {
  int64_t seconds = 0;
  int32_t nanos = 0;
  bool operator==(const Seconds&) const = default;
  auto operator<=>(const Seconds&) const = default;
};

class ListValue;
class MapValue;
class OpaqueValue;

class Value {
 public:
  Value() = default;  // absent

  static Value null() { return Value(ValueKind::null); }
  static Value boolean(bool value);
  static Value integer(int64_t value);
  static Value unsignedInteger(uint64_t value);
  static Value floating(double value);
  static Value text(std::string_view borrowed);  // lives longer than the value
  static Value ownText(std::string text);
  static Value bytes(std::string_view borrowed);
  static Value ownBytes(std::string bytes);
  static Value duration(Seconds value);
  static Value timestamp(Seconds value);
  static Value list(SharedRef<const ListValue> list);
  static Value list(std::vector<Value> elements);
  static Value map(SharedRef<const MapValue> map);
  static Value type(TypeRef type);
  static Value optional(Value value);  // of what is absent: optional.none()
  static Value opaque(SharedRef<const OpaqueValue> value);
  static Value error(std::string message);

  ValueKind kind() const { return kind_; }
  bool is(ValueKind kind) const { return kind_ == kind; }
  bool isAbsent() const { return kind_ == ValueKind::absent; }
  bool isError() const { return kind_ == ValueKind::error; }
  bool isTrue() const { return kind_ == ValueKind::boolean && boolean_; }
  bool isFalse() const { return kind_ == ValueKind::boolean && !boolean_; }
  bool isNumber() const { return kind_ >= ValueKind::integer && kind_ <= ValueKind::floating; }

  // Each only of its kind.
  bool asBoolean() const { return boolean_; }
  int64_t asInteger() const { return integer_; }
  uint64_t asUnsigned() const { return unsigned_; }
  double asFloating() const { return floating_; }
  std::string_view asText() const { return {text_.data, text_.size}; }  // of bytes and errors too
  Seconds asSeconds() const { return {seconds_.seconds, seconds_.nanos}; }
  const ListValue& asList() const;
  const MapValue& asMap() const;
  const OpaqueValue& asOpaque() const;
  const TypeRef& asType() const;
  const Value& asOptional() const;  // absent for none

  // Whether nobody else holds what it refers to.
  bool isUnshared() const { return owner_ && owner_->hasOneHolder(); }
  const Shared* owner() const { return owner_.get(); }
  std::string_view message() const { return asText(); }

 private:
  explicit Value(ValueKind kind) : kind_(kind) {}
  static Value withText(ValueKind kind, std::string_view text);
  static Value withOwnText(ValueKind kind, std::string text);

  ValueKind kind_ = ValueKind::absent;
  union {
    bool boolean_;
    int64_t integer_;
    uint64_t unsigned_;
    double floating_;
    struct {
      const char* data;
      size_t size;
    } text_;
    struct {
      int64_t seconds;
      int32_t nanos;
    } seconds_ = {0, 0};
  };
  SharedRef<const Shared> owner_;
};

class ListValue : public Shared {
 public:
  virtual size_t size() const = 0;
  virtual Value at(size_t index) const = 0;  // index < size()
  // Lists that are sets or maps by key compare and add up in ways of their own; null: element by element.
  virtual const class ListManner* manner() const { return nullptr; }
};

// How a list compares and adds up where it is no mere sequence.
class ListManner {
 public:
  virtual ~ListManner() = default;
  virtual Value equals(const ListValue& mine, const ListValue& other) const = 0;
  virtual Value plus(const ListValue& mine, const ListValue& other) const = 0;
};

class MapValue : public Shared {
 public:
  virtual size_t size() const = 0;
  // Absent where there is no such key.
  virtual Value find(const Value& key) const = 0;
  virtual Value field(std::string_view name) const { return find(Value::text(name)); }
  virtual Value keyAt(size_t index) const = 0;
  virtual Value valueAt(size_t index) const = 0;
  // The type of an object with declared fields; null for maps.
  virtual TypeRef objectType() const { return nullptr; }
};

// A value of a type that a library brings: an address, a quantity.
class OpaqueValue : public Shared {
 public:
  virtual const TypeRef& type() const = 0;
  virtual bool equals(const OpaqueValue& other) const = 0;  // of the same type
  // For the costs; 1 of what has no size.
  virtual uint64_t size() const { return 1; }
};

class VectorList : public ListValue {
 public:
  explicit VectorList(std::vector<Value> elements) : elements_(std::move(elements)) {}
  size_t size() const override { return elements_.size(); }
  Value at(size_t index) const override { return elements_[index]; }
  // By whoever holds it alone.
  void append(Value element) { elements_.push_back(std::move(element)); }

 private:
  std::vector<Value> elements_;
};

// Entries by their keys, where 1, 1u and 1.0 are the same key.
class VectorMap : public MapValue {
 public:
  using Entries = std::vector<std::pair<Value, Value>>;
  // No key twice. `type` is an object's, or null.
  explicit VectorMap(Entries entries, TypeRef type = nullptr);
  size_t size() const override { return entries_.size(); }
  Value find(const Value& key) const override;
  Value keyAt(size_t index) const override { return entries_[index].first; }
  Value valueAt(size_t index) const override { return entries_[index].second; }
  TypeRef objectType() const override { return type_; }
  // By whoever holds it alone; false where there is that key.
  bool add(Value key, Value value);

 private:
  size_t place(const Value& key) const;
  void note(size_t entry);

  Entries entries_;
  TypeRef type_;
  std::unordered_map<std::string, size_t> places_;  // of many entries
};

// A map that grows.
class MapBuilder {
 public:
  MapBuilder() : map_(makeShared<VectorMap>(VectorMap::Entries())) {}
  static bool isKey(const Value& key) {
    return key.is(ValueKind::text) || key.is(ValueKind::boolean) || key.isNumber();
  }
  bool add(Value key, Value value) { return map_->add(std::move(key), std::move(value)); }
  Value finish() && { return Value::map(SharedRef<const MapValue>(std::move(map_))); }

 private:
  SharedRef<VectorMap> map_;
};

// Whether they are equal as `==` says: numbers by their value whatever their type, values of different kinds never.
bool sameValue(const Value& a, const Value& b);
// Of numbers, texts, bytes, booleans, times: -1, 0, 1; 2 where they have no order.
int compareValues(const Value& a, const Value& b);
// The type as `type(value)` tells it.
TypeRef typeOf(const Value& value);
// How many characters, bytes, elements or entries; 1 of all others. What costs are counted by.
uint64_t sizeForCost(const Value& value);
// How many characters a text has.
size_t characterCount(std::string_view text);
// As error messages and `format` write it.
std::string shown(const Value& value);

}  // namespace cleat::cel
