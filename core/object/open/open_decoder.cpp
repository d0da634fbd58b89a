#include "core/object/open/open_decoder.h"

#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <boost/json/array.hpp>

#include <algorithm>

#include "core/object/codec.h"
#include "core/object/json/strict_errors.h"
#include "core/object/open/open_tree.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {
namespace {

namespace json = boost::json;
using words::ElementSize;

bool isWrongNull(const json::value& value, const OpenNode* node) { return value.is_null() && node && !node->nullable; }

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

void OpenDecoder::root(const OpenNode& schema, const json::object& object, size_t pointer) {
  path_.reserve(24);
  const Place whole{&schema, schema.preservesUnknown};
  std::vector<Member> members = membersOf(whole, object, true);
  if (!members.empty()) this->object(std::move(members), pointer);
}

// Whether a member stays, and what is known of it then.
bool OpenDecoder::place(Place within, std::string_view name, bool isRoot, Place& out) const {
  const OpenNode* node = within.node;
  if (node == metadataNode()) {
    out = {nullptr, true};
    return isMetadataField(name);
  }
  if (node && node->embedded && !isRoot && (name == "apiVersion" || name == "kind" || name == "metadata")) {
    out = name == "metadata" ? Place{metadataNode(), true} : Place{nullptr, true};
    return true;
  }
  if (const OpenNode* property = node ? node->property(name) : nullptr) {
    out = {property, property->preservesUnknown};
    return true;
  }
  if (node && (node->additional || node->anyAdditional)) {
    out = {node->additional.get(), within.keepsAll || (node->additional && node->additional->preservesUnknown)};
    return true;
  }
  out = {nullptr, true};
  return within.keepsAll;
}

std::vector<OpenDecoder::Member> OpenDecoder::membersOf(Place place, const json::object& object, bool isRoot) {
  std::vector<Member> members;
  members.reserve(object.size());
  for (const auto& [name, value] : object) {
    if (isRoot && (name == "apiVersion" || name == "kind" || name == "metadata")) continue;
    Member member{name, &value, {}};
    if (!this->place(place, name, isRoot, member.place)) {
      tellUnknown(name);
      continue;
    }
    const OpenNode* node = member.place.node;
    if (isWrongNull(value, node)) {
      if (!node->byDefault) continue;
      member.value = node->byDefault.get();
    }
    members.push_back(member);
  }
  if (place.node) addDefaults(*place.node, object, members);
  std::ranges::sort(members, {}, &Member::name);
  return members;
}

void OpenDecoder::addDefaults(const OpenNode& node, const json::object& object, std::vector<Member>& members) const {
  if (!node.hasDefaults) return;
  for (const OpenNode::Property& property : node.properties) {
    if (!property.node->byDefault || object.contains(property.name)) continue;
    members.push_back(
        {property.name, property.node->byDefault.get(), {property.node.get(), property.node->preservesUnknown}});
  }
}

void OpenDecoder::object(std::vector<Member> members, size_t pointer) {
  const size_t first =
      out_.initStructList(pointer, static_cast<uint32_t>(members.size()), tree::kDataWords, tree::kPointers);
  size_t at = first;
  for (const Member& member : members) {
    out_.setText(at + tree::kDataWords + tree::kNamePointer, member.name);
    path_.push_back({member.name});
    value(member.place, *member.value, at);
    path_.pop_back();
    at += tree::kDataWords + tree::kPointers;
  }
}

void OpenDecoder::list(Place place, const json::array& array, size_t pointer) {
  const OpenNode* items = place.node ? place.node->items.get() : nullptr;
  const Place element{items, items ? items->preservesUnknown : place.keepsAll};
  size_t at = out_.initStructList(pointer, static_cast<uint32_t>(array.size()), tree::kDataWords, tree::kPointers);
  for (size_t i = 0; i < array.size(); ++i) {
    const bool replaced = isWrongNull(array[i], items) && items->byDefault;
    path_.push_back({{}, static_cast<int64_t>(i)});
    value(element, replaced ? *items->byDefault : array[i], at);
    path_.pop_back();
    at += tree::kDataWords + tree::kPointers;
  }
}

void OpenDecoder::value(Place place, const Value& value, size_t at) {
  auto is = [&](TreeKind kind) { out_.setScalar(at, tree::kKindOffset, static_cast<uint16_t>(kind)); };
  const size_t pointer = at + tree::kDataWords + tree::kValuePointer;
  switch (value.kind()) {
    case json::kind::null: return is(TreeKind::null);
    case json::kind::bool_:
      is(TreeKind::boolean);
      if (value.get_bool()) out_.setBit(at, tree::kBooleanBit);
      return;
    case json::kind::int64: is(TreeKind::integer); return out_.setScalar(at, tree::kNumberOffset, value.get_int64());
    case json::kind::uint64:
      is(TreeKind::floating);
      return out_.setScalar(at, tree::kNumberOffset, static_cast<double>(value.get_uint64()));
    case json::kind::double_:
      is(TreeKind::floating);
      // Without a sign of zero: what is written -0 is read as an integer, which has none.
      return out_.setScalar(at, tree::kNumberOffset, value.get_double() + 0.0);
    case json::kind::string: is(TreeKind::text); return out_.setText(pointer, value.get_string());
    case json::kind::array: is(TreeKind::list); return list(place, value.get_array(), pointer);
    case json::kind::object: is(TreeKind::object); return object(membersOf(place, value.get_object(), false), pointer);
  }
}

void OpenDecoder::tellUnknown(std::string_view name) {
  if (!mayTellMore(unknown_)) return;
  std::string path;
  for (const Step& step : path_) {
    if (step.index >= 0) {
      path += "[" + std::to_string(step.index) + "]";
    } else {
      path.append(path.empty() ? "" : ".").append(step.name);
    }
  }
  path.append(path.empty() ? "" : ".").append(name);
  unknown_.push_back("unknown field \"" + path + "\"");
}

}  // namespace cleat::object
