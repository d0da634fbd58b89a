// Kubernetes' strategic merge patch. Beside plain merging it knows: lists merged by a key or as sets; in maps and list
// elements `$patch` (replace, delete, merge); beside a field `$deleteFromPrimitiveList/field`,
// `$setElementOrder/field`; in maps `$retainKeys`.
#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/object/json/go_text.h"
#include "core/object/json/json_text.h"
#include "core/object/patch/element_order.h"
#include "core/object/patch/patch.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {

namespace {

using List = std::vector<JsonNode>;

constexpr std::string_view kMarker = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";

struct PatchError {
  Status status;
};

[[noreturn]] void badFormat(const std::string& message) { throw PatchError{Status::badRequest(message)}; }

[[noreturn]] void refuse(const std::string& message) {
  Status status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = message;
  throw PatchError{status};
}

// What is known at one level of the object: the fields of a struct, or a map whose members are all alike.
struct Level {
  const PatchSchema* schema = nullptr;
  bool isMap = false;

  PatchSchema::Field field(std::string_view name) const {
    if (isMap) return {.element = schema};
    return schema ? schema->field(name).value_or(PatchSchema::Field{}) : PatchSchema::Field{};
  }
};

// Equal values have equal texts; used to find elements without comparing each with each.
std::string textOf(const JsonNode& value) {
  return value.isText() ? "\"" + std::string(value.text()) : jsonText(value);
}

std::string shown(const List& list) {
  std::string out = "[";
  for (const JsonNode& element : list) out.append(out.size() > 1 ? " " : "").append(goText(element));
  return out + "]";
}

using Order = ElementOrder;

JsonNode::Kind kindOf(const JsonNode& value) {
  return value.kind == JsonNode::Kind::stored ? value.stored->kind() : value.kind;
}

[[noreturn]] void unknownMarker(const JsonNode& map, std::string_view marker) {
  badFormat(concat("unknown patch type: ", marker, " in map: ", goText(map)));
}

std::optional<std::string_view> markerOf(const JsonNode& value) {
  const JsonNode* marker = value.find(kMarker);
  if (!marker) return std::nullopt;
  if (!marker->isText()) unknownMarker(value, goText(*marker));
  return marker->text();
}

bool isDirective(std::string_view name) {
  return name == kMarker || name == kRetainKeys || name.starts_with(kDeletePrefix) || name.starts_with(kOrderPrefix);
}

void checkDepth(size_t depth) {
  if (depth > kMaxPatchDepth)
    badFormat("the patch is nested deeper than the limit of " + std::to_string(kMaxPatchDepth));
}

class Merger {
 public:
  explicit Merger(PatchTree& tree) : tree_(tree) {}
  void mergeMap(JsonNode& live, const JsonNode& patch, Level level, size_t depth);

 private:
  std::string mergeKeyOf(const JsonNode& element, std::string_view mergeKey);
  std::string identity(const JsonNode& element, std::string_view mergeKey);
  Order orderOf(const List& list, std::string_view mergeKey);
  JsonNode plain(const JsonNode& value, size_t depth);
  List plainList(const List& list, size_t depth);
  // Elements in the order of `wanted`, the others where the live list had them; the former go first when in doubt.
  List arrange(const List& merged, const List& wanted, const List& live, std::string_view mergeKey);

  bool replaces(JsonNode& live, const JsonNode& patch, size_t depth);
  void retainKeys(JsonNode& live, const JsonNode& patch);
  void mergeOrdered(JsonNode& live, const JsonNode& patch, std::string_view name, const List& order, Level level,
                    size_t depth);
  void mergeMember(JsonNode& live, std::string_view name, const JsonNode& change, Level level, size_t depth);
  void deleteFrom(JsonNode& live, std::string_view name, const JsonNode& doomed);
  // `livePlaces` is for a `$setElementOrder`, which goes by the places in the live list: where the patch deletes
  // elements, Kubernetes has new ones take the places that became free, and so do we.
  List mergeList(const List& live, const List& patch, const PatchSchema::Field& field, size_t depth,
                 List* livePlaces = nullptr);
  List mergeScalars(const List& live, const List& patch);
  List mergeElements(const List& live, const List& patch, const PatchSchema::Field& field, size_t depth,
                     List* livePlaces);
  void checkOrder(const List& patch, const List& order, std::string_view mergeKey);

