#include "core/api/api_handler.h"

#include <cleat/sdk/kubernetes_version.h>

#include <algorithm>

#include "core/api/audit/audited_exchange.h"
#include "core/api/identity.h"
#include "core/api/impersonation.h"
#include "core/api/json_writer.h"
#include "core/api/rest/indented.h"
#include "core/api/rest/object_text.h"
#include "core/api/rest/request_form.h"
#include "core/api/rest/verb.h"
#include "core/api/status_body.h"
#include "core/api/time_limit.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

Task<void> refuse(http::Exchange& exchange, Status status) {
  http::Response response = statusResponse(status);
  response.head.headers.emplace_back("Cache-Control", "no-cache, private");
  response = indentedFor(exchange.request(), std::move(response));
  co_await exchange.send(std::move(response));
}

Status tooManyRequests() { return Status::tooManyRequests("Too many requests, please try again later.", 1); }

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

// What a request is about, as far as its head says it: whoever makes it in another's name may have to be allowed just
// that.
gate::Attributes attributesAsked(const http::Request& request, const ParsedPath& path, const object::KindRef& kind) {
  gate::Attributes attributes;
  if (!kind) {
    attributes.verb = pathVerb(request.method);
    attributes.path = std::string(request.path());
    return attributes;
  }
  bus::Target target;
  target.kind = kind;
  target.ns = path.resource.ns;
  target.name = path.resource.name;
  target.subresource = path.resource.subresource;
  const Query query(request.query());
  const bool isCollection = target.name.empty();
  const Verb verb = verbOf(request.method, path.resource, query);
  const gate::SelectorTexts selectors{std::string(query.get("fieldSelector")), std::string(query.get("labelSelector"))};
  return gate::attributesOf(target, nameOf(verb), isCollection ? selectors : gate::SelectorTexts());
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
                       std::shared_ptr<HttpRoutes> routes, std::shared_ptr<FlowControl> flows,
                       ApiHandlerOptions options)
    : executor_(executor), gate_(gate), context_{gate, executor}, forwarder_(executor, std::move(forwarderTls)),
      routes_(std::move(routes)), flows_(std::move(flows)), routed_(executor, gate, forwarder_),
      options_(std::move(options)), discovery_(gate.kinds(), routes_, options_.serverAddress),
      openApi_(OpenApi::make(gate.kinds(), routes_, executor, kKubernetesGitVersion)) {
  if (!options_.requestMetrics) return;
  metrics_.emplace(*options_.requestMetrics);
  context_.metrics = &*metrics_;
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

std::optional<RequestLabels> ApiHandler::labelsOf(const http::Request& request, const ParsedPath& parsed,
                                                  const object::Kind* kind) const {
  RequestLabels labels;
  if (parsed.form != PathForm::resource) {
    const std::string_view text = request.path();
    if (request.method != "GET" || (text != "/healthz" && text != "/livez" && text != "/readyz")) return std::nullopt;
    labels.verb = "GET";
    labels.subresource = text == "/healthz" ? "/healthz" : text == "/livez" ? "/livez" : "/readyz";
    return labels;
  }
  const ResourcePath& path = parsed.resource;
  if (!kind) return std::nullopt;
  const Subresource* subresource = path.subresource.empty() ? nullptr : kind->subresource(path.subresource);
  if (!path.subresource.empty() && !subresource) return std::nullopt;
  const Query query(request.query());
  const Verb verb = verbOf(request.method, !path.name.empty(), path.watch || query.flag("watch"));
  if (verb == Verb::none) return std::nullopt;
  labels.verb = methodOf(verb);
  if (verb == Verb::patch && request.headers.get("Content-Type").starts_with("application/apply-patch")) {
    labels.verb = "APPLY";
  }
  if (subresource && subresource->style == Subresource::Style::connect) labels.verb = "CONNECT";
  if (query.has("dryRun")) labels.dryRun = query.get("dryRun") == "All" ? "All" : "invalid";
  labels.group = kind->group;
  labels.version = kind->version;
  labels.resource = kind->plural;
  if (subresource) labels.subresource = subresource->name;
  labels.scope = !path.name.empty() || verb == Verb::create ? "resource" : path.ns.empty() ? "cluster" : "namespace";
  return labels;
}

Task<void> ApiHandler::handle(http::Exchange& exchange) {
  return options_.audit ? handleAudited(exchange) : dispatch(exchange);
}

Task<void> ApiHandler::handleAudited(http::Exchange& exchange) {
  AuditedExchange audited(exchange, options_.audit);
  co_await dispatch(audited);
  audited.finish();
}

Task<std::optional<bus::UserRef>> ApiHandler::caller(http::Exchange& exchange, const ParsedPath& path,
                                                     const object::KindRef& kind) {
  // With an audit log every exchange is one of its own.
  auto* audited = options_.audit ? static_cast<AuditedExchange*>(&exchange) : nullptr;
  const Result<bus::UserRef> original = co_await identify(exchange, gate_, executor_, context_.metrics);
  Result<bus::UserRef> user = original;
  const bool isAnother = impersonates(exchange.request().headers);
  if (original && isAnother) {
    auto taking = impersonated(exchange, gate_, *original, attributesAsked(exchange.request(), path, kind));
    user = co_await std::move(taking);
  }
  if (!user) {
    if (audited) audited->unidentified();
    co_await refuse(exchange, user.error());
    co_return std::nullopt;
  }
  if (!audited) co_return *std::move(user);
  Task<Result<bus::UserRef>> keeping = audited->identified({*std::move(user), *original, isAnother});
  Result<bus::UserRef> noted = co_await base::onStrand(*exchange.strand(), std::move(keeping));
  if (noted) co_return *std::move(noted);
  co_await refuse(exchange, noted.error());
  co_return std::nullopt;
}

Task<void> ApiHandler::dispatch(http::Exchange& exchange) {
  ParsedPath path = parsePath(exchange.request().path());
  if (std::optional<HttpRoute> route = routes_->match(exchange.request().path())) {
    co_return co_await serveRouted(exchange, std::move(path), std::move(*route));
  }
  object::KindRef kind;
  if (path.form == PathForm::resource) {
    kind = gate_.kinds().find(path.resource.group, path.resource.version, path.resource.resource);
  }
  Course course{.lasts = runsLong(exchange.request(), path.resource, kind.get())};
  std::optional<RequestLabels> labels;
  if (metrics_) labels = labelsOf(exchange.request(), path, kind.get());
  if (!labels) co_return co_await serveWithin(exchange, std::move(path), std::move(kind), course);
  const object::KindRef labelled = kind;  // whose texts the labels are
  const int64_t begun = executor_.now();
  base::Gauge& open = course.lasts ? metrics_->longRunning(*labels) : metrics_->inFlight(labels->mutates());
  open.add(1);
  co_await serveWithin(exchange, std::move(path), std::move(kind), course);
  open.add(-1);
  if (course.turnedAway) metrics_->terminated(*labels, exchange.answerCode());
  metrics_->finished(*labels, exchange.answerCode(), executor_.now() - begun, course.waitedNs);
  if (exchange.aborted()) metrics_->aborted(*labels);
  if (labelled && !labelled->deprecationWarning.empty()) metrics_->deprecated(*labels);
}

// Those that last lose their time limit when they begin to.
Task<void> ApiHandler::serveWithin(http::Exchange& exchange, ParsedPath path, object::KindRef kind, Course& course) {
  std::optional<InFlight> inFlight;
  if (!course.lasts) inFlight.emplace(inFlight_);
  if (inFlight && inFlight->number > options_.maxInFlight && !flows_->governs()) {
    course.turnedAway = true;
    co_return co_await refuse(exchange, tooManyRequests());
  }
  co_await serve(exchange, std::move(path), std::move(kind), course);
}

Task<void> ApiHandler::serveRouted(http::Exchange& exchange, ParsedPath path, HttpRoute route) {
  const bool lasts = RoutedRequests::lasts(exchange.request(), path);
  std::optional<InFlight> inFlight;
  if (!lasts) inFlight.emplace(inFlight_);
  if (inFlight && inFlight->number > options_.maxInFlight && !flows_->governs()) {
    co_return co_await refuse(exchange, tooManyRequests());
  }
  std::optional<bus::UserRef> user = co_await caller(exchange, path, {});
  if (!user) co_return;
  FlowPlace place = enterFlow(exchange, path, nullptr, lasts, **user);
  if (place.waits()) co_await place.turn();
  if (!mayGoOn(place, lasts)) co_return co_await refuse(exchange, tooManyRequests());
  // Whoever answers a watch has its beginning, and all else of it, for themselves.
  if (lasts) place.leave();
  co_await routed_.serve(exchange, user->at(place), std::move(path), std::move(route));
}

Task<void> ApiHandler::serve(http::Exchange& exchange, ParsedPath path, object::KindRef kind, Course& course) {
  std::optional<bus::UserRef> user = co_await caller(exchange, path, kind);
  if (!user) co_return;
  const Result<int64_t> until = course.lasts ? 0 : limitByQuery(exchange, executor_);
  if (!until) co_return co_await refuse(exchange, until.error());
  FlowPlace place = enterFlow(exchange, path, kind.get(), course.lasts, **user);
  place.endsAt(executor_, *until);
  if (place.waits()) co_await place.turn();
  course.waitedNs = place.waitedNs();
  if (!mayGoOn(place, course.lasts)) {
    course.turnedAway = true;
    co_return co_await refuse(exchange, tooManyRequests());
  }
  const WatchCounts::Watcher watcher = course.lasts ? noteWatch(exchange, path, *kind, **user) : WatchCounts::Watcher();
  if (kind) {
    co_await serveResource(exchange, user->at(place), std::move(path.resource), std::move(kind), place);
  } else {
    co_await serveOther(exchange, user->at(place), std::move(path));
  }
}

Task<void> ApiHandler::serveResource(http::Exchange& exchange, bus::UserRef user, ResourcePath path,
                                     object::KindRef kind, FlowPlace& place) {
  const http::Request& sent = exchange.request();
  RestRequest request{.context = context_,
                      .exchange = exchange,
                      .user = std::move(user),
                      .query = Query(sent.query()),
                      .path = std::move(path),
                      .place = &place};
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
  Result<Verb> verb = checkedVerb(request);
  if (!verb) co_return co_await answerError(request, verb.error());
  request.verb = nameOf(*verb);
  Result<Accepted> accepted = acceptedForm(request, *verb);
  if (!accepted) co_return co_await refuseRequest(request, accepted.error());
  request.accepted = *accepted;
  co_await run(*verb, request);
}

Task<void> ApiHandler::serveOther(http::Exchange& exchange, bus::UserRef user, ParsedPath path) {
  gate::Attributes attributes;
  attributes.verb = pathVerb(exchange.request().method);
  attributes.path = std::string(exchange.request().path());
  Result<void> allowed = co_await gate_.ask(exchange, &gate::Gate::authorize, std::move(user), std::move(attributes));
  if (!allowed) co_return co_await refuse(exchange, allowed.error());
  std::optional<http::Response> response = otherResponse(exchange.request(), path);
  if (!response) response = co_await publishedResponse(exchange);
  auto& headers = response->head.headers;
  const bool isSaid = std::ranges::any_of(headers, [](const auto& each) { return each.first == "Cache-Control"; });
  if (!isSaid) headers.emplace_back("Cache-Control", "no-cache, private");
  co_await exchange.send(std::move(*response));
}

Task<http::Response> ApiHandler::publishedResponse(http::Exchange& exchange) {
  Result<gate::Gate::Document> found =
      co_await gate_.ask(exchange, &gate::Gate::document, std::string(exchange.request().path()));
  if (!found) co_return pageNotFound();
  if (exchange.request().method != "GET") co_return indentedFor(exchange.request(), statusResponse(verbNotAllowed()));
  http::Response response = plainResponse(200, std::move(found->body));
  response.head.contentType = std::move(found->contentType);
  response.head.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(found->maxAgeSeconds));
  co_return response;
}

