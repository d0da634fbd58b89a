// MergePlace: what is known of a place in an object, as far as server-side apply merges values by it: by the struct of
// the kind, by the schema of a kind of users' own, or nothing. Where nothing is known objects are merged member by
// member, and lists are one thing.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy-common/document.h"
#include "policy-common/struct_layout.h"

namespace cleat::policy {

class MergePlace {
 public:
  using Schema = apiextensions_v1::JSONSchemaProps::Reader;

  MergePlace() = default;
  // Of a whole object.
  explicit MergePlace(capnp::StructSchema schema) : known_(OfStruct{capnp::Type(schema), nullptr}) {}
  explicit MergePlace(Schema schema) : known_(OfSchema{schema, true}) {}

  bool isAtomicObject() const;
  // What a member of an object is; `declared`: the schema names it, so that it is no key of a map. Nothing: there may
  // be none of that name.
  struct Member;
  std::optional<Member> member(std::string_view name) const;

  enum class ListType { atomic, set, map };
  ListType listType() const;
  // By which elements are told apart, with what the absence of one means.
  std::vector<std::pair<std::string, Document>> mapKeys() const;
  MergePlace element() const;

 private:
  struct OfStruct {
    capnp::Type type;
    const MemberLayout* member;  // how its field says that it is merged; null: it is no field

    std::optional<capnp::StructSchema> schema() const {
      return type.isStruct() ? std::optional(type.asStruct()) : std::nullopt;
    }
  };
  struct OfSchema {
    Schema schema;
    bool isWhole = false;  // an object of the API, with what all of them have
  };

  explicit MergePlace(OfStruct known) : known_(known) {}
  explicit MergePlace(OfSchema known) : known_(known) {}
  static std::optional<Member> memberOf(const OfStruct& place, std::string_view name);
  static std::optional<Member> memberOf(const OfSchema& place, std::string_view name);

  std::variant<std::monostate, OfStruct, OfSchema> known_;
};

struct MergePlace::Member {
  MergePlace place;
  bool declared = false;
};

}  // namespace cleat::policy
