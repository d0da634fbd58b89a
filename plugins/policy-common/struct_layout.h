// How JSON shows the structs of the kinds' schemas: by the annotations of cleat.capnp.
#pragma once

#include <capnp/dynamic.h>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::policy {

struct StructLayout;

// Lives as long as the program.
const StructLayout& layoutOf(capnp::StructSchema schema);

// That of a schema, looked for when it is wanted first.
class LazyLayout {
 public:
  LazyLayout() = default;
  explicit LazyLayout(capnp::StructSchema schema) : schema_(schema) {}
  LazyLayout(const LazyLayout& other) : schema_(other.schema_), known_(other.known_.load()) {}
  LazyLayout& operator=(const LazyLayout& other) {
    schema_ = other.schema_;
    known_ = other.known_.load();
    return *this;
  }

  const StructLayout& get() const {
    const StructLayout* known = known_.load(std::memory_order_acquire);
    if (known == nullptr) known_.store(known = &layoutOf(schema_), std::memory_order_release);
    return *known;
  }
  capnp::StructSchema schema() const { return schema_; }

 private:
  capnp::StructSchema schema_;
  mutable std::atomic<const StructLayout*> known_{nullptr};
};

// What a value is.
struct ValueLayout {
  using Type = capnp::schema::Type::Which;
  Type type = Type::VOID;
  Type element = Type::VOID;  // of a list
  bool isMap = false;         // a list of entries, which JSON shows as an object
  bool isBox = false;         // a plain scalar that may be absent
  LazyLayout fields;          // of a struct, or of those in a list
};

// What every look at a value needs stands first.
struct MemberLayout {
  std::string name;
  uint32_t place = 0;     // among the values of its size, or the pointers, of the struct's words
  bool always = false;    // shown whatever it holds
  bool optional = false;  // a text whose emptiness is not its absence
  bool json = false;      // the format of a text that is JSON
  bool decimal = false;   // that of a number which JSON shows as a text
  ValueLayout value;
  std::string written;  // `"name":`

  capnp::StructSchema::Field field;
  std::string format;  // "json", "date-time", "quantity", …
  // How server-side apply merges it.
  std::string listType;                                      // "atomic", "set", "map"; empty: atomic
  std::vector<std::pair<std::string, std::string>> mapKeys;  // with what the absence of one means; empty: nothing
  bool atomicMap = false;

  bool isJson() const { return json; }
};

struct StructLayout {
  std::vector<MemberLayout> members;  // by name
  bool isValue = false;               // written as the value of the member that is set, without its name
  bool isAtomic = false;              // replaced as a whole by server-side apply
  uint32_t unionPlace = 0;            // of a union: where it stands which member is set
  bool isUnion = false;

  const MemberLayout* find(std::string_view name) const;
  // Once the members are there: `find` needs it.
  void noteMembers();

 private:
  // Places in `members`, counted from one, where a hash of their names says, or behind that; at least half are 0.
  std::vector<uint16_t> table_;
};

// A plain scalar that may be absent.
bool isBox(capnp::StructSchema schema);
// A list of entries, which JSON shows as an object.
bool isMap(capnp::ListSchema schema);

}  // namespace cleat::policy
