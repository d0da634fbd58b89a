#include "core/api/api_handler.h"

#include <cleat/sdk/kubernetes_version.h>

#include <algorithm>

#include "core/api/identity.h"
#include "core/api/json_writer.h"
#include "core/api/status_body.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

Task<void> refuse(http::Exchange& exchange, Status status) {
  http::Response response = statusResponse(status);
  response.head.headers.emplace_back("Cache-Control", "no-cache, private");
  co_await exchange.send(std::move(response));
}

// How authorizers call a request on a path that is no resource.
std::string pathVerb(std::string_view method) {
  if (method == "HEAD") return "get";
  std::string verb(method);
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return std::tolower(c); });
  return verb;
}

enum class Verb { none, get, list, watch, create, update, patch, remove, removeCollection };

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

Verb verbOf(std::string_view method, bool named, bool watch) {
  if (method == "GET" || method == "HEAD") return watch ? Verb::watch : named ? Verb::get : Verb::list;
  if (method == "POST") return Verb::create;
  if (method == "PUT") return Verb::update;
  if (method == "PATCH") return Verb::patch;
  if (method == "DELETE") return named ? Verb::remove : Verb::removeCollection;
  return Verb::none;
}

bool contains(const std::vector<std::string>& verbs, std::string_view verb) {
  return std::ranges::find(verbs, verb) != verbs.end();
}

// Whether the path has the form that the kind's scope and the verb want.
Result<Verb> checkedVerb(const RestRequest& request, std::string_view method) {
  const ResourcePath& path = request.path;
  const Kind& kind = request.kind();
  if (!kind.namespaced && !path.ns.empty()) return fail(resourceNotFound());
  if (kind.namespaced && path.ns.empty() && !path.name.empty()) return fail(resourceNotFound());
  if (kind.isVirtual && !path.name.empty()) return fail(resourceNotFound());
  // `?watch` speaks of collections; of one object the old form of path can ask.
  bool watch = path.watch || (path.name.empty() && request.query.flag("watch"));
  Verb verb = verbOf(method, !path.name.empty(), watch && path.subresource.empty());
  // A name belongs to some verbs; a collection of all namespaces can only be read.
  bool wantsName = verb == Verb::update || verb == Verb::patch;
  bool refusesName = verb == Verb::create && path.subresource.empty();
  bool everywhere = kind.namespaced && path.ns.empty() && verb != Verb::list && verb != Verb::watch;
  const auto& verbs = request.subresource ? request.subresource->verbs : kind.verbs;
  if (verb == Verb::none || everywhere || (wantsName && path.name.empty()) || (refusesName && !path.name.empty()) ||
      !contains(verbs, nameOf(verb))) {
    return fail(verbNotAllowed());
  }
  return verb;
}

Task<void> run(Verb verb, RestRequest& request) {
  switch (verb) {
    case Verb::get: return serveGet(request);
    case Verb::list: return serveList(request);
    case Verb::watch: return serveWatch(request);
    case Verb::create: return serveCreate(request);
    case Verb::update: return serveUpdate(request);
    case Verb::patch: return servePatch(request);
    case Verb::remove: return serveDelete(request);
    case Verb::removeCollection: return serveDeleteCollection(request);
    case Verb::none: break;
  }
  return answerError(request, verbNotAllowed());
}

Views viewsOf(const RestRequest& request) {
  bool answered =
      request.bodyKind().isVirtual || (request.subresource && request.subresource->style == Subresource::Style::review);
  return answered ? Views::objectOnly : Views::all;
}

// Counts a request that is under way.
struct InFlight {
  explicit InFlight(std::atomic<int>& count) : count(count), number(++count) {}
  ~InFlight() { --count; }
  InFlight(const InFlight&) = delete;
  std::atomic<int>& count;
  const int number;
};

}  // namespace

ApiHandler::ApiHandler(base::AsioExecutor& executor, StrandGate gate, std::shared_ptr<http::TlsContext> forwarderTls,
                       ApiHandlerOptions options)
    : executor_(executor), gate_(gate), context_{gate, executor}, forwarder_(executor, std::move(forwarderTls)),
      options_(std::move(options)), discovery_(gate.kinds(), options_.serverAddress),
      openApi_(OpenApi::make(gate.kinds(), executor, kKubernetesGitVersion)) {
  if (!options_.requestMetrics) return;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "other"}) {
    durations_.emplace_back(method, &options_.requestMetrics->histogram(
                                        "cleat_api_request_duration_seconds",
                                        "Requests over HTTP that are not streams, by method.", {{"method", method}}));
  }
}

// Whether a request is one of those that last: a watch, or a connection with what stands behind the API. What else it
// asks for by its parameters and headers makes it none.
bool ApiHandler::runsLong(const http::Request& request, const ResourcePath& path, const Kind* kind) const {
  if (!kind) return false;
  if (!path.subresource.empty()) {
    const Subresource* subresource = kind->subresource(path.subresource);
    return subresource && subresource->style == Subresource::Style::connect;
  }
  bool watch = path.watch || (path.name.empty() && Query(request.query()).flag("watch"));
  return verbOf(request.method, !path.name.empty(), watch) == Verb::watch;
}

