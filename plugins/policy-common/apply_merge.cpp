#include "policy-common/apply_merge.h"

#include <capnp/schema.capnp.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "policy-common/struct_layout.h"

namespace cleat::policy {

namespace {

// What is known of a place: its type and how its field says that it is merged.
struct MergePlace {
  std::optional<capnp::Type> type;
  const MemberLayout* member = nullptr;

  std::optional<capnp::StructSchema> structSchema() const {
    return type && type->isStruct() ? std::optional(type->asStruct()) : std::nullopt;
  }
  bool isAtomicObject() const {
    if (member && member->atomicMap) return true;
    auto schema = structSchema();
    return schema && layoutOf(*schema).isAtomic;
  }
  MergePlace memberNamed(const std::string& name) const {
    if (auto schema = structSchema()) {
      const MemberLayout* found = layoutOf(*schema).find(name);
      return found ? MergePlace{found->field.getType(), found} : MergePlace{};
    }
    if (type && type->isList() && isMap(type->asList())) {
      return {type->asList().getStructElementType().getFieldByName("value").getType(), nullptr};
    }
    return {};
  }
  MergePlace element() const {
    return type && type->isList() ? MergePlace{type->asList().getElementType(), nullptr} : MergePlace{};
  }
};

bool sameKeys(const MemberLayout& member, const Document& a, const Document& b) {
  for (const auto& [key, absent] : member.mapKeys) {
    const Document byDefault = absent.empty() ? Document() : Document::ofText(absent);
    const Document *mine = a.find(key), *other = b.find(key);
    if (!((mine ? *mine : byDefault) == (other ? *other : byDefault))) return false;
  }
  return true;
}

class Merging {
 public:
  Result<void> merge(Document& to, const Document& from, const MergePlace& place, const std::string& path) {
    if (from.isObject()) return mergeObject(to, from, place, path);
    if (from.isList()) return mergeList(to, from, place, path);
    to = from;
    return {};
  }

 private:
  static std::unexpected<Status> atomic(const std::string& path) {
    return fail(Status::badRequest(
        concat("invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ", path)));
  }

  Result<void> mergeObject(Document& to, const Document& from, const MergePlace& place, const std::string& path) {
    if (place.isAtomicObject()) return atomic(path);
    if (!to.isObject()) to = Document::object();
    for (size_t i = 0; i < from.items.size(); ++i) {
      Document* there = to.find(from.names[i]);
      if (!there) there = &to.set(from.names[i], Document());
      CLEAT_TRY(merge(*there, from.items[i], place.memberNamed(from.names[i]), concat(path, ".", from.names[i])));
    }
    return {};
  }

  Result<void> mergeList(Document& to, const Document& from, const MergePlace& place, const std::string& path) {
    const bool isSet = place.member && place.member->listType == "set";
    const bool isKeyed = place.member && place.member->listType == "map";
    if (!isSet && !isKeyed) return atomic(path);
    if (!to.isList()) to = Document::ofType(Document::Type::list);
    for (const Document& item : from.items) {
      auto same = std::ranges::find_if(
          to.items, [&](const Document& each) { return isSet ? each == item : sameKeys(*place.member, each, item); });
      if (same == to.items.end()) {
        to.items.emplace_back();
        same = to.items.end() - 1;
      }
      CLEAT_TRY(merge(*same, item, place.element(), path));
    }
    return {};
  }
};

}  // namespace

Result<void> applyMerge(Document& document, const Document& configuration, std::optional<capnp::StructSchema> schema) {
  MergePlace root;
  if (schema) root.type = capnp::Type(*schema);
  return Merging().merge(document, configuration, root, "");
}

}  // namespace cleat::policy
