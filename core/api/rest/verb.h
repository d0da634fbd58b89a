// What a request wants to do to a resource, by its method and the form of its path.
#pragma once

#include <string>
#include <string_view>

#include "core/api/rest/query.h"
#include "core/api/rest/resource_path.h"

namespace cleat::api {

enum class Verb { none, get, list, watch, create, update, patch, remove, removeCollection };

// As authorizers call it: "deletecollection".
const char* nameOf(Verb verb);
// As metrics call it: "DELETE".
std::string_view methodOf(Verb verb);

Verb verbOf(std::string_view method, bool named, bool watch);
// The same of a path. `?watch` speaks of collections; of one object the old form of path can ask.
Verb verbOf(std::string_view method, const ResourcePath& path, const Query& query);

// How authorizers call a request on a path that is no resource.
std::string pathVerb(std::string_view method);

}  // namespace cleat::api
