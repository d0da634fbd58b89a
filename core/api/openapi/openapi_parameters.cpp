#include "core/api/openapi/openapi_parameters.h"

#include <algorithm>

#include "core/api/openapi/openapi_types.h"

namespace cleat::api {
namespace {

constexpr Parameter kShared[] = {
    {"allowWatchBookmarks", "boolean",
     "Whether a watch may be sent events of the type BOOKMARK, which say how far it has come."},
    {"continue", "string",
     "Where the page before has ended, as its metadata.continue says; the selectors are those of that page."},
    {"fieldManager", "string",
     "Who makes the change, for metadata.managedFields: at most 128 printable characters. An apply cannot be without."},
    {"fieldSelector", "string", "Only objects whose fields are so, such as metadata.name=web. Without it all."},
    {"force", "boolean", "Takes over the fields that others have applied. Of an apply alone."},
    {"gracePeriodSeconds", "integer",
     "For how long the object may go on before it is gone; 0: for no time. Without it what its kind or the object says."},
    {"labelSelector", "string", "Only objects whose labels are so, such as app=web or app in (a, b). Without it all."},
    {"limit", "integer",
     "How many objects a page has at most. Where there are more, metadata.continue says how to read on."},
    {"namespace", "string", "The namespace that it is in: one for each team or project, say.", "path"},
    {"orphanDependents", "boolean",
     "The older way of saying propagationPolicy: whether dependents stay, without an owner."},
    {"pretty", "string", "true: indented for people, as are answers to browsers and to curl that do not say false."},
    {"propagationPolicy", "string",
     "What becomes of dependents: Orphan leaves them, Background deletes them later, Foreground before the object itself."},
    {"resourceVersion", "string",
     "A revision: a list is of it or a later one, as resourceVersionMatch says, and a watch begins behind it."},
    {"resourceVersionMatch", "string", "How the revision is meant: Exact, or NotOlderThan."},
    {"sendInitialEvents", "boolean",
     "Whether a watch begins with all that there is, as events ADDED, with a bookmark behind them. Wants resourceVersionMatch=NotOlderThan."},
    {"timeoutSeconds", "integer", "After what time the answer ends in any case."},
    {"watch", "boolean", "Events, one for each change as it comes, in place of a list."},
};

// What parameters say but for their type, which the versions write in different places.
void writeDescribed(JsonWriter& json, Dialect dialect, const Parameter& parameter) {
  json.open('{').member("name", parameter.name).member("in", parameter.place);
  json.memberUnlessEmpty("description", parameter.description);
  if (parameter.place == "path") json.key("required").flag(true);
  if (dialect == Dialect::v3) {
    json.key("schema").open('{').member("type", parameter.type).key("uniqueItems").flag(true).close('}');
  } else {
    json.member("type", parameter.type).key("uniqueItems").flag(true);
  }
  json.close('}');
}

}  // namespace

const Parameter* sharedParameter(std::string_view name) {
  const Parameter* found = std::ranges::lower_bound(kShared, name, {}, &Parameter::name);
  return found != std::end(kShared) && found->name == name ? found : nullptr;
}

void writeParameter(JsonWriter& json, Dialect dialect, const Parameter& parameter) {
  if (sharedParameter(parameter.name) != &parameter) return writeDescribed(json, dialect, parameter);
  const char* place = dialect == Dialect::v2 ? "#/parameters/" : "#/components/parameters/";
  json.open('{').member("$ref", place + std::string(parameter.name)).close('}');
}

void writeSharedParameters(JsonWriter& json, Dialect dialect) {
  for (const Parameter& parameter : kShared) {
    json.key(parameter.name);
    writeDescribed(json, dialect, parameter);
  }
}

}  // namespace cleat::api
