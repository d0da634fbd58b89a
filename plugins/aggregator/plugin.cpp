// aggregator: makes what other API servers serve a part of this one's API. It looks after the APIServices that name a
// service, says whether each is available, and has requests for them forwarded.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/http_handler.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/own_metrics.h>
#include <cleat/sdk/own_status.h>

#include <map>
#include <optional>

#include "aggregator/openapi_part.h"
#include "aggregator/remote_server.h"
#include "aggregator/resource_list.h"

namespace cleat::aggregator {

namespace {

using core_v1::ConfigMap;

// When a server is looked at again of which nothing is heard.
constexpr Duration kLooksAgain = std::chrono::seconds(30), kTriesAgain = std::chrono::seconds(5);
constexpr Duration kTimeout = std::chrono::seconds(5);
constexpr Duration kOpenApiKept = std::chrono::minutes(10);
// What other servers read about this one; the key under which it is looked after is no APIService's, which has a dot.
constexpr const char *kSystem = "kube-system", *kAuthentication = "extension-apiserver-authentication";
// The file of an authority is that of the server's clients.
constexpr const char* kManager = "aggregator";

std::string jsonText(std::string_view text) {
  std::string out;
  appendJsonText(out, text);
  return out;
}

std::string authenticationJson(std::string_view clientCa, std::string_view requestHeaderCa) {
  return concat(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")", kAuthentication, R"(","namespace":")", kSystem,
      R"("},"data":{"client-ca-file":)", jsonText(clientCa), R"(,"requestheader-client-ca-file":)",
      jsonText(requestHeaderCa), R"(,"requestheader-allowed-names":"[\")", FrontProxy::kName,
      R"(\"]","requestheader-username-headers":"[\"X-Remote-User\"]","requestheader-uid-headers":"[\"X-Remote-Uid\"]",)",
      R"("requestheader-group-headers":"[\"X-Remote-Group\"]",)",
      R"("requestheader-extra-headers-prefix":"[\"X-Remote-Extra-\"]"}})");
}

// "/apis/GROUP/VERSION/…" as the name of its APIService.
std::string serviceNameOf(std::string_view path) {
  constexpr std::string_view kPrefix = "/apis/";
  if (!path.starts_with(kPrefix)) return {};
  path.remove_prefix(kPrefix.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view rest = path.substr(slash + 1);
  return concat(rest.substr(0, rest.find('/')), ".", path.substr(0, slash));
}

bool isRemote(const Object<APIService>& service) {
  // The core group is this server's own.
  return service && service->getSpec().hasService() && service->getSpec().getGroup().size() > 0;
}

}  // namespace

class Aggregator : public HttpHandlerPlugin {
 public:
  using HttpHandlerPlugin::HttpHandlerPlugin;

