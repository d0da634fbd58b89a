// ResourcePath: what a path of the API names. Purely by its form; whether there is such a resource is for the registry
// to say.
//
//   /api/v1/namespaces/default/pods/web/log
//   /apis/GROUP/VERSION/RESOURCE/NAME/SUBRESOURCE/REST…
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object/kind.h"

namespace cleat::api {

struct ResourcePath {
  std::string group, version;
  std::string ns, resource, name, subresource;
  std::string rest;    // what follows the subresource, with its slash: "/metrics"
  bool watch = false;  // the old form /api/v1/watch/…
};

enum class PathForm {
  other,         // /healthz, /version, …
  groups,        // /apis
  coreVersions,  // /api
  group,         // /apis/GROUP
  resources,     // /api/VERSION or /apis/GROUP/VERSION
  resource,      // a collection, an object or a subresource
};

struct ParsedPath {
  PathForm form = PathForm::other;
  ResourcePath resource;
};

// `path` as it came; its segments are decoded. A malformed one is `other`.
ParsedPath parsePath(std::string_view path);

}  // namespace cleat::api
