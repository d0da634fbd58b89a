#include "policy-common/object_json.h"

#include <cleat/sdk/json_tree.h>
#include <kj/encoding.h>

#include "policy-common/object_values.h"

namespace cleat::policy {

namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void members(AnyStruct::Reader from, const StructLayout& layout, bool isFirst) {
    for (const MemberLayout& member : layout.members) {
      if (!isShown(from, member)) continue;
      if (!isFirst) out_ += ',';
      isFirst = false;
      out_ += '"';
      out_ += member.name;
      out_ += "\":";
      if (isNull(from, member)) {
        out_ += "null";
      } else {
        memberValue(from, member);
      }
    }
  }

  void boolean(bool value) { appendTo(out_, value); }
  void integer(int64_t value) { appendTo(out_, value); }
  void unsignedInteger(uint64_t value) {
    if (isDecimal_) out_ += '"';
    appendTo(out_, value);
    if (isDecimal_) out_ += '"';
  }
  void floating(double value) { appendJsonNumber(out_, value); }
  void text(std::string_view value) {
    if (!isJson_) return appendJsonText(out_, value);
    out_ += value.empty() ? "null" : value;
  }
  void bytes(capnp::Data::Reader value) { out_ += concat('"', kj::encodeBase64(value).cStr(), '"'); }
  void fields(AnyStruct::Reader value, const StructLayout& layout) {
    if (layout.isValue) {
      const MemberLayout* given = givenMember(value, layout);
      if (given == nullptr) return nothing();
      return memberValue(value, *given);
    }
    out_ += '{';
    members(value, layout, true);
    out_ += '}';
  }
  void list(AnyPointer::Reader value, const ValueLayout& layout) {
    if (layout.element != ValueLayout::Type::STRUCT) return plainList(value, layout.element);
    auto structs = structsOf(value);
    const StructLayout& each = layout.fields.get();
    out_ += layout.isMap ? '{' : '[';
    for (uint32_t i = 0; i < structs.size(); ++i) {
      if (i > 0) out_ += ',';
      if (layout.isMap) {
        memberValue(structs[i], entryKey(each));
        out_ += ':';
        memberValue(structs[i], entryValue(each));
      } else {
        fields(structs[i], each);
      }
    }
    out_ += layout.isMap ? '}' : ']';
  }
  void nothing() { out_ += "null"; }

 private:
  void memberValue(AnyStruct::Reader from, const MemberLayout& member) {
    isJson_ = member.json;
    isDecimal_ = member.decimal;
    visitMember(from, member, *this);
  }

  void plainList(AnyPointer::Reader value, ValueLayout::Type element) {
    const uint32_t size = value.getAs<capnp::AnyList>().size();
    isJson_ = isDecimal_ = false;
    out_ += '[';
    for (uint32_t i = 0; i < size; ++i) {
      if (i > 0) out_ += ',';
      visitElement(value, element, i, *this);
    }
    out_ += ']';
  }

  std::string& out_;
  bool isJson_ = false, isDecimal_ = false;  // the value that is visited
};

void appendOpenMembers(std::string& out, JsonList members) {
  for (JsonView member : members) {
    out += ',';
    appendJsonText(out, member.name());
    out += ':';
    appendJson(out, member);
  }
}

}  // namespace

void appendStructJson(std::string& out, AnyStruct::Reader from, const StructLayout& layout) {
  JsonWriter(out).fields(from, layout);
}

Result<void> appendObjectJson(std::string& out, const AnyRef& object, const KindKey& kind, bool isCustom) {
  if (!object) {
    out += "null";
    return {};
  }
  const auto schema = structOf(kind);
  if (!schema && !isCustom) {
    return fail(
        Status::badRequest(concat("objects of the kind ", apiVersionOf(kind), " ", kind.kind, " cannot be read here")));
  }
  out += R"({"apiVersion":)";
  appendJsonText(out, apiVersionOf(kind));
  out += R"(,"kind":)";
  appendJsonText(out, kind.kind);
  if (schema) {
    JsonWriter(out).members(object.as<AnyStruct>(), layoutOf(*schema), false);
  } else {
    auto open = object.as<open_v1::OpenObject>();
    out += R"(,"metadata":)";
    appendStructJson(out, open.getMetadata(), layoutOf(capnp::Schema::from<meta_v1::ObjectMeta>()));
    appendOpenMembers(out, open.getMembers());
  }
  out += '}';
  return {};
}

}  // namespace cleat::policy
