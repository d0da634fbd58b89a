#include "core/api/openapi/openapi_discovery.h"

#include <algorithm>
#include <set>
#include <span>

#include "core/api/openapi/operation_name.h"

namespace cleat::api {
namespace {

// Of the definitions that are called here by their last name alone.
constexpr std::string_view kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
constexpr std::string_view kVersionInfo = "io.k8s.apimachinery.pkg.version.Info";
constexpr std::string_view kRawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension";

struct Property {
  std::string_view name;
  std::string_view type;  // "string", "boolean", or the definition of a struct
  std::string_view description;
  bool required = false;
  bool isList = false;
};
struct Type {
  std::string_view name;
  std::string_view description;
  std::span<const Property> properties;
  bool hasKind = false;
};

constexpr Property kServerAddresses = {"serverAddressByClientCIDRs", "ServerAddressByClientCIDR",
                                       "By which address clients reach the server, by where they are.", false, true};

constexpr Property kGroup[] = {
    {"name", "string", "What the group is called.", true},
    {"preferredVersion", "GroupVersionForDiscovery", "The version that is best used."},
    kServerAddresses,
    {"versions", "GroupVersionForDiscovery", "All versions that are served, the preferred one first.", true, true}};
constexpr Property kGroupList[] = {{"groups", "APIGroup", "The groups, by name.", true, true}};
constexpr Property kResource[] = {
    {"categories", "string", "What several kinds together are called by, such as all.", false, true},
    {"group", "string", "The group of the kind, where it is not that of the list."},
    {"kind", "string", "The kind of what is sent and answered.", true},
    {"name", "string", "The plural, as in the path; behind a slash the subresource.", true},
    {"namespaced", "boolean", "Whether the objects are in namespaces.", true},
    {"shortNames", "string", "Shorter names that people may type.", false, true},
    {"singularName", "string", "The singular, as people type it.", true},
    {"storageVersionHash", "string", "Another one when the objects are stored in another version."},
    {"verbs", "string", "What can be asked for.", true, true},
    {"version", "string", "The version of the kind, where it is not that of the list."}};
constexpr Property kResourceList[] = {
    {"groupVersion", "string", "The group and version that the resources are in.", true},
    {"resources", "APIResource", "The resources, and their subresources.", true, true}};
constexpr Property kVersions[] = {
    {"serverAddressByClientCIDRs", "ServerAddressByClientCIDR", kServerAddresses.description, true, true},
    {"versions", "string", "The versions of the core group.", true, true}};
constexpr Property kGroupVersion[] = {{"groupVersion", "string", "The group and version, GROUP/VERSION.", true},
                                      {"version", "string", "The version alone.", true}};
constexpr Property kServerAddress[] = {
    {"clientCIDR", "string", "Where those clients are.", true},
    {"serverAddress", "string", "The address, with a port where it needs one.", true}};
constexpr Property kInfo[] = {{"buildDate", "string", "When the program was built.", true},
                              {"compiler", "string", "With what.", true},
                              {"emulationMajor", "string", "The major version that it behaves as."},
                              {"emulationMinor", "string", "The minor version that it behaves as."},
                              {"gitCommit", "string", "Of which commit.", true},
                              {"gitTreeState", "string", "Whether there were changes beside it.", true},
                              {"gitVersion", "string", "The version, as v1.37.2.", true},
                              {"goVersion", "string", "The version of Go, where it was used.", true},
                              {"major", "string", "The major version.", true},
                              {"minCompatibilityMajor", "string", "The least major version it goes with."},
                              {"minCompatibilityMinor", "string", "The least minor version it goes with."},
                              {"minor", "string", "The minor version.", true},
                              {"platform", "string", "The system and the processor that it is for.", true}};
constexpr Property kWatchEvent[] = {
    {"object", kRawExtension,
     "The object as it is now, or was last when it is gone; of a BOOKMARK its resourceVersion alone; of an ERROR a Status.",
     true},
    {"type", "string", "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.", true}};

constexpr Type kTypes[] = {
    {"APIGroup", "A group and its versions.", kGroup, true},
    {"APIGroupList", "All groups but the core one.", kGroupList, true},
    {"APIResource", "A resource of a version.", kResource},
    {"APIResourceList", "The resources of a version.", kResourceList, true},
    {"APIVersions", "The versions of the core group.", kVersions, true},
    {"GroupVersionForDiscovery", "A version of a group.", kGroupVersion},
    {"ServerAddressByClientCIDR", "An address of the server for some of its clients.", kServerAddress},
    {"WatchEvent", "What has become of an object.", kWatchEvent, true},
    {kRawExtension, "Any object.", {}},
    {kVersionInfo, "Which version the server is of.", kInfo}};

std::string fullName(std::string_view name) {
  return std::string(name.contains('.') ? std::string_view() : kMeta).append(name);
}

struct Answer {
  std::string_view type;
  std::string operation, tag;
  std::string_view description;
};

// What is answered at the path.
Answer answerAt(std::string_view path) {
  if (path == "/version/") return {kVersionInfo, "getCodeVersion", "version", "Which version the server is of."};
  if (path == "/api/") return {"APIVersions", "getCoreAPIVersions", "core", "The versions of the core group."};
  if (path == "/apis/") return {"APIGroupList", "getAPIVersions", "apis", "All groups but the core one."};
  path.remove_suffix(1);
  const bool isCore = path.starts_with("/api/");
  const std::string_view named = path.substr(isCore ? 5 : 6);
  const size_t slash = named.find('/');
  const std::string_view group = isCore ? std::string_view() : named.substr(0, slash);
  if (!isCore && slash == std::string_view::npos) {
    return {"APIGroup", operationName("get", group, "", "APIGroup"), groupTag(group), "A group and its versions."};
  }
  const std::string_view version = isCore ? named : named.substr(slash + 1);
  return {"APIResourceList", operationName("get", group, version, "APIResources"), operationTag(group, version),
          "The resources of a version."};
}

void writeTypeOf(JsonWriter& json, Dialect dialect, const Property& property, bool wrapped) {
  if (property.type == "string" || property.type == "boolean") {
    json.member("type", property.type);
    return;
  }
  if (wrapped) json.key("allOf").open('[').open('{');
  json.member("$ref", referenceTo(dialect, fullName(property.type)));
  if (wrapped) json.close('}').close(']');
}

void writeType(JsonWriter& json, Dialect dialect, const Type& type) {
  json.key(fullName(type.name)).open('{').member("description", type.description).member("type", "object");
  if (type.properties.empty()) {
    json.close('}');
    return;
  }
  json.key("properties").open('{');
  if (type.hasKind) writeApiVersionAndKind(json);
  std::vector<std::string> required;
  for (const Property& property : type.properties) {
    json.key(property.name).open('{').member("description", property.description);
    if (property.isList) json.member("type", "array").key("items").open('{');
    writeTypeOf(json, dialect, property, !property.isList && dialect == Dialect::v3);
    if (property.isList) json.close('}').member("x-kubernetes-list-type", "atomic");
    json.close('}');
    if (property.required) required.emplace_back(property.name);
  }
  json.close('}').memberTexts("required", required);
  if (type.hasKind) {
    json.key("x-kubernetes-group-version-kind").open('[').open('{').member("group", "");
    json.member("kind", type.name).member("version", "v1").close('}').close(']');
  }
  json.close('}');
}

void collect(std::string_view name, std::set<std::string_view>& names) {
  const auto type = std::ranges::find(kTypes, name, &Type::name);
  if (type == std::end(kTypes) || !names.insert(name).second) return;
  for (const Property& property : type->properties) collect(property.type, names);
}

}  // namespace

void writeDiscoveryPath(JsonWriter& json, Dialect dialect, std::string_view path) {
  const Answer answer = answerAt(path);
  const std::string type = "application/json";
  const auto schema = [&] {
    json.key("schema").open('{').member("$ref", referenceTo(dialect, fullName(answer.type))).close('}');
  };
  json.key(path).open('{').key("get").open('{');
  json.member("description", answer.description).member("operationId", answer.operation);
  json.memberTexts("tags", {answer.tag});
  if (dialect == Dialect::v2) {
    json.memberTexts("consumes", {type}).memberTexts("produces", {type}).memberTexts("schemes", {"https"});
  }
  json.key("responses").open('{').key("200").open('{').member("description", "OK");
  if (dialect == Dialect::v2) {
    schema();
  } else {
    json.key("content").open('{').key(type).open('{');
    schema();
    json.close('}').close('}');
  }
  json.close('}').key("401").open('{').member("description", "Unauthorized").close('}').close('}');
  json.close('}').close('}');
}

void writeDiscoveryTypes(JsonWriter& json, Dialect dialect, const std::vector<std::string>& paths, bool watches) {
  std::set<std::string_view> names;
  for (const std::string& path : paths) collect(answerAt(path).type, names);
  if (watches) collect("WatchEvent", names);
  for (const Type& type : kTypes) {
    if (names.contains(type.name)) writeType(json, dialect, type);
  }
}

}  // namespace cleat::api
