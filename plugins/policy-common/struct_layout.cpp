#include "policy-common/struct_layout.h"

#include <capnp/schema.capnp.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>

namespace cleat::policy {

namespace {

// The annotations of cleat.capnp that say how JSON looks, by their ids there.
constexpr uint64_t kJsonName = 0xc1ea7c1ea7c1ea71, kRequired = 0xc1ea7c1ea7c1ea73, kOptional = 0xc1ea7c1ea7c1ea74,
                   kFormat = 0xc1ea7c1ea7c1ea75, kAlways = 0xc1ea7c1ea7c1ea7c, kChoice = 0xc1ea7c1ea7c1ea7d,
                   kListType = 0xc1ea7c1ea7c1ea76, kMapKeys = 0xc1ea7c1ea7c1ea77, kMapType = 0xc1ea7c1ea7c1ea78;

std::vector<std::pair<std::string, std::string>> keysOf(capnp::schema::Value::Reader value) {
  std::vector<std::pair<std::string, std::string>> keys;
  for (auto each : value.getList().getAs<capnp::List<capnp::Text>>()) {
    const std::string key = each.cStr();
    const size_t equals = key.find('=');
    keys.emplace_back(key.substr(0, equals), equals == std::string::npos ? "" : key.substr(equals + 1));
  }
  return keys;
}

ValueLayout valueLayout(capnp::Type type) {
  ValueLayout layout{.type = type.which()};
  if (type.isStruct()) {
    layout.fields = LazyLayout(type.asStruct());
    layout.isBox = isBox(type.asStruct());
  }
  if (!type.isList()) return layout;
  auto list = type.asList();
  layout.element = list.whichElementType();
  layout.isMap = isMap(list);
  if (list.getElementType().isStruct()) layout.fields = LazyLayout(list.getStructElementType());
  return layout;
}

MemberLayout memberLayout(capnp::StructSchema::Field field) {
  MemberLayout layout{.name = field.getProto().getName().cStr(),
                      .place = field.getProto().getSlot().getOffset(),
                      .value = valueLayout(field.getType()),
                      .field = field};
  for (auto annotation : field.getProto().getAnnotations()) {
    auto value = annotation.getValue();
    switch (annotation.getId()) {
      case kJsonName: layout.name = value.getText().cStr(); break;
      case kRequired:
      case kAlways: layout.always = true; break;
      case kOptional: layout.optional = true; break;
      case kFormat: layout.format = value.getText().cStr(); break;
      case kListType: layout.listType = value.getText().cStr(); break;
      case kMapKeys: layout.mapKeys = keysOf(value); break;
      case kMapType: layout.atomicMap = value.getText() == "atomic"; break;
      default: break;
    }
  }
  layout.written = concat('"', layout.name, "\":");
  layout.json = layout.format == "json";
  layout.decimal = layout.format == "uint64-string";
  return layout;
}

// Enough to tell the fields of one struct apart, mostly: who compares the names then finds what else is there.
size_t hashOf(std::string_view name) {
  if (name.empty()) return 0;
  const auto at = [&](size_t place) { return static_cast<size_t>(static_cast<unsigned char>(name[place])); };
  return name.size() + at(0) * 7 + at(name.size() / 2) * 31 + at(name.size() - 1) * 131;
}

bool isChoice(capnp::StructSchema schema) {
  if (isBox(schema) || schema.getUnionFields().size() == 2) return true;
  for (auto annotation : schema.getProto().getAnnotations()) {
    if (annotation.getId() == kChoice) return true;
  }
  return false;
}

}  // namespace

bool isBox(capnp::StructSchema schema) {
  return schema.getFields().size() == 1 && schema.getFields()[0].getProto().getName() == "value" &&
         schema.getProto().getStruct().getPointerCount() == 0;
}

bool isMap(capnp::ListSchema schema) {
  if (schema.whichElementType() != capnp::schema::Type::STRUCT) return false;
  auto fields = schema.getStructElementType().getFields();
  return std::string_view(schema.getStructElementType().getShortDisplayName().cStr()).ends_with("Entry") &&
         fields.size() == 2 && fields[0].getProto().getName() == "key" && fields[1].getProto().getName() == "value";
}

const MemberLayout* StructLayout::find(std::string_view name) const {
  if (table_.empty()) return nullptr;
  const size_t mask = table_.size() - 1;
  for (size_t at = hashOf(name) & mask; table_[at] != 0; at = (at + 1) & mask) {
    const MemberLayout& member = members[table_[at] - 1];
    if (member.name == name) return &member;
  }
  return nullptr;
}

void StructLayout::noteMembers() {
  if (members.empty()) return;
  table_.assign(std::bit_ceil(members.size() * 2), 0);
  const size_t mask = table_.size() - 1;
  for (size_t i = 0; i < members.size(); ++i) {
    size_t at = hashOf(members[i].name) & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<uint16_t>(i + 1);
  }
}

// Each schema's is made once.
const StructLayout& layoutOf(capnp::StructSchema schema) {
  static Mutex mutex;
  static std::map<uint64_t, std::unique_ptr<const StructLayout>> known;
  MutexLock lock(mutex);
  auto& found = known[schema.getProto().getId()];
  if (!found) {
    auto made = std::make_unique<StructLayout>();
    for (auto field : schema.getFields()) made->members.push_back(memberLayout(field));
    std::ranges::sort(made->members, {}, &MemberLayout::name);
    made->noteMembers();
    made->isValue = isChoice(schema);
    made->isUnion = schema.getUnionFields().size() > 0;
    made->unionPlace = schema.getProto().getStruct().getDiscriminantOffset();
    for (auto annotation : schema.getProto().getAnnotations()) {
      if (annotation.getId() == kMapType) made->isAtomic = annotation.getValue().getText() == "atomic";
    }
    found = std::move(made);
  }
  return *found;
}

}  // namespace cleat::policy
