// SchemaComments: the doc comments of loaded schemas, packed, since they are many and asked for seldom (`kubectl
// explain`). Filled under the registry's lock; a filled one does not change, so readers need none. Private to
// core/object.
#pragma once

#include <capnp/schema.capnp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::object {

class SchemaComments {
 public:
  // Those of the request's nodes which `isNew` says are wanted.
  template <class IsNew>
  SchemaComments(capnp::schema::CodeGeneratorRequest::Reader request, IsNew isNew) {
    for (auto info : request.getSourceInfo()) {
      if (!isNew(info.getId())) continue;
      append(info.getId(), kStruct, info.getDocComment());
      uint32_t member = 0;
      for (auto field : info.getMembers()) append(info.getId(), member++, field.getDocComment());
    }
    finish();
  }

  std::string_view ofStruct(uint64_t typeId) const { return find(typeId, kStruct); }
  std::string_view ofField(uint64_t typeId, uint16_t index) const { return find(typeId, index); }

 private:
  static constexpr uint32_t kStruct = 0xffffffff;
  struct Entry {
    uint64_t typeId;
    uint32_t member;
    uint32_t begin, size;
  };
  void append(uint64_t typeId, uint32_t member, capnp::Text::Reader comment);
  void finish();
  std::string_view find(uint64_t typeId, uint32_t member) const;

  std::vector<Entry> entries_;
  std::string text_;
};

}  // namespace cleat::object
