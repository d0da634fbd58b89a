#include "core/api/openapi/openapi.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <set>

#include "core/api/digest.h"
#include "core/api/gzip.h"
#include "core/api/openapi/openapi3_protobuf.h"
#include "core/api/openapi/openapi_discovery.h"
#include "core/api/openapi/openapi_merge.h"
#include "core/api/openapi/openapi_parameters.h"
#include "core/api/openapi/openapi_paths.h"
#include "core/api/openapi/openapi_protobuf.h"
#include "core/api/openapi/openapi_types.h"
#include "core/api/rest/query.h"
#include "core/api/status_body.h"

namespace cleat::api {
namespace {

using object::Kind;

constexpr std::chrono::seconds kKept{60};
// What a document in protobuf is kept under, behind its own name; no path leads to it.
constexpr std::string_view kAsProtobuf = " protobuf";

void writeInformation(JsonWriter& json, const std::string& version) {
  json.key("info").open('{').member("title", "Kubernetes").member("version", version).close('}');
}

// How clients say who they are besides by a certificate.
void writeSecurity(JsonWriter& json, const char* name) {
  json.key(name).open('{').key("BearerToken").open('{').member("description", "A token after the word Bearer.");
  json.member("type", "apiKey").member("name", "authorization").member("in", "header").close('}').close('}');
}

// "v3/api/v1" → "v1", "v3/apis/apps/v1" → "apps/v1"
std::string_view apiVersionOf(std::string_view document) {
  for (std::string_view prefix : {"v3/apis/", "v3/api/"}) {
    if (document.starts_with(prefix)) return document.substr(prefix.size());
  }
  return {};
}

std::string documentOf(const Kind& kind) { return (kind.group.empty() ? "v3/api/" : "v3/apis/") + kind.apiVersion(); }

// "v3/apis/apps/v1" → "/apis/apps/v1/"
std::string discoveryPath(std::string_view document) { return concat(document.substr(2), "/"); }

// Whether JSON is among what the client takes.
bool namesJson(std::string_view accept) {
  return accept.empty() || accept.find("application/json") != std::string_view::npos ||
         accept.find("*/*") != std::string_view::npos || accept.find("application/*") != std::string_view::npos;
}

}  // namespace

std::shared_ptr<OpenApi> OpenApi::make(const object::KindRegistry& kinds, std::shared_ptr<const HttpRoutes> routes,
                                       base::Executor& executor, std::string version) {
  return std::shared_ptr<OpenApi>(new OpenApi(kinds, std::move(routes), executor, std::move(version)));
}

std::string OpenApi::documentElsewhere(std::string_view name) const {
  const ServedVersions versions = routes_ ? routes_->versions() : nullptr;
  if (!versions || !name.starts_with("v3/apis/")) return {};
  for (const ServedVersion& each : *versions) {
    if (each.name() == apiVersionOf(name)) return each.openApi;
  }
  return {};
}

std::vector<object::KindRef> OpenApi::kindsOf(std::string_view apiVersion) const {
  std::vector<object::KindRef> found;
  const object::CatalogueRef catalogue = kinds_.latest();
  for (const object::KindRef& kind : catalogue->served()) {
    if (apiVersion.empty() || kind->apiVersion() == apiVersion) found.push_back(kind);
  }
  std::ranges::sort(found, {}, [](const object::KindRef& kind) { return std::pair(kind->apiVersion(), kind->plural); });
  return found;
}

std::string OpenApi::v2Json() const {
  std::vector<object::KindRef> kinds = kindsOf({});
  JsonWriter json;
  json.open('{').member("swagger", "2.0");
  writeInformation(json, version_);
  json.key("paths").open('{');
  const object::CatalogueRef catalogue = kinds_.latest();
  std::vector<std::string> discovery;
  for (const std::string& name : documentNames()) {
    writeDiscoveryPath(json, Dialect::v2, discovery.emplace_back(discoveryPath(name)));
  }
  writePaths(json, Dialect::v2, *catalogue, kinds);
  json.close('}').key("definitions").open('{');
  DefinitionWriter(*catalogue, Dialect::v2).write(json, kinds);
  writeDiscoveryTypes(json, Dialect::v2, discovery, true);
  json.close('}').key("parameters").open('{');
  writeSharedParameters(json, Dialect::v2);
  json.close('}');
  writeSecurity(json, "securityDefinitions");
  json.key("security").open('[').open('{').key("BearerToken").open('[').close(']').close('}').close(']').close('}');
  return json.take();
}

std::string OpenApi::v2WithElsewhere() const {
  std::vector<OpenApiElsewhere> others;
  const ServedVersions versions = routes_ ? routes_->versions() : nullptr;
  for (size_t i = 0; versions && i < versions->size(); ++i) {
    const ServedVersion& each = (*versions)[i];
    if (!each.openApiV2.empty()) others.push_back({"/apis/" + each.name(), each.openApiV2});
  }
  return mergeOpenApi(v2Json(), others);
}

std::string OpenApi::v3Json(std::string_view apiVersion) const {
  std::vector<object::KindRef> kinds = kindsOf(apiVersion);
  if (kinds.empty() || apiVersion.empty()) return {};
  const std::vector<std::string> discovery{discoveryPath(documentOf(*kinds.front()))};
  JsonWriter json;
  json.open('{').member("openapi", "3.0.0");
  writeInformation(json, version_);
  json.key("paths").open('{');
  const object::CatalogueRef catalogue = kinds_.latest();
  writeDiscoveryPath(json, Dialect::v3, discovery.front());
  writePaths(json, Dialect::v3, *catalogue, kinds);
  json.close('}').key("components").open('{').key("schemas").open('{');
  DefinitionWriter(*catalogue, Dialect::v3).write(json, kinds);
  writeDiscoveryTypes(json, Dialect::v3, discovery, true);
  json.close('}').key("parameters").open('{');
  writeSharedParameters(json, Dialect::v3);
  json.close('}');
  writeSecurity(json, "securitySchemes");
  json.close('}').close('}');
  return json.take();
}

std::string OpenApi::v3Discovery(const std::string& path) const {
  JsonWriter json;
  json.open('{').member("openapi", "3.0.0");
  writeInformation(json, version_);
  json.key("paths").open('{');
  writeDiscoveryPath(json, Dialect::v3, path);
  json.close('}').key("components").open('{').key("schemas").open('{');
  writeDiscoveryTypes(json, Dialect::v3, {path}, false);
  json.close('}');
  writeSecurity(json, "securitySchemes");
  json.close('}').close('}');
  return json.take();
}

std::set<std::string> OpenApi::documentNames() const {
  std::set<std::string> names{"v3/api", "v3/apis", "v3/version"};
  for (const object::KindRef& kind : kindsOf({})) {
    if (kind->verbs.empty()) continue;
    names.insert(documentOf(*kind));
    if (!kind->group.empty()) names.insert("v3/apis/" + kind->group);
  }
  return names;
}

std::string OpenApi::v3Document(const std::string& name) const {
  if (std::string document = documentElsewhere(name); !document.empty()) return document;
  const std::string_view version = apiVersionOf(name);
  if (!version.empty() && !kindsOf(version).empty()) return v3Json(version);
  return documentNames().contains(name) ? v3Discovery(discoveryPath(name)) : std::string();
}

std::string OpenApi::make(const std::string& name) {
  if (name == "v2") return v2WithElsewhere();
  return name == "v3" ? indexJson() : v3Document(name);
}

// The documents, each with a URL that names its content.
std::string OpenApi::indexJson() {
  JsonWriter json;
  json.open('{').key("paths").open('{');
  const std::set<std::string> named = documentNames();
  for (const std::string& name : named) {
    std::string& digest = digests_[name];
    if (digest.empty()) digest = sha256Hex(v3Document(name));
    json.key(name.substr(3)).open('{');
    json.member("serverRelativeURL", "/openapi/" + name + "?hash=" + digest).close('}');
  }
  const ServedVersions elsewhere = routes_ ? routes_->versions() : nullptr;
  for (size_t i = 0; elsewhere && i < elsewhere->size(); ++i) {
    const ServedVersion& version = (*elsewhere)[i];
    if (version.openApi.empty() || named.contains("v3/apis/" + version.name())) continue;
    const std::string name = "apis/" + version.name(), digest = sha256Hex(version.openApi);
    json.key(name).open('{').member("serverRelativeURL", "/openapi/v3/" + name + "?hash=" + digest).close('}');
  }
  json.close('}').close('}');
  return json.take();
}

void OpenApi::dropChanged() {
  const uint64_t now = kinds_.generation(), routed = routes_ ? routes_->generation() : 0;
  if (now == generation_ && routed == routed_) return;
  documents_.clear();
  digests_.clear();
  generation_ = now;
  routed_ = routed;
}

OpenApi::Document OpenApi::document(const std::string& name, bool protobuf) {
  MutexLock lock(mutex_);
  dropChanged();
  lastUse_ = executor_.now();
  const std::string form = protobuf ? concat(name, kAsProtobuf) : name;
  if (auto known = documents_.find(form); known != documents_.end()) return {known->second, digests_[name]};
  std::string text = make(name);
  if (text.empty()) return {};
  // One for a document in all its forms, so that the URLs of the index lead to each.
  std::string& digest = digests_[name];
  if (digest.empty()) digest = sha256Hex(text);
  if (protobuf) text = name == "v2" ? openApiProtobuf(text) : openApi3Protobuf(text);
  if (!timerSet_) dropWhenIdle();
  return {documents_[form] = std::make_shared<const std::string>(gzipped(text)), digest};
}

std::string OpenApi::digestOf(const std::string& name) {
  MutexLock lock(mutex_);
  dropChanged();
  const auto known = digests_.find(name);
  return known == digests_.end() ? std::string() : known->second;
}

void OpenApi::dropWhenIdle() {
  timerSet_ = true;
  executor_.after(kKept, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    MutexLock lock(self->mutex_);
    self->timerSet_ = false;
    bool idle = self->executor_.now() - self->lastUse_ >= std::chrono::nanoseconds(kKept).count();
    if (idle) {
      self->documents_.clear();
    } else {
      self->dropWhenIdle();
    }
  });
}

