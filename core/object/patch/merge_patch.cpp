// JSON merge patch (RFC 7386).
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

#include "core/object/patch/patch.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

constexpr size_t kMaxDepth = 500;

// The RFC takes a list as it is. Kubernetes takes the nulls out of the objects in it, so that they ask for absence
// there as they do elsewhere in the patch; unless the list takes an object's place.
bool pruneNulls(json::value& value, size_t depth) {
  if (depth > kMaxDepth) return false;
  if (json::array* array = value.if_array()) {
    return std::ranges::all_of(*array, [&](json::value& element) { return pruneNulls(element, depth + 1); });
  }
  json::object* object = value.if_object();
  if (!object) return true;
  for (auto member = object->begin(); member != object->end();) {
    if (member->value().is_null()) {
      member = object->stable_erase(member);
    } else if (!pruneNulls(member->value(), depth + 1)) {
      return false;
    } else {
      ++member;
    }
  }
  return true;
}

bool merge(json::value& target, const json::value& patch, size_t depth) {
  const json::object* changes = patch.if_object();
  if (!changes) {
    const bool wasObject = target.is_object();
    target = patch;
    return wasObject || pruneNulls(target, depth);
  }
  if (depth > kMaxDepth) return false;
  if (!target.is_object()) target = json::object();
  json::object& object = target.get_object();
  for (const auto& [name, change] : *changes) {
    if (change.is_null()) {
      object.erase(name);
    } else if (!merge(object[name], change, depth + 1)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<json::value> applyMergePatch(const json::value& target, const json::value& patch) {
  if (!patch.is_object()) return fail(Status::badRequest("a merge patch must be an object"));
  json::value result(target);
  if (!merge(result, patch, 0)) {
    return fail(Status::badRequest("the patch is nested deeper than the limit of " + std::to_string(kMaxDepth)));
  }
  return result;
}

}  // namespace cleat::object