  Task<Result<void>> start() override {
    auto opening = context().blocking([folder = config().dataDir()] { return FrontProxy::open(folder); });
    CLEAT_CO_TRY(front_, co_await std::move(opening));
    services_.addIndex("service", [](const Object<APIService>& service) {
      auto reference = service->getSpec().getService();
      return isRemote(service) ? std::vector{keyOf(view(reference.getNamespace()), view(reference.getName()))}
                               : std::vector<std::string>();
    });
    controller_.watch(services_);
    controller_.watch(resolver_.services(),
                      [this](const Object<core_v1::Service>& service) { return namesBehind(service.key()); });
    controller_.watch(resolver_.endpointSlices(), [this](const Object<discovery_v1::EndpointSlice>& slice) {
      return namesBehind(webhook::ServiceResolver::serviceOf(slice));
    });
    co_await controller_.waitSynced();
    services_.forEach([this](const Object<APIService>& service) {
      if (isRemote(service)) servers_.emplace(service.name(), RemoteServer(*service));
    });
    publish();
    controller_.enqueueAfter(kAuthentication, Duration::zero());
    controller_.run();
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  Task<Result<HttpReply>> handle(HttpRequest& request) override {
    auto found = servers_.find(serviceNameOf(request.path()));
    if (found == servers_.end()) co_return request.nothingHere();
    const RemoteServer& server = found->second;
    if (!server.availability.available) co_return unavailable();
    const auto place = resolver_.find(server.serviceNs, server.serviceName, server.port);
    if (!place) co_return unavailable();
    co_return HttpReply(server.forward(*place, *front_, request));
  }

 private:
  static HttpReply unavailable() {
    HttpAnswer answer;
    answer.status = 503;
    answer.body = "service unavailable\n";
    answer.headers = {{"X-Content-Type-Options", "nosniff"}};
    return answer;
  }

  std::vector<std::string> namesBehind(std::string_view service) const {
    std::vector<std::string> names;
    for (const auto& each : services_.byIndex("service", service)) names.push_back(str(each.name()));
    return names;
  }

  Task<Result<Reconciled>> reconcile(std::string key) {
    if (key == kAuthentication) co_return co_await publishAuthentication();
    const Object<APIService> service = services_.get(key);
    if (!isRemote(service)) {
      if (servers_.erase(key) > 0) {
        publish();
        metricsOf(context()).forget("name", key);
      }
      co_return Reconciled();
    }
    RemoteServer server(*service);
    if (auto known = servers_.find(key); known != servers_.end()) {
      server.resources = known->second.resources;
      server.openApi = known->second.openApi;
      server.openApiV2 = known->second.openApiV2;
      server.openApiSince = known->second.openApiSince;
    }
    const Surroundings surroundings{resolver_.service(server.serviceNs, server.serviceName),
                                    resolver_.slices(server.serviceNs, server.serviceName)};
    if (auto why = obstacle(*service, surroundings)) {
      server.availability = *why;
    } else {
      auto trying = ask(server);
      const std::string failure = co_await std::move(trying);
      server.availability = tried(failure);
    }
    const Availability now = server.availability;
    count(key, now);
    servers_.insert_or_assign(key, std::move(server));
    publish();
    CLEAT_CO_TRY(co_await sayWhetherAvailable(service, now));
    co_return Reconciled{now.available ? kLooksAgain : kTriesAgain};
  }

  // As Kubernetes counts it: what is so, and how often it has become so.
  void count(const std::string& name, const Availability& now) {
    OwnMetrics& metrics = metricsOf(context());
    MetricNumber& unavailable =
        metrics.gauge("aggregator_unavailable_apiservice", "APIServices that are not available now.", {{"name", name}});
    if (!now.available && unavailable.value() == 0) {
      const OwnMetrics::Labels why = {{"name", name}, {"reason", now.reason}};
      metrics
          .counter("aggregator_unavailable_apiservice_total", "How often APIServices became unavailable, and why.", why)
          .add();
    }
    unavailable.set(now.available ? 0 : 1);
  }

  // Asks the server what it has, and notes it. Why it could not be asked; empty: all is well.
  Task<std::string> ask(RemoteServer& server) {
    const auto place = resolver_.find(server.serviceNs, server.serviceName, server.port);
    if (!place) co_return place.error().message;
    const std::string url = concat("https://", hostPort(place->host, place->port), server.path());
    const std::string prefix = concat("failing or missing response from ", url, ": ");
    auto asking = client_.get(server.question(*place, *front_, server.path()), kTimeout);
    const webhook::HttpsAnswer answer = co_await std::move(asking);
    if (!answer.error.empty()) co_return concat(prefix, "Get ", inQuotes(url), ": ", answer.error);
    if (answer.status / 100 != 2) co_return concat(prefix, "bad status from ", url, ": ", answer.status);
    auto resources = aggregatedResources(answer.body, server.group, server.version);
    if (resources && (server.openApi.empty() || server.resources != *resources ||
                      context().now() - server.openApiSince > kOpenApiKept)) {
      co_await readOpenApi(server, *place);
    }
    if (resources) server.resources = *std::move(resources);
    co_return std::string();
  }

  // A server that has no such documents is served all the same.
  Task<void> readOpenApi(RemoteServer& server, const webhook::Place& place) {
    const std::string target = concat("/openapi/v3", server.path());
    auto reading = client_.get(server.question(place, *front_, target), kTimeout);
    webhook::HttpsAnswer document = co_await std::move(reading);
    if (document.error.empty() && document.status == 200) server.openApi = std::move(document.body);
    auto readingWhole = client_.get(server.question(place, *front_, "/openapi/v2"), kTimeout);
    const webhook::HttpsAnswer whole = co_await std::move(readingWhole);
    if (whole.error.empty() && whole.status == 200) {
      server.openApiV2 = openApiPart(whole.body, server.path()).value_or(std::string());
    }
    server.openApiSince = context().now();
  }

  Task<Result<void>> sayWhetherAvailable(Object<APIService> service, Availability now) {
    Draft<APIService> draft(service);
    const ConditionUpdate condition{"Available", now.available ? "True" : "False", now.reason, now.message,
                                    formatTime(context().wallNow())};
    if (!setCondition<apiregistration_v1::APIServiceCondition>(draft->getStatus(), condition)) {
      co_return Result<void>();
    }
    auto writing = writeStatus<APIService>(objects_, service, std::move(draft));
    co_return co_await std::move(writing);
  }

  Task<Result<Reconciled>> publishAuthentication() {
    auto reading = context().blocking([file = config().server().caFile] { return readFile(file); });
    CLEAT_CO_TRY(const std::string clientCa, co_await std::move(reading));
    const std::string data = authenticationJson(clientCa, front_->authorityPem);
    const PatchOptions asOwner{.fieldManager = kManager, .force = true};
    auto applying = objects_.patch<ConfigMap>(kSystem, kAuthentication, PatchType::apply, data, asOwner);
    const auto applied = co_await std::move(applying);
    // At the first start the namespace is made by somebody else, at about the same time.
    if (!applied && applied.error().is(404)) co_return Reconciled{std::chrono::milliseconds(200)};
    CLEAT_CO_TRY(applied);
    co_return Reconciled{kOpenApiKept};
  }

  // Tells the server what is to be had where, if that has changed.
  void publish() {
    HandledPaths routes;
    std::string told;
    for (const auto& [name, server] : servers_) {
      routes.routes.push_back({.prefix = server.path()});
      routes.versions.push_back({.group = server.group,
                                 .version = server.version,
                                 .groupPriority = server.groupPriority,
                                 .versionPriority = server.versionPriority,
                                 .resources = server.resources,
                                 .stale = !server.availability.available,
                                 .openApi = server.openApi,
                                 .openApiV2 = server.openApiV2});
      told += concat(name, " ", server.groupPriority, " ", server.versionPriority, " ", server.availability.available,
                     " ", server.resources, " ", server.openApi, " ", server.openApiV2, "\n");
    }
    if (told == told_) return;
    told_ = std::move(told);
    setRoutes(std::move(routes));
  }

  Client objects_{context()};
  webhook::HttpsClient client_{context()};
  webhook::ServiceResolver resolver_{context()};
  Informer<APIService> services_{context()};
  std::optional<FrontProxy> front_;
  std::map<std::string, RemoteServer, std::less<>> servers_;  // by the names of their APIServices
  std::string told_;
  Controller controller_{context(), "aggregator", [this](std::string key) { return reconcile(std::move(key)); }};
};

}  // namespace cleat::aggregator

CLEAT_PLUGIN(cleat::aggregator::Aggregator, .name = "aggregator", .version = "0.1.0", .maturity = "alpha",
             .roles = "http-handler",
             .grants =
                 "apiregistration.k8s.io apiservices get,list,watch\n"
                 "apiregistration.k8s.io apiservices/status update\n"
                 "- services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n"
                 "- configmaps create,get,list,patch,watch\n");
