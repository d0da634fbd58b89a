#include "policy-common/struct_types.h"

#include <capnp/schema.capnp.h>

#include <memory>

#include "policy-common/struct_layout.h"

namespace cleat::policy {

namespace {

using cel::TypeRef;

TypeRef typeOfValue(capnp::Type type, const MemberLayout* member);

// Worked out as they are asked for: types may contain themselves.
class StructFields : public cel::ObjectSchema {
 public:
  StructFields(capnp::StructSchema schema, bool isObject) : schema_(schema), isObject_(isObject) {}
  std::optional<Field> field(std::string_view name) const override {
    if (isObject_ && (name == "apiVersion" || name == "kind")) return Field{cel::types::text(), std::string(name)};
    const MemberLayout* member = layoutOf(schema_).find(name);
    if (member == nullptr) return std::nullopt;
    return Field{typeOfValue(member->field.getType(), member), member->name};
  }

 private:
  capnp::StructSchema schema_;
  bool isObject_;
};

TypeRef structTypeOf(capnp::StructSchema schema, bool isObject) {
  return cel::types::object(schema.getShortDisplayName().cStr(), std::make_shared<StructFields>(schema, isObject));
}

TypeRef typeOfStruct(capnp::StructSchema schema) {
  if (isBox(schema)) return typeOfValue(schema.getFields()[0].getType(), nullptr);
  // What is one thing or another is known only when it is there.
  return layoutOf(schema).isValue ? cel::types::dyn() : structTypeOf(schema, false);
}

TypeRef typeOfText(const MemberLayout* member) {
  if (member == nullptr) return cel::types::text();
  if (member->format == "json" || member->format == "quantity") return cel::types::dyn();
  const bool isTime = member->format == "date-time" || member->format == "micro-time";
  return isTime ? cel::types::timestamp() : cel::types::text();
}

TypeRef typeOfList(capnp::ListSchema schema, const MemberLayout* member) {
  if (!isMap(schema)) return cel::types::list(typeOfValue(schema.getElementType(), member));
  auto value = schema.getStructElementType().getFieldByName("value");
  return cel::types::map(cel::types::text(), typeOfValue(value.getType(), member));
}

TypeRef typeOfValue(capnp::Type type, const MemberLayout* member) {
  using Which = capnp::schema::Type::Which;
  switch (type.which()) {
    case Which::BOOL: return cel::types::boolean();
    case Which::FLOAT32:
    case Which::FLOAT64: return cel::types::floating();
    case Which::TEXT: return typeOfText(member);
    case Which::DATA: return cel::types::bytes();
    case Which::STRUCT: return typeOfStruct(type.asStruct());
    case Which::LIST: return typeOfList(type.asList(), member);
    case Which::UINT64:
      if (member && member->format == "uint64-string") return cel::types::text();
      return cel::types::integer();
    default: return cel::types::integer();
  }
}

}  // namespace

TypeRef objectTypeOf(capnp::StructSchema schema) { return structTypeOf(schema, true); }

}  // namespace cleat::policy
