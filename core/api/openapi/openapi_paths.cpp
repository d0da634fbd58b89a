#include "core/api/openapi/openapi_paths.h"

#include <algorithm>
#include <span>

#include "core/api/openapi/openapi_parameters.h"
#include "core/api/openapi/operation_name.h"
#include "core/object/verbs.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

// What a field of a connection's options is in a query.
const char* typeInQuery(const object::ValuePlan& value) {
  using object::Shape;
  const Shape shape = value.shape == Shape::box ? value.boxed : value.shape;
  switch (shape) {
    case Shape::boolean: return "boolean";
    case Shape::integer: return "integer";
    case Shape::floating: return "number";
    case Shape::list: return typeInQuery(*value.element);
    default: return "string";
  }
}

// Those that are described once for the document, by name, and those that old clients look for in the operation itself
// (kubectl, whether dryRun is among those of a patch).
constexpr std::string_view kListParameters[] = {
    "allowWatchBookmarks",  "continue",          "fieldSelector",  "labelSelector", "limit", "resourceVersion",
    "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"};
constexpr std::string_view kPretty[] = {"pretty"};
constexpr std::string_view kNamespace[] = {"namespace"};
constexpr std::string_view kWriteParameters[] = {"dryRun", "fieldManager", "fieldValidation"};
constexpr std::string_view kPatchParameters[] = {"dryRun", "fieldManager", "fieldValidation", "force"};
constexpr std::string_view kDeleteParameters[] = {"dryRun", "gracePeriodSeconds", "orphanDependents",
                                                  "propagationPolicy"};
constexpr std::string_view kDeleteCollectionParameters[] = {
    "continue",      "dryRun",           "fieldSelector",     "gracePeriodSeconds", "labelSelector",
    "limit",         "orphanDependents", "propagationPolicy", "resourceVersion",    "resourceVersionMatch",
    "timeoutSeconds"};
constexpr Parameter kOwnParameters[] = {
    {"dryRun", "string", "All: the request is carried out but for storing what comes of it."},
    {"fieldValidation", "string",
     "What becomes of fields that are unknown or said twice: Ignore drops them, Warn, which is the default, tells of them as well, "
     "Strict refuses the request."}};

// Clients that find the strategic one here use it.
constexpr const char* kPatchTypes[] = {"application/json-patch+json", "application/merge-patch+json",
                                       "application/apply-patch+yaml", "application/strategic-merge-patch+json"};

constexpr const char* kObjectTypes[] = {"application/json", "application/yaml", "application/vnd.kubernetes.protobuf"};
constexpr const char* kListTypes[] = {"application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
                                      "application/json;stream=watch",
                                      "application/vnd.kubernetes.protobuf;stream=watch"};
constexpr const char* kAnyType[] = {"*/*"};
constexpr const char* kTextTypes[] = {"text/plain", "application/json", "application/yaml",
                                      "application/vnd.kubernetes.protobuf"};

// What a request may answer if all goes well.
struct Code {
  const char* code;
  const char* words;
};
constexpr Code kRead[] = {{"200", "OK"}};
constexpr Code kCreated[] = {{"200", "OK"}, {"201", "Created"}, {"202", "Accepted"}};
constexpr Code kChanged[] = {{"200", "OK"}, {"201", "Created"}};
constexpr Code kDeleted[] = {{"200", "OK"}, {"202", "Accepted"}};

// One operation of a path.
struct Operation {
  const char* method;
  const char* action;  // x-kubernetes-action
  const char* verb;    // what its identifier begins with
  std::span<const std::string_view> parameters;
  std::string body;    // the definition of the body, or empty
  std::string answer;  // of the answer, or empty
  std::span<const Code> codes;
  std::string kind = {};     // what it is about, where that is not the kind's own name
  bool answersText = false;  // whatever is behind a connection
  std::string_view description = {};
};

class PathWriter {
 public:
  PathWriter(JsonWriter& json, Dialect dialect, const object::Catalogue& catalogue, const Kind& kind)
      : json_(json), dialect_(dialect), catalogue_(catalogue), kind_(kind),
        base_(kind.group.empty() ? "/api/" : "/apis/") {
    base_ += kind.apiVersion() + "/";
  }

  void writeAll();

