#include "policy-common/merge_place.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>

#include "policy-common/json_values.h"

namespace cleat::policy {

namespace {

using Props = apiextensions_v1::JSONSchemaProps::Reader;

std::optional<Props> propertyOf(Props schema, std::string_view name) {
  for (auto property : schema.getProperties()) {
    if (view(property.getKey()) == name) return property.getValue();
  }
  return std::nullopt;
}

MergePlace::ListType listTypeOf(std::string_view said) {
  if (said == "set") return MergePlace::ListType::set;
  return said == "map" ? MergePlace::ListType::map : MergePlace::ListType::atomic;
}

// Of a value that JSON writes; null for none.
Document documentOfJson(capnp::Text::Reader json) {
  auto tree = JsonTree::parse(view(json));
  auto value = tree ? documentOf(jsonValue(tree->view())) : Result<Document>(Document());
  return value ? *std::move(value) : Document();
}

}  // namespace

bool MergePlace::isAtomicObject() const {
  if (const auto* place = std::get_if<OfStruct>(&known_)) {
    if (place->member && place->member->atomicMap) return true;
    const auto schema = place->schema();
    return schema && layoutOf(*schema).isAtomic;
  }
  const auto* place = std::get_if<OfSchema>(&known_);
  return place && view(place->schema.getXMapType()) == "atomic";
}

std::optional<MergePlace::Member> MergePlace::memberOf(const OfStruct& place, std::string_view name) {
  if (const auto schema = place.schema()) {
    const MemberLayout* found = layoutOf(*schema).find(name);
    if (!found) return std::nullopt;
    return Member{MergePlace(OfStruct{found->field.getType(), found}), true};
  }
  if (place.type.isList() && isMap(place.type.asList())) {
    return Member{
        MergePlace(OfStruct{place.type.asList().getStructElementType().getFieldByName("value").getType(), nullptr})};
  }
  return Member{};
}

std::optional<MergePlace::Member> MergePlace::memberOf(const OfSchema& place, std::string_view name) {
  if (place.isWhole && (name == "apiVersion" || name == "kind")) return Member{MergePlace(), true};
  if (place.isWhole && name == "metadata") {
    return Member{MergePlace(capnp::Schema::from<meta_v1::ObjectMeta>()), true};
  }
  if (const auto property = propertyOf(place.schema, name)) {
    return Member{MergePlace(OfSchema{*property, property->getXEmbeddedResource()}), true};
  }
  if (place.schema.hasAdditionalProperties() && place.schema.getAdditionalProperties().isSchema()) {
    return Member{MergePlace(OfSchema{place.schema.getAdditionalProperties().getSchema()})};
  }
  const bool isOpen =
      place.schema.hasAdditionalProperties() || valueOr(place.schema.getXPreserveUnknownFields(), false);
  if (isOpen || place.schema.getProperties().size() == 0) return Member{};
  return std::nullopt;
}

std::optional<MergePlace::Member> MergePlace::member(std::string_view name) const {
  if (const auto* place = std::get_if<OfStruct>(&known_)) return memberOf(*place, name);
  if (const auto* place = std::get_if<OfSchema>(&known_)) return memberOf(*place, name);
  return Member{};
}

MergePlace::ListType MergePlace::listType() const {
  if (const auto* place = std::get_if<OfStruct>(&known_)) {
    return listTypeOf(place->member ? std::string_view(place->member->listType) : std::string_view());
  }
  const auto* place = std::get_if<OfSchema>(&known_);
  return place ? listTypeOf(view(place->schema.getXListType())) : ListType::atomic;
}

std::vector<std::pair<std::string, Document>> MergePlace::mapKeys() const {
  std::vector<std::pair<std::string, Document>> keys;
  if (const auto* place = std::get_if<OfStruct>(&known_); place && place->member) {
    for (const auto& [key, absent] : place->member->mapKeys) {
      keys.emplace_back(key, absent.empty() ? Document() : Document::ofText(absent));
    }
  }
  if (const auto* place = std::get_if<OfSchema>(&known_)) {
    const Props items = place->schema.getItems().isSchema() ? place->schema.getItems().getSchema() : Props();
    for (auto key : place->schema.getXListMapKeys()) {
      const auto property = propertyOf(items, view(key));
      keys.emplace_back(str(key), property ? documentOfJson(property->getDefault().getRaw()) : Document());
    }
  }
  return keys;
}

MergePlace MergePlace::element() const {
  if (const auto* place = std::get_if<OfStruct>(&known_)) {
    return place->type.isList() ? MergePlace(OfStruct{place->type.asList().getElementType(), nullptr}) : MergePlace();
  }
  const auto* place = std::get_if<OfSchema>(&known_);
  if (!place || !place->schema.hasItems() || !place->schema.getItems().isSchema()) return MergePlace();
  const Props items = place->schema.getItems().getSchema();
  return MergePlace(OfSchema{items, items.getXEmbeddedResource()});
}

}  // namespace cleat::policy
