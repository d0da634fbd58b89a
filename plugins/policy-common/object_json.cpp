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
    const Pointers pointers(from);
    for (const MemberLayout& member : layout.members) {
      // Most are nothing, and are found to be with one look.
      if (!member.always && isPointer(member) && pointers.isNull(member.place)) continue;
      const size_t before = out_.size();
      if (!isFirst) out_ += ',';
      out_ += member.written;
      if (shown(from, pointers, member)) {
        isFirst = false;
      } else {
        out_.resize(before);
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
  // Writes the value where JSON shows it; otherwise nothing.
  bool shown(AnyStruct::Reader from, const Pointers& pointers, const MemberLayout& member) {
    if (member.value.type == ValueLayout::Type::TEXT && !member.json) {
      const std::string_view value = view(pointers.at(member.place).getAs<capnp::Text>());
      if (value.empty() && !member.always && !member.optional) return false;
      appendJsonText(out_, value);
      return true;
    }
    if (member.value.type == ValueLayout::Type::STRUCT && !pointers.isNull(member.place)) {
      fields(pointers.at(member.place).getAs<AnyStruct>(), member.value.fields.get());
      return true;
    }
    if (!isShown(from, member)) return false;
    if (isNull(from, member)) {
      nothing();
    } else {
      memberValue(from, member);
    }
    return true;
  }

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
