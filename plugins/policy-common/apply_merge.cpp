#include "policy-common/apply_merge.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::policy {

namespace {

using ListType = MergePlace::ListType;
using MapKeys = std::vector<std::pair<std::string, Document>>;

std::unexpected<Status> wrong(std::string_view why) {
  return fail(Status::badRequest(concat("error applying patch: ", why)));
}
std::unexpected<Status> untyped(std::string_view path, std::string_view why) {
  return wrong(concat("failed to convert patch object to typed object: ", path, ": ", why));
}

// What it says of itself, or what its absence means; null: nothing.
const Document* keyIn(const Document& item, const std::pair<std::string, Document>& key) {
  const Document* said = item.find(key.first);
  if (said && said->type != Document::Type::null) return said;
  return key.second.type == Document::Type::null ? nullptr : &key.second;
}

bool sameKeys(const MapKeys& keys, const Document& a, const Document& b) {
  return std::ranges::all_of(keys, [&](const auto& key) {
    const Document *mine = keyIn(a, key), *other = keyIn(b, key);
    return mine && other ? *mine == *other : mine == other;
  });
}

std::string shownScalar(const Document& value) {
  switch (value.type) {
    case Document::Type::text: return inQuotes(value.text);
    case Document::Type::integer: return std::to_string(value.integer);
    case Document::Type::boolean: return value.boolean ? "true" : "false";
    default: return "null";
  }
}

// `[name="a"]`.
std::string shownKey(const MapKeys& keys, const Document& item) {
  std::string shown;
  for (const auto& key : keys) {
    const Document* value = keyIn(item, key);
    if (value) shown += concat(shown.empty() ? "" : ",", key.first, "=", shownScalar(*value));
  }
  return concat("[", shown, "]");
}

// Whether a configuration is one of the schema, before anything is made of it.
Result<void> checkList(const Document& list, const MergePlace& place, const std::string& path);

Result<void> check(const Document& value, const MergePlace& place, const std::string& path) {
  if (value.isList()) return checkList(value, place, path);
  for (size_t i = 0; i < value.names.size(); ++i) {
    const std::string below = concat(path, ".", value.names[i]);
    const auto member = place.member(value.names[i]);
    if (!member) return untyped(below, "field not declared in schema");
    CLEAT_TRY(check(value.items[i], member->place, below));
  }
  return {};
}

Result<void> checkList(const Document& list, const MergePlace& place, const std::string& path) {
  const ListType type = place.listType();
  const MapKeys keys = type == ListType::map ? place.mapKeys() : MapKeys();
  for (size_t i = 0; i < list.items.size(); ++i) {
    const Document& item = list.items[i];
    for (const auto& key : keys) {
      if (keyIn(item, key)) continue;
      return untyped(path, concat("element ", i, ": associative list with keys has an element that omits key field ",
                                  inQuotes(key.first), " (and doesn't have default value)"));
    }
    const bool isTwice =
        type != ListType::atomic && std::any_of(list.items.begin(), list.items.begin() + i, [&](const Document& other) {
          return type == ListType::set ? other == item : sameKeys(keys, other, item);
        });
    if (isTwice) {
      const std::string key = type == ListType::set ? concat("[", shownScalar(item), "]") : shownKey(keys, item);
      return untyped(path, concat("duplicate entries for key ", key));
    }
    CLEAT_TRY(check(item, place.element(), concat(path, "[", i, "]")));
  }
  return {};
}

// The places of the configuration that are one thing each, so that what it does not name would be gone. Keys of maps
// are not looked behind, as in Kubernetes.
void findAtomics(const Document& value, const MergePlace& place, const std::string& path,
                 std::vector<std::string>& found) {
  if (value.isObject() && place.isAtomicObject()) found.push_back(path);
  if (value.isList() && place.listType() == ListType::atomic) found.push_back(path);
  for (size_t i = 0; i < value.items.size(); ++i) {
    if (value.isList()) {
      findAtomics(value.items[i], place.element(), concat(path, "[", i, "]"), found);
    } else if (const auto member = place.member(value.names[i]); member && member->declared) {
      findAtomics(value.items[i], member->place, concat(path, ".", value.names[i]), found);
    }
  }
}

void merge(Document& to, const Document& from, const MergePlace& place);

void mergeList(Document& to, const Document& from, const MergePlace& place) {
  const ListType type = place.listType();
  if (type == ListType::atomic) {
    to = from;
    return;
  }
  const MapKeys keys = place.mapKeys();
  if (!to.isList()) to = Document::ofType(Document::Type::list);
  for (const Document& item : from.items) {
    auto same = std::ranges::find_if(to.items, [&](const Document& each) {
      return type == ListType::set ? each == item : sameKeys(keys, each, item);
    });
    if (same == to.items.end()) {
      to.items.emplace_back();
      same = to.items.end() - 1;
    }
    merge(*same, item, place.element());
  }
}

void merge(Document& to, const Document& from, const MergePlace& place) {
  if (from.isList()) return mergeList(to, from, place);
  if (!from.isObject()) {
    to = from;
    return;
  }
  if (!to.isObject()) to = Document::object();
  for (size_t i = 0; i < from.items.size(); ++i) {
    Document* there = to.find(from.names[i]);
    if (!there) there = &to.set(from.names[i], Document());
    const auto member = place.member(from.names[i]);
    merge(*there, from.items[i], member ? member->place : MergePlace());
  }
}

}  // namespace

Result<void> applyMerge(Document& document, const Document& configuration, const MergePlace& root) {
  CLEAT_TRY(check(configuration, root, ""));
  std::vector<std::string> atomics;
  findAtomics(configuration, root, "", atomics);
  if (!atomics.empty()) {
    return wrong(
        concat("invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ", joined(atomics, ", ")));
  }
  merge(document, configuration, root);
  return {};
}

}  // namespace cleat::policy