http::Response OpenApi::answer(const http::Request& request) {
  std::string_view path = request.path();
  path.remove_prefix(std::string_view("/openapi/").size());
  const std::string name(path);
  const std::string_view accept = request.headers.get("Accept");
  // The index of version 3 is JSON alone, whatever is asked for.
  const bool isIndex = name == "v3";
  const bool protobuf = name == "v2" ? takesOpenApiProtobuf(accept) : !isIndex && takesOpenApi3Protobuf(accept);
  if (!protobuf && !isIndex && !namesJson(accept)) {
    return statusResponse(Status::notAcceptable("only the following media types are accepted: application/json"));
  }
  const Query query(request.query());
  const std::string_view hash = query.get("hash"), held = request.headers.get("If-None-Match");
  // Whoever has the document is told so by its digest alone: it need not be there.
  Document found{nullptr, held.empty() ? std::string() : digestOf(name)};
  const bool isCurrent = !found.digest.empty() && held == inQuotes(found.digest);
  if (!isCurrent || (!hash.empty() && hash != found.digest)) found = document(name, protobuf);
  if (found.digest.empty()) return pageNotFound();
  http::Response response;
  const std::string etag = inQuotes(found.digest);
  response.head.headers.emplace_back("ETag", etag);
  response.head.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (!hash.empty() && hash != found.digest) {
    response.head.status = 301;
    response.head.headers.emplace_back("Location", concat("/openapi/", name, "?hash=", found.digest));
    return response;
  }
  if (!hash.empty()) response.head.headers.emplace_back("Cache-Control", "public, immutable, max-age=31536000");
  if (held == etag) {
    response.head.status = 304;
    return response;
  }
  if (protobuf) response.head.contentType = name == "v2" ? kOpenApiProtobufType : kOpenApi3ProtobufType;
  if (request.headers.hasToken("Accept-Encoding", "gzip")) {
    response.head.headers.emplace_back("Content-Encoding", "gzip");
    response.body.share(std::move(found.text));
  } else {
    response.body.own(gunzipped(*found.text));
  }
  return response;
}

}  // namespace cleat::api