 private:
  void writeCollection();
  void writeObject();
  void writeWatches();
  void writeWatch(const std::string& path, bool namespaced, bool named, const std::string& what);
  void writeSubresource(const Subresource& subresource);
  void writeConnections(const Subresource& subresource, const std::string& what);
  void writeConnect(const Subresource& subresource, const std::string& path, const std::string& what);
  void open(const std::string& path, bool namespaced, bool named);
  void writeAddress(bool namespaced, bool named);
  void writeOptions(const object::StructCodec& options);
  // `of`: what the operation's identifier says after its verb.
  void write(const Operation& operation, const Kind& about, const std::string& of);
  void writeParameters(std::span<const std::string_view> names);
  void writeTypes(const Operation& operation);
  void writeBody(const Operation& operation);
  void writeAnswers(const Operation& operation);
  void writeTexts(const char* name, std::span<const char* const> texts);
  std::string namespacedBase() const { return base_ + (kind_.namespaced ? "namespaces/{namespace}/" : ""); }
  std::string object() const { return definitionName(kind_); }
  std::string named() const { return (kind_.namespaced ? "Namespaced" : "") + kind_.name; }
  // Nothing says of an open kind how its lists are merged strategically.
  std::span<const char* const> patchTypes() const {
    return std::span(kPatchTypes).first(std::size(kPatchTypes) - (kind_.open ? 1 : 0));
  }
  // Open kinds are not written in protobuf.
  std::span<const char* const> answerTypes(const Operation& operation) const {
    static constexpr const char* kOpenTypes[] = {"application/json", "application/yaml"};
    const std::string_view action = operation.action;
    if (action == "connect") return kAnyType;
    if (operation.answersText) return kTextTypes;
    if (kind_.open) return kOpenTypes;
    const bool lists = action == "list" || action.starts_with("watch");
    return lists ? std::span<const char* const>(kListTypes) : std::span<const char* const>(kObjectTypes);
  }

  JsonWriter& json_;
  const Dialect dialect_;
  const object::Catalogue& catalogue_;
  const Kind& kind_;
  std::string base_;
};

void PathWriter::writeAll() {
  writeCollection();
  writeObject();
  if (object::hasVerb(kind_, "watch")) writeWatches();
  for (const Subresource* subresource : kind_.subresources()) writeSubresource(*subresource);
}

void PathWriter::writeCollection() {
  const std::string list = listDefinitionName(kind_);
  if (kind_.namespaced && object::hasVerb(kind_, "list")) {
    open(base_ + kind_.plural, false, false);
    write({"get", "list", "list", kListParameters, "", list, kRead}, kind_, kind_.name + "ForAllNamespaces");
    json_.close('}');
  }
  if (!object::hasVerb(kind_, "list") && !object::hasVerb(kind_, "create") &&
      !object::hasVerb(kind_, "deletecollection"))
    return;
  open(namespacedBase() + kind_.plural, kind_.namespaced, false);
  if (object::hasVerb(kind_, "list")) write({"get", "list", "list", kListParameters, "", list, kRead}, kind_, named());
  if (object::hasVerb(kind_, "create")) {
    write({"post", "post", "create", kWriteParameters, object(), object(), kCreated}, kind_, named());
  }
  if (object::hasVerb(kind_, "deletecollection")) {
    write({"delete", "deletecollection", "delete", kDeleteCollectionParameters, std::string(kDeleteOptionsName),
           std::string(kStatusName), kRead},
          kind_, "Collection" + named());
  }
  json_.close('}');
}

void PathWriter::writeObject() {
  if (!object::hasVerb(kind_, "get") && !object::hasVerb(kind_, "update") && !object::hasVerb(kind_, "patch") &&
      !object::hasVerb(kind_, "delete"))
    return;
  open(namespacedBase() + kind_.plural + "/{name}", kind_.namespaced, true);
  if (object::hasVerb(kind_, "get")) write({"get", "get", "read", {}, "", object(), kRead}, kind_, named());
  if (object::hasVerb(kind_, "update")) {
    write({"put", "put", "replace", kWriteParameters, object(), object(), kChanged}, kind_, named());
  }
  if (object::hasVerb(kind_, "patch")) {
    write({"patch", "patch", "patch", kPatchParameters, std::string(kPatchName), object(), kChanged}, kind_, named());
  }
  if (object::hasVerb(kind_, "delete")) {
    write({"delete", "delete", "delete", kDeleteParameters, std::string(kDeleteOptionsName),
           kind_.returnsDeleted ? object() : std::string(kStatusName), kDeleted},
          kind_, named());
  }
  json_.close('}');
}