// Those that last lose their time limit when they begin to.
Task<void> ApiHandler::handle(http::Exchange& exchange) {
  ParsedPath path = parsePath(exchange.request().path());
  object::KindRef kind;
  if (path.form == PathForm::resource) {
    kind = gate_.kinds().find(path.resource.group, path.resource.version, path.resource.resource);
  }
  if (runsLong(exchange.request(), path.resource, kind.get())) {
    co_return co_await serve(exchange, std::move(path), std::move(kind));
  }
  InFlight inFlight(inFlight_);
  if (inFlight.number > options_.maxInFlight) {
    co_return co_await refuse(exchange, Status::tooManyRequests("Too many requests, please try again later.", 1));
  }
  int64_t begun = executor_.now();
  auto duration = std::ranges::find(durations_, exchange.request().method, &decltype(durations_)::value_type::first);
  co_await serve(exchange, std::move(path), std::move(kind));
  if (duration == durations_.end() && !durations_.empty()) --duration;
  if (duration != durations_.end()) duration->second->observe(executor_.now() - begun);
}

Task<void> ApiHandler::serve(http::Exchange& exchange, ParsedPath path, object::KindRef kind) {
  Result<bus::UserRef> user = co_await identify(exchange, gate_, executor_);
  if (!user) co_return co_await refuse(exchange, user.error());
  if (kind) {
    co_await serveResource(exchange, std::move(*user), std::move(path.resource), std::move(kind));
  } else {
    co_await serveOther(exchange, std::move(*user), std::move(path));
  }
}

Task<void> ApiHandler::serveResource(http::Exchange& exchange, bus::UserRef user, ResourcePath path,
                                     object::KindRef kind) {
  const http::Request& sent = exchange.request();
  RestRequest request{.context = context_,
                      .exchange = exchange,
                      .user = std::move(user),
                      .query = Query(sent.query()),
                      .path = std::move(path)};
  request.target.kind = std::move(kind);
  request.target.ns = request.path.ns;
  request.target.name = request.path.name;
  request.target.subresource = request.path.subresource;
  if (!request.kind().deprecationWarning.empty()) request.warnings.push_back(request.kind().deprecationWarning);
  if (!request.path.subresource.empty()) {
    request.subresource = request.kind().subresource(request.path.subresource);
    if (!request.subresource) co_return co_await answerError(request, resourceNotFound());
    if (request.subresource->style == Subresource::Style::connect) co_return co_await serveConnect(request);
    if (!request.path.rest.empty() && request.path.rest != "/") {
      co_return co_await answerError(request, resourceNotFound());
    }
  }
  Result<Verb> verb = checkedVerb(request, sent.method);
  if (!verb) co_return co_await answerError(request, verb.error());
  request.verb = nameOf(*verb);
  Result<Accepted> accepted = negotiate(sent.headers.get("Accept"), viewsOf(request), !request.bodyKind().open);
  if (!accepted) co_return co_await refuseRequest(request, accepted.error());
  request.accepted = *accepted;
  co_await run(*verb, request);
}

Task<void> ApiHandler::serveConnect(RestRequest& request) {
  const http::Request& sent = request.exchange.request();
  Result<gate::ConnectTarget> target = co_await request.ask(&gate::Gate::connect, request.user, request.target,
                                                            sent.method, std::string(sent.query()), request.path.rest);
  if (!target) co_return co_await answerError(request, target.error());
  bool whole = co_await request.exchange.readBody();
  if (!whole) co_return;
  if (target->url.empty()) {
    co_await request.exchange.send(plainResponse(200, ""));
    co_return;
  }
  // What stands behind a proxy answers for itself.
  auto errors = request.target.subresource == "proxy" ? Forwarder::Errors::passOn : Forwarder::Errors::asStatus;
  co_await forwarder_.forward(request.exchange, target->url, errors);
}

Task<void> ApiHandler::serveOther(http::Exchange& exchange, bus::UserRef user, ParsedPath path) {
  gate::Attributes attributes;
  attributes.verb = pathVerb(exchange.request().method);
  attributes.path = std::string(exchange.request().path());
  Result<void> allowed = co_await gate_.ask(exchange, &gate::Gate::authorize, std::move(user), std::move(attributes));
  if (!allowed) co_return co_await refuse(exchange, allowed.error());
  http::Response response = otherResponse(exchange.request(), path);
  co_await exchange.send(std::move(response));
}

http::Response ApiHandler::otherResponse(const http::Request& request, const ParsedPath& path) {
  if (path.form == PathForm::resource) return statusResponse(resourceNotFound());
  if (request.method != "GET" && request.method != "HEAD") return statusResponse(verbNotAllowed());
  if (path.form != PathForm::other) return discovery_.answer(path, request);
  std::string_view text = request.path();
  if (isHealthPath(text)) return healthResponse(request, options_.health);
  if (text == "/version" || text == "/version/") return versionResponse();
  if (text.starts_with("/openapi/")) return openApi_->answer(request);
  if (text == "/metrics") {
    http::Response response = plainResponse(200, options_.metrics ? options_.metrics() : std::string());
    response.head.contentType = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }
  if (text == "/") return rootResponse();
  return plainResponse(404, "404 page not found\n");
}

http::Response ApiHandler::rootResponse() const {
  std::vector<std::string> paths = {"/api",        "/apis",       "/healthz", "/livez",  "/metrics",
                                    "/openapi/v2", "/openapi/v3", "/readyz",  "/version"};
  const object::CatalogueRef catalogue = gate_.kinds().latest();
  for (const object::KindRef& kind : catalogue->served()) {
    if (kind->verbs.empty()) continue;
    paths.push_back((kind->group.empty() ? "/api/" : "/apis/") + kind->apiVersion());
    if (!kind->group.empty()) paths.push_back("/apis/" + kind->group);
  }
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  JsonWriter json;
  json.open('{').memberTexts("paths", paths).close('}');
  http::Response response;
  response.body.own(json.take());
  return response;
}

}  // namespace cleat::api