std::optional<http::Response> ApiHandler::otherResponse(const http::Request& request, const ParsedPath& path) {
  if (path.form == PathForm::resource) {
    // A group that nobody serves is a page like any other.
    if (!discovery_.isGroup(path.resource.group)) return pageNotFound();
    return indentedFor(request, statusResponse(resourceNotFound()));
  }
  // Who asks how the server is, or what there is, may do so by any method, as in Kubernetes; but for what is there
  // among the kinds themselves.
  std::string_view text = request.path();
  const bool isVersion = text == "/version" || text == "/version/";
  if (request.method != "GET" && (isVersion || discovery_.isReadAlone(path))) {
    return indentedFor(request, statusResponse(verbNotAllowed()));
  }
  if (path.form != PathForm::other) {
    http::Response response = indentedFor(request, discovery_.answer(path, request));
    response.head.mayCompress = true;
    return response;
  }
  if (isHealthPath(text)) return healthResponse(request, options_.health);
  if (isVersion) {
    const Result<void> readable = takesJson(request.headers.get("Accept"));
    return readable ? versionResponse() : statusResponse(readable.error());
  }
  if (text.starts_with("/openapi/")) return openApi_->answer(request);
  if (text == "/metrics") {
    http::Response response = metricsResponse(options_.metrics ? options_.metrics() : std::string());
    response.head.mayCompress = true;
    return response;
  }
  if (text == "/") return rootResponse();
  return std::nullopt;
}

http::Response ApiHandler::rootResponse() const {
  std::vector<std::string> paths = {"/api",          "/apis",       "/healthz",    "/livez",  "/metrics",
                                    "/metrics/slis", "/openapi/v2", "/openapi/v3", "/readyz", "/version"};
  for (std::string& path : healthPaths(options_.health)) paths.push_back(std::move(path));
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
  response.body.own(prettyJson(json.take()));  // always, as the version
  return response;
}

}  // namespace cleat::api