// The older way to watch, by paths of its own.
void PathWriter::writeWatches() {
  const std::string base = base_ + "watch/", within = base + (kind_.namespaced ? "namespaces/{namespace}/" : "");
  if (kind_.namespaced) writeWatch(base + kind_.plural, false, false, kind_.name + "ListForAllNamespaces");
  writeWatch(within + kind_.plural, kind_.namespaced, false, this->named() + "List");
  if (object::hasVerb(kind_, "get"))
    writeWatch(within + kind_.plural + "/{name}", kind_.namespaced, true, this->named());
}

void PathWriter::writeWatch(const std::string& path, bool namespaced, bool named, const std::string& what) {
  json_.key(path).open('{').key("parameters").open('[');
  writeParameters(kListParameters);
  writeAddress(namespaced, named);
  writeParameters(kPretty);
  json_.close(']');
  Operation operation{"get", named ? "watch" : "watchlist", "watch", {}, "", std::string(kWatchEventName), kRead};
  operation.description = named ? "Deprecated: watch the list, with fieldSelector=metadata.name=NAME."
                                : "Deprecated: add watch=true to a request for the list.";
  write(operation, kind_, what);
  json_.close('}');
}

void PathWriter::writeSubresource(const Subresource& subresource) {
  auto has = [&](const char* verb) { return object::hasVerb(subresource, verb); };
  const std::string path = namespacedBase() + kind_.plural + "/{name}/" + subresource.name;
  const std::string what = named() + capitalized(subresource.name);
  if (subresource.style == Subresource::Style::connect) return writeConnect(subresource, path, what);
  const Kind& about = subresource.body ? *subresource.body : kind_;
  const std::string body = definitionName(about);
  open(path, kind_.namespaced, true);
  if (has("get")) write({"get", "get", "read", {}, "", body, kRead}, about, what);
  if (has("create")) write({"post", "post", "create", kWriteParameters, body, body, kCreated}, about, what);
  if (has("update")) write({"put", "put", "replace", kWriteParameters, body, body, kChanged}, about, what);
  if (has("patch")) {
    write({"patch", "patch", "patch", kPatchParameters, std::string(kPatchName), body, kChanged}, about, what);
  }
  json_.close('}');
}

void PathWriter::writeConnect(const Subresource& subresource, const std::string& path, const std::string& what) {
  // What can only be got is read, as a log is.
  const bool reads = subresource.verbs.size() == 1 && subresource.verbs[0] == "get";
  const auto begin = [&](const std::string& at, bool withPath) {
    json_.key(at).open('{').key("parameters").open('[');
    writeAddress(kind_.namespaced, true);
    if (withPath) writeParameter(json_, dialect_, {"path", "string", "The path behind the proxy.", "path"});
    if (reads) writeParameters(kPretty);
    if (subresource.options) writeOptions(*subresource.options);
    json_.close(']');
  };
  begin(path, false);
  if (reads) {
    write({"get", "get", "read", {}, "", "", kRead, "", true}, kind_, what);
  } else {
    writeConnections(subresource, what);
  }
  json_.close('}');
  if (subresource.name != "proxy") return;
  begin(path + "/{path}", true);
  writeConnections(subresource, what + "WithPath");
  json_.close('}');
}

void PathWriter::writeConnections(const Subresource& subresource, const std::string& what) {
  struct Connection {
    const char *verb, *method, *name;
  };
  static constexpr Connection kConnections[] = {{"get", "get", "Get"},
                                                {"create", "post", "Post"},
                                                {"update", "put", "Put"},
                                                {"patch", "patch", "Patch"},
                                                {"delete", "delete", "Delete"},
                                                // Of those that go on to another server as they come.
                                                {"delete", "head", "Head"},
                                                {"delete", "options", "Options"}};
  for (const auto& [verb, method, name] : kConnections) {
    if (!object::hasVerb(subresource, verb)) continue;
    write({method, "connect", "connect", {}, "", "", kRead, subresource.optionsKind, true}, kind_, name + what);
  }
}

void PathWriter::open(const std::string& path, bool namespaced, bool named) {
  json_.key(path).open('{');
  json_.key("parameters").open('[');
  writeAddress(namespaced, named);
  writeParameters(kPretty);
  json_.close(']');
}

void PathWriter::writeAddress(bool namespaced, bool named) {
  if (named) {
    const std::string whose = "The name of the " + kind_.name + ".";
    writeParameter(json_, dialect_, {"name", "string", whose, "path"});
  }
  if (namespaced) writeParameters(kNamespace);
}