  PatchTree& tree_;
};

List elementsOf(const JsonNode& array) { return List(array.list().begin(), array.list().end()); }

// Of the value of a directive.
List listOf(const JsonNode& value) {
  if (value.isArray()) return elementsOf(value);
  badFormat(concat("expected a []interface {}, but received a ", goTypeOf(value)));
}

std::string Merger::mergeKeyOf(const JsonNode& element, std::string_view mergeKey) {
  if (kindOf(element) != JsonNode::Kind::object) {
    refuse("list element types are not identical: " + goText(element));
  }
  JsonNode value;
  if (!peek(tree_.arena(), element, mergeKey, value)) {
    refuse(concat("map: ", goText(element), " does not contain declared merge key: ", mergeKey));
  }
  return textOf(value);
}

// What identifies an element: its merge key, or itself.
std::string Merger::identity(const JsonNode& element, std::string_view mergeKey) {
  return mergeKey.empty() ? textOf(element) : mergeKeyOf(element, mergeKey);
}

Order Merger::orderOf(const List& list, std::string_view mergeKey) {
  Order order;
  for (size_t i = 0; i < list.size(); ++i) order.emplace(identity(list[i], mergeKey), i);
  return order;
}

// The patch's own value becomes part of the object: without directives, and without nulls, which ask for absence.
JsonNode Merger::plain(const JsonNode& value, size_t depth) {
  checkDepth(depth);
  if (value.isObject()) {
    JsonNode out = JsonNode::emptyObject();
    if (markerOf(value) == "delete") return out;
    out.members = tree_.arena().array<JsonMember>(value.count);
    for (const auto& [name, member] : value.object()) {
      if (isDirective(name) || member.isNull()) continue;
      out.members[out.count++] = {name, plain(member, depth + 1)};
    }
    return out;
  }
  if (value.isArray()) return tree_.arrayOf(plainList(elementsOf(value), depth));
  return value;
}

List Merger::plainList(const List& list, size_t depth) {
  checkDepth(depth);
  List out;
  for (const JsonNode& element : list) {
    const std::optional<std::string_view> marker = markerOf(element);
    const bool isOnlyDirective = marker == "delete" || (marker == "replace" && element.count == 1);
    if (!isOnlyDirective) out.push_back(plain(element, depth + 1));
  }
  return out;
}

List Merger::arrange(const List& merged, const List& wanted, const List& live, std::string_view mergeKey) {
  std::vector<IdentifiedNode> items;
  for (const JsonNode& value : merged) items.push_back({value, identity(value, mergeKey)});
  return arranged(std::move(items), orderOf(wanted, mergeKey), orderOf(live, mergeKey));
}

// A `$patch` in the map itself decides about all of it.
bool Merger::replaces(JsonNode& live, const JsonNode& patch, size_t depth) {
  const JsonNode* marker = patch.find(kMarker);
  if (!marker) return false;
  const std::string_view said = marker->isText() ? marker->text() : std::string_view();
  if (said == "replace") {
    live = plain(patch, depth);
  } else if (said == "delete") {
    live = JsonNode::emptyObject();
  } else if (said == "merge") {
    return false;
  } else {
    unknownMarker(patch, goText(*marker));
  }
  return true;
}

void Merger::retainKeys(JsonNode& live, const JsonNode& patch) {
  const JsonNode* directive = patch.find(kRetainKeys);
  if (!directive) return;
  const std::string malformed = "invalid patch format of retainKeys";
  if (!directive->isArray()) badFormat(malformed);
  std::unordered_set<std::string_view> keys;
  for (const JsonNode& key : directive->list()) {
    if (!key.isText()) badFormat(malformed);
    keys.insert(key.text());
  }
  for (const auto& [name, change] : patch.object()) {
    bool counts = name != kRetainKeys && !change.isNull() && !name.starts_with('$');
    if (counts && !keys.contains(name)) badFormat(malformed);
  }
  JsonNode kept = JsonNode::emptyObject();
  kept.members = tree_.arena().array<JsonMember>(live.count);
  for (const JsonMember& member : live.object()) {
    if (keys.contains(member.name)) kept.members[kept.count++] = member;
  }
  live = kept;
}

void Merger::mergeMap(JsonNode& live, const JsonNode& patch, Level level, size_t depth) {
  checkDepth(depth);
  if (replaces(live, patch, depth)) return;
  tree_.open(live);
  retainKeys(live, patch);
  std::unordered_set<std::string_view> done;
  for (const auto& [name, value] : patch.object()) {
    if (!name.starts_with(kOrderPrefix)) continue;
    std::string_view field = name.substr(kOrderPrefix.size());
    mergeOrdered(live, patch, field, listOf(value), level, depth);
    done.insert(field);
  }
  for (const auto& [name, change] : patch.object()) {
    if (name.starts_with(kDeletePrefix)) {
      deleteFrom(live, name.substr(kDeletePrefix.size()), change);
    } else if (!isDirective(name) && !done.contains(name)) {
      mergeMember(live, name, change, level, depth);
    }
  }
}

void Merger::deleteFrom(JsonNode& live, std::string_view name, const JsonNode& doomed) {
  std::unordered_set<std::string> texts;
  for (const JsonNode& value : listOf(doomed)) texts.insert(textOf(value));
  JsonNode* member = tree_.find(live, name);
  if (!member || tree_.kindOf(*member) != JsonNode::Kind::array) return;
  List kept = elementsOf(tree_.open(*member));
  std::erase_if(kept, [&](const JsonNode& value) { return texts.contains(textOf(value)); });
  *member = tree_.arrayOf(kept);
}

// The list of a `$setElementOrder`, with what the patch says of it.
void Merger::mergeOrdered(JsonNode& live, const JsonNode& patch, std::string_view name, const List& order, Level level,
                          size_t depth) {
  JsonNode* current = tree_.find(live, name);
  const JsonNode* change = tree_.find(patch, name);
  PatchSchema::Field field = level.field(name);
  auto asList = [&](const JsonNode* value) {
    if (!value || value->isNull()) return List();
    if (!value->isArray()) badFormat("expected a list in field " + std::string(name) + ", found " + jsonText(*value));
    return elementsOf(*value);
  };
  const List liveList = asList(current ? &tree_.open(*current) : nullptr), patchList = asList(change);
  checkOrder(patchList, order, field.mergeKey);
  if (!current && !change) return;
  List places(liveList);
  List merged = !change    ? liveList
                : !current ? plainList(patchList, depth)
                           : mergeList(liveList, patchList, field, depth, &places);
  tree_.at(live, name) = tree_.arrayOf(arrange(merged, order, places, field.mergeKey));
}

void Merger::checkOrder(const List& patch, const List& order, std::string_view mergeKey) {
  if (patch.empty() || order.empty()) return;
  size_t at = 0;
  for (const JsonNode& element : patch) {
    if (markerOf(element)) continue;
    std::string id = identity(element, mergeKey);
    while (at < order.size() && identity(order[at], mergeKey) != id) ++at;
    if (at++ >= order.size()) {
      refuse(concat("The order in patch list:\n", shown(patch), "\n doesn't match $setElementOrder list:\n",
                    shown(order), "\n"));
    }
  }
}

void Merger::mergeMember(JsonNode& live, std::string_view name, const JsonNode& change, Level level, size_t depth) {
  if (change.isNull()) return tree_.erase(live, name);
  JsonNode* current = tree_.find(live, name);
  if (!current || tree_.kindOf(*current) != change.kind) {
    tree_.at(live, name) = plain(change, depth);
    return;
  }
  PatchSchema::Field field = level.field(name);
  if (change.isObject() && field.strategy != "replace") {
    mergeMap(*current, change, Level{field.element, field.isMap}, depth + 1);
  } else if (change.isArray() && field.strategy.starts_with("merge")) {
    *current = tree_.arrayOf(mergeList(elementsOf(tree_.open(*current)), elementsOf(change), field, depth));
  } else {
    *current = plain(change, depth);
  }
}

List Merger::mergeList(const List& live, const List& patch, const PatchSchema::Field& field, size_t depth,
                       List* livePlaces) {
  if (!field.strategy.starts_with("merge")) return plainList(patch, depth);
  if (live.empty() && patch.empty()) return {};
  const JsonNode::Kind first = kindOf(patch.empty() ? live[0] : patch[0]);
  if (first == JsonNode::Kind::array) refuse("lists of lists are not supported");
  if (first != JsonNode::Kind::object) return mergeScalars(live, patch);
  if (field.mergeKey.empty()) refuse("cannot merge lists without merge key");
  return mergeElements(live, patch, field, depth, livePlaces);
}

List Merger::mergeScalars(const List& live, const List& patch) {
  List merged;
  std::unordered_set<std::string> seen;
  for (const List* list : {&live, &patch}) {
    for (const JsonNode& value : *list) {
      const JsonNode::Kind kind = kindOf(value);
      if (kind == JsonNode::Kind::object || kind == JsonNode::Kind::array) {
        refuse(concat("list element types are not identical: [", shown(live), " ", shown(patch), "]"));
      }
      if (seen.insert(textOf(value)).second) merged.push_back(value);
    }
  }
  return arrange(merged, patch, live, {});
}

List Merger::mergeElements(const List& live, const List& patch, const PatchSchema::Field& field, size_t depth,
                           List* livePlaces) {
  std::unordered_set<std::string> doomed;
  bool replace = false;
  List changes;
  for (const JsonNode& element : patch) {
    std::optional<std::string_view> marker = markerOf(element);
    if (marker == "delete") {
      doomed.insert(mergeKeyOf(element, field.mergeKey));
    } else if (marker == "replace") {
      replace = true;
    } else if (marker == "merge") {
      refuse("merging lists cannot yet be specified in the patch");
    } else if (marker) {
      unknownMarker(element, *marker);
    } else {
      changes.push_back(element);
    }
  }
  if (replace) return plainList(changes, depth);
  List merged;
  Order indexes;
  for (const JsonNode& element : live) {
    std::string id = mergeKeyOf(element, field.mergeKey);
    if (doomed.contains(id)) continue;
    indexes.emplace(id, merged.size());
    merged.push_back(element);
  }
  const List remaining(merged);
  for (const JsonNode& change : changes) {
    auto [it, isNew] = indexes.emplace(mergeKeyOf(change, field.mergeKey), merged.size());
    if (isNew) {
      merged.push_back(plain(change, depth));
    } else {
      mergeMap(merged[it->second], change, Level{field.element}, depth + 1);
    }
  }
  if (livePlaces)
    livePlaces->assign(merged.begin(), merged.begin() + static_cast<ptrdiff_t>(std::min(live.size(), merged.size())));
  return arrange(merged, changes, remaining, field.mergeKey);
}

}  // namespace

Result<void> applyStrategicPatch(const PatchSchema& schema, PatchTree& tree, JsonNode& target, const JsonNode& patch) {
  if (patch.isNull()) return {};
  if (!patch.isObject()) {
    return fail(Status::badRequest(
        concat("json: cannot unmarshal ", goTypeOf(patch), " into Go value of type map[string]interface {}")));
  }
  if (tree.kindOf(target) != JsonNode::Kind::object) {
    return fail(Status::badRequest("a strategic merge patch is one of an object"));
  }
  try {
    Merger(tree).mergeMap(target, patch, Level{&schema}, 0);
  } catch (const PatchError& error) {
    return fail(error.status);
  }
  return {};
}

Result<void> applyStrategicPatch(const Kind& kind, PatchTree& tree, JsonNode& target, const JsonNode& patch) {
  return applyStrategicPatch(*kind.codec, tree, target, patch);
}

}  // namespace cleat::object
