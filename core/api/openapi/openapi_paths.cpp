#include "core/api/openapi/openapi_paths.h"

#include <algorithm>
#include <span>

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

struct Parameter {
  const char* name;
  const char* type;
};

constexpr Parameter kListParameters[] = {{"allowWatchBookmarks", "boolean"},
                                         {"continue", "string"},
                                         {"fieldSelector", "string"},
                                         {"labelSelector", "string"},
                                         {"limit", "integer"},
                                         {"resourceVersion", "string"},
                                         {"resourceVersionMatch", "string"},
                                         {"sendInitialEvents", "boolean"},
                                         {"timeoutSeconds", "integer"},
                                         {"watch", "boolean"}};
constexpr Parameter kWriteParameters[] = {
    {"dryRun", "string"}, {"fieldManager", "string"}, {"fieldValidation", "string"}};
constexpr Parameter kPatchParameters[] = {
    {"dryRun", "string"}, {"fieldManager", "string"}, {"fieldValidation", "string"}, {"force", "boolean"}};
constexpr Parameter kDeleteParameters[] = {{"dryRun", "string"},
                                           {"gracePeriodSeconds", "integer"},
                                           {"orphanDependents", "boolean"},
                                           {"propagationPolicy", "string"}};

// Clients that find the strategic one here use it.
constexpr const char* kPatchTypes[] = {"application/json-patch+json", "application/merge-patch+json",
                                       "application/apply-patch+yaml", "application/strategic-merge-patch+json"};

// One operation of a path.
struct Operation {
  const char* method;
  const char* action;  // x-kubernetes-action
  std::span<const Parameter> parameters;
  std::string body;    // the definition of the body, or empty
  std::string answer;  // of the answer, or empty
};

class PathWriter {
 public:
  PathWriter(JsonWriter& json, Dialect dialect, const Kind& kind)
      : json_(json), dialect_(dialect), kind_(kind), base_(kind.group.empty() ? "/api/" : "/apis/") {
    base_ += kind.apiVersion() + "/";
  }

  void writeAll();

 private:
  bool allows(const char* verb) const { return std::ranges::find(kind_.verbs, verb) != kind_.verbs.end(); }
  void writeCollection();
  void writeObject();
  void writeSubresource(const Subresource& subresource);
  void open(const std::string& path, bool namespaced, bool named);
  void write(const Operation& operation, const Kind& about, const std::string& what);
  void writeParameter(const Parameter& parameter, const char* in);
  void writeBody(const Operation& operation);
  std::string namespacedBase() const { return base_ + (kind_.namespaced ? "namespaces/{namespace}/" : ""); }
  std::string object() const { return definitionName(kind_); }
  // Nothing says of an open kind how its lists are merged strategically.
  std::span<const char* const> patchTypes() const {
    return std::span(kPatchTypes).first(std::size(kPatchTypes) - (kind_.open ? 1 : 0));
  }

  JsonWriter& json_;
  const Dialect dialect_;
  const Kind& kind_;
  std::string base_;
};

void PathWriter::writeAll() {
  writeCollection();
  writeObject();
  for (const Subresource* subresource : kind_.subresources()) writeSubresource(*subresource);
}

void PathWriter::writeCollection() {
  const std::string list = listDefinitionName(kind_);
  if (kind_.namespaced && allows("list")) {
    open(base_ + kind_.plural, false, false);
    write({"get", "list", kListParameters, "", list}, kind_, "ForAllNamespaces");
    json_.close('}');
  }
  if (!allows("list") && !allows("create") && !allows("deletecollection")) return;
  open(namespacedBase() + kind_.plural, kind_.namespaced, false);
  if (allows("list")) write({"get", "list", kListParameters, "", list}, kind_, "");
  if (allows("create")) write({"post", "post", kWriteParameters, object(), object()}, kind_, "");
  if (allows("deletecollection")) {
    write({"delete", "deletecollection", kDeleteParameters, std::string(kDeleteOptionsName), std::string(kStatusName)},
          kind_, "Collection");
  }
  json_.close('}');
}

void PathWriter::writeObject() {
  if (!allows("get") && !allows("update") && !allows("patch") && !allows("delete")) return;
  open(namespacedBase() + kind_.plural + "/{name}", kind_.namespaced, true);
  if (allows("get")) write({"get", "get", {}, "", object()}, kind_, "");
  if (allows("update")) write({"put", "put", kWriteParameters, object(), object()}, kind_, "");
  if (allows("patch")) write({"patch", "patch", kPatchParameters, std::string(kPatchName), object()}, kind_, "");
  if (allows("delete")) {
    write({"delete", "delete", kDeleteParameters, std::string(kDeleteOptionsName), std::string(kStatusName)}, kind_,
          "");
  }
  json_.close('}');
}

