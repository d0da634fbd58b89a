#include "core/object/open/open_place.h"

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include "core/object/schema/struct_codec.h"

namespace cleat::object {
namespace {

// What metadata within an embedded object may have.
bool isMetadataField(std::string_view name) {
  static const StructCodec* const kMetadata = [] {
    Result<const StructCodec*> codec = CodecSet::compiledIn().get(capnp::Schema::from<meta_v1::ObjectMeta>());
    return codec ? *codec : nullptr;
  }();
  return kMetadata && kMetadata->find(name);
}

// Stands for the metadata of an embedded object.
const OpenNode* metadataNode() {
  static const OpenNode kNode = [] {
    OpenNode node;
    node.isObject = true;
    node.preservesUnknown = true;
    return node;
  }();
  return &kNode;
}

}  // namespace

bool OpenPlace::member(std::string_view name, bool isRoot, OpenPlace& out) const {
  if (node == metadataNode()) {
    out = {nullptr, true};
    return isMetadataField(name);
  }
  if (node && node->embedded && !isRoot && isRootsOwn(name)) {
    out = name == "metadata" ? OpenPlace{metadataNode(), true} : OpenPlace{nullptr, true};
    return true;
  }
  if (const OpenNode* property = node ? node->property(name) : nullptr) {
    out = {property, property->preservesUnknown};
    return true;
  }
  if (node && (node->additional || node->anyAdditional)) {
    out = {node->additional.get(), keepsAll || (node->additional && node->additional->preservesUnknown)};
    return true;
  }
  out = {nullptr, true};
  return keepsAll;
}

OpenPlace OpenPlace::element() const {
  const OpenNode* items = node ? node->items.get() : nullptr;
  return {items, items ? items->preservesUnknown : keepsAll};
}

}  // namespace cleat::object
