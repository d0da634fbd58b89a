#include "core/api/rest/verb.h"

#include <algorithm>
#include <cctype>

namespace cleat::api {

const char* nameOf(Verb verb) {
  switch (verb) {
    case Verb::none: return "";
    case Verb::get: return "get";
    case Verb::list: return "list";
    case Verb::watch: return "watch";
    case Verb::create: return "create";
    case Verb::update: return "update";
    case Verb::patch: return "patch";
    case Verb::remove: return "delete";
    case Verb::removeCollection: return "deletecollection";
  }
  return "";
}

std::string_view methodOf(Verb verb) {
  switch (verb) {
    case Verb::none: break;
    case Verb::get: return "GET";
    case Verb::list: return "LIST";
    case Verb::watch: return "WATCH";
    case Verb::create: return "POST";
    case Verb::update: return "PUT";
    case Verb::patch: return "PATCH";
    case Verb::remove:
    case Verb::removeCollection: return "DELETE";
  }
  return "";
}

Verb verbOf(std::string_view method, bool named, bool watch) {
  if (method == "GET" || method == "HEAD") return watch ? Verb::watch : named ? Verb::get : Verb::list;
  if (method == "POST") return Verb::create;
  if (method == "PUT") return Verb::update;
  if (method == "PATCH") return Verb::patch;
  if (method == "DELETE") return named ? Verb::remove : Verb::removeCollection;
  return Verb::none;
}

Verb verbOf(std::string_view method, const ResourcePath& path, const Query& query) {
  const bool watch = path.watch || (path.name.empty() && query.flag("watch"));
  return verbOf(method, !path.name.empty(), watch && path.subresource.empty());
}

std::string pathVerb(std::string_view method) {
  if (method == "HEAD") return "get";
  std::string verb(method);
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return std::tolower(c); });
  return verb;
}

}  // namespace cleat::api
