#include "core/app/check/sample_messages.h"

#include <cleat/sdk/text.h>

#include <array>

#include "core/object/codec.h"

namespace cleat::app {
namespace {

constexpr int kDeepest = 6;
constexpr int kAttempts = 8;

constexpr std::array<const char*, 14> kTexts = {"",
                                                "web",
                                                "a/b",
                                                "*",
                                                "-1",
                                                "100m",
                                                "2024-01-01T00:00:00Z",
                                                "Always",
                                                "../../etc/passwd",
                                                "app=web,tier!=x",
                                                "\x01\x02",
                                                "\xc3\xa4\xe2\x82\xac",
                                                "{\"a\":[1,{}]}",
                                                "%s%n%00"};
constexpr std::array<const char*, 6> kPlainTexts = {"1", "100", "{}", "[]", "true", "\"a\""};
constexpr std::array<int64_t, 8> kNumbers = {0, 1, 2, -1, 80, 65'535, INT32_MAX, INT64_MIN};

}  // namespace

std::string SampleMessages::text() {
  if (plain_) return kPlainTexts[below(kPlainTexts.size())];
  if (below(40) == 0) return std::string(5'000 + below(5'000), 'x');
  return kTexts[below(kTexts.size())];
}

std::string SampleMessages::bytes() {
  std::string all(below(64), '\0');
  for (char& byte : all) byte = static_cast<char>(below(256));
  return all;
}

capnp::DynamicValue::Reader SampleMessages::scalar(capnp::Type type) {
  const int64_t number = below(4) == 0 ? static_cast<int64_t>(below(1'000'000)) : kNumbers[below(kNumbers.size())];
  switch (type.which()) {
    case capnp::schema::Type::BOOL: return number % 2 != 0;
    case capnp::schema::Type::INT8: return static_cast<int8_t>(number);
    case capnp::schema::Type::INT16: return static_cast<int16_t>(number);
    case capnp::schema::Type::INT32: return static_cast<int32_t>(number);
    case capnp::schema::Type::INT64: return number;
    case capnp::schema::Type::UINT8: return static_cast<uint8_t>(number);
    case capnp::schema::Type::UINT16: return static_cast<uint16_t>(number);
    case capnp::schema::Type::UINT32: return static_cast<uint32_t>(number);
    case capnp::schema::Type::UINT64: return static_cast<uint64_t>(number);
    case capnp::schema::Type::FLOAT32: return static_cast<float>(number);
    case capnp::schema::Type::FLOAT64: return static_cast<double>(number);
    case capnp::schema::Type::ENUM: {
      // One more than there are: a later version may have it.
      const uint64_t known = type.asEnum().getEnumerants().size();
      return capnp::DynamicEnum(type.asEnum(), static_cast<uint16_t>(below(known + 1)));
    }
    case capnp::schema::Type::TEXT: text_ = text(); return capnp::Text::Reader(text_.c_str(), text_.size());
    case capnp::schema::Type::DATA: text_ = bytes(); return dataOf(text_);
    default: return capnp::VOID;
  }
}

void SampleMessages::fillList(capnp::DynamicList::Builder list, capnp::Type element, int depth) {
  for (unsigned i = 0; i < list.size(); ++i) {
    if (element.isStruct()) {
      fill(list[i].as<capnp::DynamicStruct>(), depth + 1);
    } else if (element.isList()) {
      fillList(list.init(i, static_cast<unsigned>(below(3))).as<capnp::DynamicList>(),
               element.asList().getElementType(), depth + 1);
    } else if (!element.isAnyPointer() && !element.isInterface()) {
      list.set(i, scalar(element));
    }
  }
}

void SampleMessages::fillField(capnp::DynamicStruct::Builder builder, capnp::StructSchema::Field field, int depth) {
  const capnp::Type type = field.getType();
  if (!field.getProto().isSlot()) return fill(builder.init(field).as<capnp::DynamicStruct>(), depth + 1);
  if (type.isAnyPointer() || type.isInterface()) return;
  if (type.isStruct()) {
    if (depth < kDeepest) fill(builder.init(field).as<capnp::DynamicStruct>(), depth + 1);
  } else if (type.isList()) {
    const unsigned size = depth < kDeepest ? static_cast<unsigned>(below(3)) : 0;
    fillList(builder.init(field, size).as<capnp::DynamicList>(), type.asList().getElementType(), depth);
  } else {
    builder.set(field, scalar(type));
  }
}

void SampleMessages::fill(capnp::DynamicStruct::Builder builder, int depth) {
  const capnp::StructSchema schema = builder.getSchema();
  for (auto field : schema.getNonUnionFields()) {
    if (below(3) != 0) fillField(builder, field, depth);
  }
  auto choices = schema.getUnionFields();
  if (choices.size() > 0) fillField(builder, choices[static_cast<unsigned>(below(choices.size()))], depth);
}

Ref<const object::Message> SampleMessages::any(capnp::StructSchema schema) {
  capnp::MallocMessageBuilder builder;
  fill(builder.initRoot<capnp::DynamicStruct>(schema), 0);
  return object::Message::flat(builder.getRoot<capnp::AnyStruct>().asReader());
}

Ref<const object::Message> SampleMessages::shortened(capnp::StructSchema schema) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<capnp::DynamicStruct>(schema);
  auto fields = schema.getNonUnionFields();
  if (fields.size() > 0) fillField(root, fields[0], 0);
  return object::Message::copy(builder.getRoot<capnp::AnyStruct>().asReader());
}

Ref<const object::Message> SampleMessages::object(const object::Kind& kind, const std::string& ns,
                                                  const std::string& name) {
  if (kind.open) return {};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    plain_ = attempt >= kAttempts / 2;
    capnp::MallocMessageBuilder builder;
    fill(builder.initRoot<capnp::DynamicStruct>(kind.schema), 0);
    auto meta = builder.getRoot<meta_v1::AnyObject>().initMetadata();
    meta.setName(name);
    if (kind.namespaced) meta.setNamespace(ns);
    meta.setUid("11111111-2222-3333-4444-555555555555");
    Ref<object::Message> made = object::Message::flat(builder.getRoot<capnp::AnyStruct>().asReader());
    plain_ = false;
    if (object::verify(kind, made->words())) return made;
  }
  return {};
}

}  // namespace cleat::app