void PathWriter::writeParameters(std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const Parameter* shared = sharedParameter(name);
    const Parameter* own = shared ? shared : std::ranges::find(kOwnParameters, name, &Parameter::name);
    writeParameter(json_, dialect_, *own);
  }
}

void PathWriter::writeOptions(const object::StructCodec& options) {
  for (const object::FieldPlan& field : options.fields()) {
    const std::string_view comment = catalogue_.fieldComment(options.typeId(), field.ordinal);
    writeParameter(json_, dialect_, {field.name, typeInQuery(field.value), comment});
  }
}

void PathWriter::write(const Operation& operation, const Kind& about, const std::string& of) {
  json_.key(operation.method).open('{');
  json_.memberUnlessEmpty("description", operation.description);
  json_.member("operationId", operationName(operation.verb, kind_.group, kind_.version, of));
  json_.memberTexts("tags", {operationTag(kind_.group, kind_.version)});
  writeTypes(operation);
  json_.key("parameters").open('[');
  bool bodyHere = dialect_ == Dialect::v2 && !operation.body.empty();
  if (bodyHere) {
    json_.open('{').member("name", "body").member("in", "body");
    if (operation.body != kDeleteOptionsName) json_.key("required").flag(true);
    json_.key("schema").open('{').member("$ref", referenceTo(dialect_, operation.body)).close('}').close('}');
  }
  writeParameters(operation.parameters);
  json_.close(']');
  if (dialect_ == Dialect::v3) writeBody(operation);
  writeAnswers(operation);
  json_.member("x-kubernetes-action", operation.action);
  json_.key("x-kubernetes-group-version-kind");
  writeGroupVersionKind(json_, about, operation.kind.empty() ? about.name : operation.kind);
  json_.close('}');
}

void PathWriter::writeTexts(const char* name, std::span<const char* const> texts) {
  json_.key(name).open('[');
  for (const char* text : texts) json_.text(text);
  json_.close(']');
}

// What version 2 says beside the body and the answers, and version 3 in them.
void PathWriter::writeTypes(const Operation& operation) {
  if (dialect_ == Dialect::v3) return;
  const bool patch = std::string_view(operation.action) == "patch";
  writeTexts("consumes", patch ? patchTypes() : std::span<const char* const>(kAnyType));
  writeTexts("produces", answerTypes(operation));
  json_.memberTexts("schemes", {"https"});
}

void PathWriter::writeBody(const Operation& operation) {
  if (operation.body.empty()) return;
  const bool patch = std::string_view(operation.action) == "patch";
  json_.key("requestBody").open('{').key("content").open('{');
  for (const char* type : patch ? patchTypes() : std::span<const char* const>(kAnyType)) {
    json_.key(type).open('{').key("schema").open('{');
    json_.member("$ref", referenceTo(dialect_, operation.body)).close('}').close('}');
  }
  json_.close('}');
  if (operation.body != kDeleteOptionsName) json_.key("required").flag(true);
  json_.close('}');
}

void PathWriter::writeAnswers(const Operation& operation) {
  const bool v3 = dialect_ == Dialect::v3;
  const bool answers = operation.answersText || !operation.answer.empty();
  const auto schema = [&] {
    json_.key("schema").open('{');
    operation.answersText ? json_.member("type", "string")
                          : json_.member("$ref", referenceTo(dialect_, operation.answer));
    json_.close('}');
  };
  json_.key("responses").open('{');
  for (const auto& [code, words] : operation.codes) {
    json_.key(code).open('{').member("description", words);
    if (answers && !v3) schema();
    if (answers && v3) {
      json_.key("content").open('{');
      for (const char* type : answerTypes(operation)) {
        json_.key(type).open('{');
        schema();
        json_.close('}');
      }
      json_.close('}');
    }
    json_.close('}');
  }
  json_.key("401").open('{').member("description", "Unauthorized").close('}');
  json_.close('}');
}

}  // namespace

void writePaths(JsonWriter& json, Dialect dialect, const object::Catalogue& catalogue,
                const std::vector<object::KindRef>& kinds) {
  for (const object::KindRef& kind : kinds) {
    if (kind->plural.empty() || kind->verbs.empty() || !kind->codec) continue;
    PathWriter(json, dialect, catalogue, *kind).writeAll();
  }
}

}  // namespace cleat::api
