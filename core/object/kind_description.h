// What a plugin's KindsDescription says, read into Kinds and Subresources that belong to no catalogue yet. Private to
// core/object.
#pragma once

#include <capnp/schema.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/kind.h"

namespace cleat::object {

std::string str(capnp::Text::Reader text);
std::vector<std::string> strings(capnp::List<capnp::Text>::Reader list);

// All that is said of a kind itself: neither its schema nor where it is stored. 400 with what is wrong.
Result<Ref<Kind>> readKind(std::string_view plugin, role::Kind::Reader said);

// A subresource whose parent and body are only named.
struct SaidSubresource {
  Subresource subresource;
  std::string group, version, resource;
  std::string bodyGroup, bodyVersion, bodyKind;

  bool isOf(const Kind& parent) const {
    return parent.group == group && parent.version == version && parent.plural == resource;
  }
  std::string where() const { return "subresource " + resource + "/" + subresource.name; }
};
Result<SaidSubresource> readSubresource(std::string_view plugin, role::Subresource::Reader said);
// The struct of a connection's parameters: called as its options are, or where they have no kind of their own as its
// parent and itself, "PodLogOptions". Nothing where the schema has none.
std::optional<uint64_t> findOptions(capnp::schema::CodeGeneratorRequest::Reader request, const SaidSubresource& said,
                                    const std::vector<Ref<Kind>>& kinds);

}  // namespace cleat::object
