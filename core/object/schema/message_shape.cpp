#include "core/object/schema/message_shape.h"

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

void walk(capnp::DynamicValue::Reader value);

bool holdsPointers(capnp::Type type) { return type.isStruct() || type.isList() || type.isText() || type.isData(); }

void walkStruct(capnp::DynamicStruct::Reader value) {
  auto visit = [&](capnp::StructSchema::Field field) {
    bool group = field.getProto().isGroup();
    if (!group && !holdsPointers(field.getType())) return;
    if (group || value.has(field)) walk(value.get(field));
  };
  for (auto field : value.getSchema().getNonUnionFields()) visit(field);
  KJ_IF_MAYBE (active, value.which()) visit(*active);
}

void checkText(capnp::Text::Reader text) { KJ_REQUIRE(isUtf8({text.begin(), text.size()}), "a text is not UTF-8"); }

void walk(capnp::DynamicValue::Reader value) {
  if (value.getType() == capnp::DynamicValue::TEXT) return checkText(value.as<capnp::Text>());
  if (value.getType() == capnp::DynamicValue::STRUCT) return walkStruct(value.as<capnp::DynamicStruct>());
  if (value.getType() != capnp::DynamicValue::LIST) return;
  auto list = value.as<capnp::DynamicList>();
  if (!holdsPointers(list.getSchema().getElementType())) return;
  for (auto element : list) walk(element);
}

}  // namespace

Result<void> checkShape(const Message& message, capnp::StructSchema schema) {
  try {
    walkStruct(message.root<capnp::AnyStruct>().as<capnp::DynamicStruct>(schema));
    return {};
  } catch (const kj::Exception& error) {
    return fail(Status::badRequest(std::string("it is no ") + schema.getShortDisplayName().cStr() + ": " +
                                   error.getDescription().cStr()));
  }
}

Result<void> checkShape(const Message& message, const ShapePlan& plan) {
  if (plan.fits(words::rootOf(message.words()))) return {};
  return checkShape(message, plan.schema());
}

}  // namespace cleat::object
