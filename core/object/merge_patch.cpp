// JSON merge patch (RFC 7386).
#include <boost/json/object.hpp>

#include "core/object/patch.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

constexpr size_t kMaxDepth = 500;

bool merge(json::value& target, const json::value& patch, size_t depth) {
  const json::object* changes = patch.if_object();
  if (!changes) {
    target = patch;
    return true;
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