void PathWriter::writeSubresource(const Subresource& subresource) {
  auto has = [&](const char* verb) { return std::ranges::find(subresource.verbs, verb) != subresource.verbs.end(); };
  const Kind& about = subresource.body ? *subresource.body : kind_;
  bool connects = subresource.style == Subresource::Style::connect;
  const std::string body = connects ? "" : definitionName(about);
  open(namespacedBase() + kind_.plural + "/{name}/" + subresource.name, kind_.namespaced, true);
  if (has("get")) write({"get", connects ? "connect" : "get", {}, "", body}, about, subresource.name);
  if (has("create")) {
    write({"post", connects ? "connect" : "post", kWriteParameters, body, body}, about, subresource.name);
  }
  if (has("update")) write({"put", "put", kWriteParameters, body, body}, about, subresource.name);
  if (has("patch")) {
    write({"patch", "patch", kPatchParameters, std::string(kPatchName), body}, about, subresource.name);
  }
  json_.close('}');
}

void PathWriter::open(const std::string& path, bool namespaced, bool named) {
  json_.key(path).open('{');
  if (!namespaced && !named) return;
  json_.key("parameters").open('[');
  if (named) writeParameter({"name", "string"}, "path");
  if (namespaced) writeParameter({"namespace", "string"}, "path");
  json_.close(']');
}

void PathWriter::writeParameter(const Parameter& parameter, const char* in) {
  json_.open('{').member("name", parameter.name).member("in", in);
  if (std::string_view(in) == "path") json_.key("required").flag(true);
  if (dialect_ == Dialect::v3) {
    json_.key("schema").open('{').member("type", parameter.type).key("uniqueItems").flag(true).close('}');
  } else {
    json_.member("type", parameter.type).key("uniqueItems").flag(true);
  }
  json_.close('}');
}

void PathWriter::write(const Operation& operation, const Kind& about, const std::string& what) {
  json_.key(operation.method).open('{');
  json_.member("operationId", std::string(operation.action) + kind_.group + kind_.version + kind_.name + what);
  json_.key("parameters").open('[');
  bool bodyHere = dialect_ == Dialect::v2 && !operation.body.empty();
  if (bodyHere) {
    json_.open('{').member("name", "body").member("in", "body").key("required").flag(true).key("schema").open('{');
    json_.member("$ref", referenceTo(dialect_, operation.body)).close('}').close('}');
  }
  for (const Parameter& parameter : operation.parameters) writeParameter(parameter, "query");
  json_.close(']');
  writeBody(operation);
  json_.key("responses").open('{').key("200").open('{').member("description", "OK");
  if (!operation.answer.empty()) {
    if (dialect_ == Dialect::v3) json_.key("content").open('{').key("application/json").open('{');
    json_.key("schema").open('{').member("$ref", referenceTo(dialect_, operation.answer)).close('}');
    if (dialect_ == Dialect::v3) json_.close('}').close('}');
  }
  json_.close('}').close('}');
  json_.member("x-kubernetes-action", operation.action);
  json_.key("x-kubernetes-group-version-kind");
  writeGroupVersionKind(json_, about, about.name);
  json_.close('}');
}

void PathWriter::writeBody(const Operation& operation) {
  bool patch = std::string_view(operation.method) == "patch";
  if (dialect_ == Dialect::v2) {
    if (!patch) return;
    json_.key("consumes").open('[');
    for (const char* type : patchTypes()) json_.text(type);
    json_.close(']');
    return;
  }
  if (operation.body.empty()) return;
  json_.key("requestBody").open('{').key("content").open('{');
  auto content = [&](const char* type) {
    json_.key(type).open('{').key("schema").open('{');
    json_.member("$ref", referenceTo(dialect_, operation.body)).close('}').close('}');
  };
  if (patch) {
    for (const char* type : patchTypes()) content(type);
  } else {
    content("application/json");
  }
  json_.close('}').close('}');
}

}  // namespace

void writePaths(JsonWriter& json, Dialect dialect, const std::vector<object::KindRef>& kinds) {
  for (const object::KindRef& kind : kinds) {
    if (kind->plural.empty() || kind->verbs.empty() || !kind->codec) continue;
    PathWriter(json, dialect, *kind).writeAll();
  }
}

}  // namespace cleat::api
