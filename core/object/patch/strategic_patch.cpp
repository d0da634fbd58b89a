// Kubernetes' strategic merge patch. Beside plain merging it knows: lists merged by a key or as sets; in maps and list
// elements
// `$patch` (replace, delete, merge); beside a field `$deleteFromPrimitiveList/field`, `$setElementOrder/field`; in maps
// `$retainKeys`.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/object/json/json_text.h"
#include "core/object/patch/patch.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

constexpr std::string_view kMarker = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";
constexpr size_t kMaxDepth = 500;

struct PatchError {
  Status status;
};

[[noreturn]] void badFormat(const std::string& message) { throw PatchError{Status::badRequest(message)}; }

[[noreturn]] void unprocessable(const std::string& message) {
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
std::string textOf(const json::value& value) {
  return value.is_string() ? "\"" + std::string(value.get_string()) : jsonText(value);
}

std::string mergeKeyOf(const json::value& element, std::string_view mergeKey) {
  const json::object* object = element.if_object();
  if (!object) unprocessable("list element types are not identical: " + jsonText(element));
  const json::value* value = object->if_contains(mergeKey);
  if (!value) {
    unprocessable("map: " + jsonText(element) + " does not contain declared merge key: " + std::string(mergeKey));
  }
  return textOf(*value);
}

// What identifies an element: its merge key, or itself.
std::string identity(const json::value& element, std::string_view mergeKey) {
  return mergeKey.empty() ? textOf(element) : mergeKeyOf(element, mergeKey);
}

using Order = std::unordered_map<std::string, size_t>;

Order orderOf(const json::array& list, std::string_view mergeKey) {
  Order order;
  for (size_t i = 0; i < list.size(); ++i) order.emplace(identity(list[i], mergeKey), i);
  return order;
}

const json::array& listOf(const json::value& value, std::string_view directive) {
  if (const json::array* list = value.if_array()) return *list;
  badFormat("invalid patch format of " + std::string(directive) + " list");
}

std::optional<std::string_view> markerOf(const json::value& value) {
  const json::object* object = value.if_object();
  const json::value* marker = object ? object->if_contains(kMarker) : nullptr;
  if (!marker) return std::nullopt;
  if (!marker->is_string()) badFormat("unknown patch type found: " + jsonText(*marker));
  return std::string_view(marker->get_string());
}

// The patch's own value becomes part of the object: without directives, and without nulls, which ask for absence.
json::value plain(const json::value& value, size_t depth) {
  if (depth > kMaxDepth) badFormat("the patch is nested deeper than the limit of " + std::to_string(kMaxDepth));
  if (const json::object* object = value.if_object()) {
    json::object out;
    if (markerOf(value) == "delete") return out;
    for (const auto& [name, member] : *object) {
      bool isDirective = name == kMarker || name == kRetainKeys || std::string_view(name).starts_with(kDeletePrefix) ||
                         std::string_view(name).starts_with(kOrderPrefix);
      if (!isDirective && !member.is_null()) out[name] = plain(member, depth + 1);
    }
    return out;
  }
  if (const json::array* array = value.if_array()) {
    json::array out;
    for (const json::value& element : *array) {
      std::optional<std::string_view> marker = markerOf(element);
      bool isOnlyDirective = marker == "delete" || (marker == "replace" && element.get_object().size() == 1);
      if (!isOnlyDirective) out.push_back(plain(element, depth + 1));
    }
    return out;
  }
  return value;
}

// Elements in `order` as that says, the others where the live list had them; the former go first when in doubt.
json::array arrange(json::array merged, const json::array& wanted, const json::array& live, std::string_view mergeKey) {
  Order wantedOrder = orderOf(wanted, mergeKey);
  Order liveOrder = orderOf(live, mergeKey);
  struct Item {
    json::value value;
    std::string id;
  };
  std::vector<Item> ordered, others;
  for (json::value& value : merged) {
    std::string id = identity(value, mergeKey);
    std::vector<Item>& side = wantedOrder.contains(id) ? ordered : others;
    side.push_back({std::move(value), std::move(id)});
  }
  std::ranges::stable_sort(ordered, {}, [&](const Item& item) { return wantedOrder.at(item.id); });
  auto livePlace = [&](const Item& item) {
    auto it = liveOrder.find(item.id);
    return it == liveOrder.end() ? std::optional<size_t>() : it->second;
  };
  std::ranges::stable_sort(others, [&](const Item& a, const Item& b) {
    return livePlace(a).value_or(SIZE_MAX) < livePlace(b).value_or(SIZE_MAX);
  });
  json::array out;
  auto left = others.begin(), right = ordered.begin();
  while (left != others.end() || right != ordered.end()) {
    bool takeLeft = right == ordered.end();
    if (!takeLeft && left != others.end()) {
      std::optional<size_t> a = livePlace(*left), b = livePlace(*right);
      takeLeft = a && b && *a < *b;
    }
    out.push_back(std::move(takeLeft ? left++->value : right++->value));
  }
  return out;
}

class Merger {
 public:
  void mergeMap(json::object& live, const json::object& patch, Level level, size_t depth);

 private:
  bool replaces(json::object& live, const json::object& patch, size_t depth);
  void retainKeys(json::object& live, const json::object& patch);
  void mergeOrdered(json::object& live, const json::object& patch, std::string_view name, const json::array& order,
                    Level level, size_t depth);
  void mergeMember(json::object& live, std::string_view name, const json::value& change, Level level, size_t depth);
  void deleteFrom(json::object& live, std::string_view name, const json::value& doomed);
  // `livePlaces` is for a `$setElementOrder`, which goes by the places in the live list: where the patch deletes
  // elements, Kubernetes has new ones take the places that became free, and so do we.
  json::array mergeList(const json::array& live, const json::array& patch, const PatchSchema::Field& field,
                        size_t depth, json::array* livePlaces = nullptr);
  json::array mergeScalars(const json::array& live, const json::array& patch);
  void mergeElements(json::array& live, const json::array& patch, const PatchSchema::Field& field, size_t depth,
                     json::array* livePlaces);
  void checkOrder(const json::array& patch, const json::array& order, std::string_view mergeKey);
};

// A `$patch` in the map itself decides about all of it.
bool Merger::replaces(json::object& live, const json::object& patch, size_t depth) {
  const json::value* marker = patch.if_contains(kMarker);
  if (!marker) return false;
  if (*marker == "replace") {
    live = plain(patch, depth).as_object();
  } else if (*marker == "delete") {
    live.clear();
  } else if (*marker == "merge") {
    return false;
  } else {
    badFormat("unknown patch type found: " + jsonText(*marker));
  }
  return true;
}

void Merger::retainKeys(json::object& live, const json::object& patch) {
  const json::value* directive = patch.if_contains(kRetainKeys);
  if (!directive) return;
  const std::string malformed = "invalid patch format of retainKeys";
  if (!directive->is_array()) badFormat(malformed);
  std::unordered_set<std::string> keys;
  for (const json::value& key : directive->get_array()) {
    if (!key.is_string()) badFormat(malformed);
    keys.insert(std::string(key.get_string()));
  }
  for (const auto& [name, change] : patch) {
    bool counts = name != kRetainKeys && !change.is_null() && !std::string_view(name).starts_with('$');
    if (counts && !keys.contains(std::string(name))) badFormat(malformed);
  }
  json::object kept;
  for (auto& [name, value] : live) {
    if (keys.contains(std::string(name))) kept[name] = std::move(value);
  }
  live = std::move(kept);
}

void Merger::mergeMap(json::object& live, const json::object& patch, Level level, size_t depth) {
  if (depth > kMaxDepth) badFormat("the patch is nested deeper than the limit of " + std::to_string(kMaxDepth));
  if (replaces(live, patch, depth)) return;
  retainKeys(live, patch);
  std::unordered_set<std::string_view> done;
  for (const auto& [name, value] : patch) {
    if (!std::string_view(name).starts_with(kOrderPrefix)) continue;
    std::string_view field = std::string_view(name).substr(kOrderPrefix.size());
    mergeOrdered(live, patch, field, listOf(value, "$setElementOrder"), level, depth);
    done.insert(field);
  }
  for (const auto& [name, change] : patch) {
    std::string_view key = name;
    if (key.starts_with(kDeletePrefix)) {
      deleteFrom(live, key.substr(kDeletePrefix.size()), change);
    } else if (key != kMarker && key != kRetainKeys && !key.starts_with(kOrderPrefix) && !done.contains(key)) {
      mergeMember(live, key, change, level, depth);
    }
  }
}

void Merger::deleteFrom(json::object& live, std::string_view name, const json::value& doomed) {
  std::unordered_set<std::string> texts;
  for (const json::value& value : listOf(doomed, "$deleteFromPrimitiveList")) texts.insert(textOf(value));
  json::value* member = live.if_contains(name);
  if (!member || !member->is_array()) return;
  json::array kept;
  for (json::value& value : member->get_array()) {
    if (!texts.contains(textOf(value))) kept.push_back(std::move(value));
  }
  *member = std::move(kept);
}

// The list of a `$setElementOrder`, with what the patch says of it.
void Merger::mergeOrdered(json::object& live, const json::object& patch, std::string_view name,
                          const json::array& order, Level level, size_t depth) {
  const json::value* current = live.if_contains(name);
  const json::value* change = patch.if_contains(name);
  PatchSchema::Field field = level.field(name);
  auto asList = [&](const json::value* value) {
    if (!value || value->is_null()) return json::array();
    if (!value->is_array()) badFormat("expected a list in field " + std::string(name) + ", found " + jsonText(*value));
    return value->get_array();
  };
  json::array liveList = asList(current), patchList = asList(change);
  checkOrder(patchList, order, field.mergeKey);
  if (!current && !change) return;
  json::array places(liveList);
  json::array merged = !change    ? liveList
                       : !current ? plain(patchList, depth).as_array()
                                  : mergeList(liveList, patchList, field, depth, &places);
  live[name] = arrange(std::move(merged), order, places, field.mergeKey);
}

void Merger::checkOrder(const json::array& patch, const json::array& order, std::string_view mergeKey) {
  if (patch.empty() || order.empty()) return;
  size_t at = 0;
  for (const json::value& element : patch) {
    if (markerOf(element)) continue;
    std::string id = identity(element, mergeKey);
    while (at < order.size() && identity(order[at], mergeKey) != id) ++at;
    if (at++ >= order.size()) {
      unprocessable("The order in patch list:\n" + jsonText(patch) + "\n doesn't match $setElementOrder list:\n" +
                    jsonText(order) + "\n");
    }
  }
}

void Merger::mergeMember(json::object& live, std::string_view name, const json::value& change, Level level,
                         size_t depth) {
  if (change.is_null()) {
    live.erase(name);
    return;
  }
  json::value* current = live.if_contains(name);
  if (!current || current->kind() != change.kind()) {
    live[name] = plain(change, depth);
    return;
  }
  PatchSchema::Field field = level.field(name);
  if (change.is_object() && field.strategy != "replace") {
    mergeMap(current->get_object(), change.get_object(), Level{field.element, field.isMap}, depth + 1);
  } else if (change.is_array() && field.strategy.starts_with("merge")) {
    *current = mergeList(current->get_array(), change.get_array(), field, depth);
  } else {
    *current = plain(change, depth);
  }
}

json::array Merger::mergeList(const json::array& live, const json::array& patch, const PatchSchema::Field& field,
                              size_t depth, json::array* livePlaces) {
  if (!field.strategy.starts_with("merge")) return plain(patch, depth).as_array();
  if (live.empty() && patch.empty()) return {};
  const json::value& first = patch.empty() ? live[0] : patch[0];
  if (first.is_array()) unprocessable("lists of lists are not supported");
  if (!first.is_object()) return mergeScalars(live, patch);
  if (field.mergeKey.empty()) unprocessable("cannot merge lists without merge key");
  json::array merged(live);
  mergeElements(merged, patch, field, depth, livePlaces);
  return merged;
}

json::array Merger::mergeScalars(const json::array& live, const json::array& patch) {
  json::array merged;
  std::unordered_set<std::string> seen;
  for (const json::array* list : {&live, &patch}) {
    for (const json::value& value : *list) {
      if (value.is_object() || value.is_array())
        unprocessable("list element types are not identical: " + jsonText(*list));
      if (seen.insert(textOf(value)).second) merged.push_back(value);
    }
  }
  return arrange(std::move(merged), patch, live, {});
}

void Merger::mergeElements(json::array& live, const json::array& patch, const PatchSchema::Field& field, size_t depth,
                           json::array* livePlaces) {
  std::unordered_set<std::string> doomed;
  bool replace = false;
  json::array changes;
  for (const json::value& element : patch) {
    std::optional<std::string_view> marker = markerOf(element);
    if (marker == "delete") {
      doomed.insert(mergeKeyOf(element, field.mergeKey));
    } else if (marker == "replace") {
      replace = true;
    } else if (marker == "merge") {
      unprocessable("merging lists cannot yet be specified in the patch");
    } else if (marker) {
      badFormat("unknown patch type found: " + std::string(*marker));
    } else {
      changes.push_back(element);
    }
  }
  if (replace) {
    live = plain(changes, depth).as_array();
    return;
  }
  json::array merged;
  Order indexes;
  size_t liveCount = live.size();
  for (json::value& element : live) {
    std::string id = mergeKeyOf(element, field.mergeKey);
    if (doomed.contains(id)) continue;
    indexes.emplace(id, merged.size());
    merged.push_back(std::move(element));
  }
  json::array remaining(merged);
  for (const json::value& change : changes) {
    auto [it, isNew] = indexes.emplace(mergeKeyOf(change, field.mergeKey), merged.size());
    if (isNew) {
      merged.push_back(plain(change, depth));
    } else {
      mergeMap(merged[it->second].as_object(), change.get_object(), Level{field.element}, depth + 1);
    }
  }
  if (livePlaces) {
    size_t count = std::min(liveCount, merged.size());
    *livePlaces = json::array(merged.begin(), merged.begin() + static_cast<std::ptrdiff_t>(count));
  }
  live = arrange(std::move(merged), changes, remaining, field.mergeKey);
}

}  // namespace

Result<json::value> applyStrategicPatch(const PatchSchema& schema, const json::value& target,
                                        const json::value& patch) {
  const json::object* changes = patch.if_object();
  if (!changes || !target.is_object()) return fail(Status::badRequest("a strategic merge patch must be an object"));
  json::value result(target);
  try {
    Merger().mergeMap(result.get_object(), *changes, Level{&schema}, 0);
  } catch (const PatchError& error) {
    return fail(error.status);
  }
  return result;
}

Result<json::value> applyStrategicPatch(const Kind& kind, const json::value& target, const json::value& patch) {
  return applyStrategicPatch(*kind.codec, target, patch);
}

}  // namespace cleat::object
