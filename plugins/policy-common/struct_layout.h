// How JSON shows the structs of the kinds' schemas: by the annotations of cleat.capnp.
#pragma once

#include <capnp/dynamic.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::policy {

struct MemberLayout {
  std::string name;
  capnp::StructSchema::Field field;
  bool always = false;    // shown whatever it holds
  bool optional = false;  // a text whose emptiness is not its absence
  std::string format;     // "json", "date-time", "quantity", …
  // How server-side apply merges it.
  std::string listType;                                      // "atomic", "set", "map"; empty: atomic
  std::vector<std::pair<std::string, std::string>> mapKeys;  // with what the absence of one means; empty: nothing
  bool atomicMap = false;

  bool isJson() const { return format == "json"; }
};

struct StructLayout {
  std::vector<MemberLayout> members;  // by name
  bool isValue = false;               // written as the value of the member that is set, without its name
  bool isAtomic = false;              // replaced as a whole by server-side apply

  const MemberLayout* find(std::string_view name) const;
};

// Lives as long as the program.
const StructLayout& layoutOf(capnp::StructSchema schema);

// A plain scalar that may be absent.
bool isBox(capnp::StructSchema schema);
// A list of entries, which JSON shows as an object.
bool isMap(capnp::ListSchema schema);

}  // namespace cleat::policy
