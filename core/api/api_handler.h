// ApiHandler: takes every request to where it belongs: resources to the verbs' code, the rest to discovery, OpenAPI,
// health and metrics. Who asks is found out first, and what is no resource is authorized here; resources are by the
// gate.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/api/audit/audit_trail.h"
#include "core/api/discovery/discovery.h"
#include "core/api/discovery/server_health.h"
#include "core/api/flow/flow_control.h"
#include "core/api/handlers/routed_request.h"
#include "core/api/openapi/openapi.h"
#include "core/api/request_metrics.h"
#include "core/api/rest/rest_request.h"
#include "core/api/streams/forwarder.h"
#include "core/base/metrics.h"

namespace cleat::api {

struct ApiHandlerOptions {
  std::string serverAddress;  // "192.0.2.1:6443", as /api tells it
  HealthChecks health;
  std::function<std::string()> metrics;     // the text of /metrics
  base::Metrics* requestMetrics = nullptr;  // where requests are counted, if given
  std::shared_ptr<AuditTrail> audit;        // null: no audit log is kept
  // Requests that are not watches or streams; more are told to come back. Where `flows` has a say, their seats.
  int maxInFlight = 600;
};

class ApiHandler {
 public:
  ApiHandler(base::AsioExecutor& executor, StrandGate gate, std::shared_ptr<http::TlsContext> forwarderTls,
             std::shared_ptr<HttpRoutes> routes, std::shared_ptr<FlowControl> flows, ApiHandlerOptions options);

  Task<void> handle(http::Exchange& exchange);
  // A connection that ended before it could bring a request. On any thread.
  void handshakeFailed() {
    if (metrics_) metrics_->handshakeErrors().add();
  }

 private:
  Task<void> handleAudited(http::Exchange& exchange);
  Task<void> dispatch(http::Exchange& exchange);
  // Who asks; nothing when they have been refused.
  Task<std::optional<bus::UserRef>> caller(http::Exchange& exchange, const ParsedPath& path,
                                           const object::KindRef& kind);
  // `kind`: that of the path; null where it has none that is known.
  bool runsLong(const http::Request& request, const ResourcePath& path, const object::Kind* kind) const;
  // What became of a request on its way to be served.
  struct Course {
    bool lasts = false;       // said before
    bool turnedAway = false;  // there were enough in hand
    int64_t waitedNs = 0;
  };
  Task<void> serveWithin(http::Exchange& exchange, ParsedPath path, object::KindRef kind, Course& course);
  Task<void> serveRouted(http::Exchange& exchange, ParsedPath path, HttpRoute route);
  FlowPlace enterFlow(http::Exchange& exchange, const ParsedPath& path, const object::Kind* kind, bool lasts,
                      const bus::User& user);
  // A request that lasts has begun: until the end of what this gives it counts as a watch, if it is one.
  WatchCounts::Watcher noteWatch(http::Exchange& exchange, const ParsedPath& path, const object::Kind& kind,
                                 const bus::User& user);
  // Whether it may be served: it has a seat, or it is in no flow and there are not too many.
  bool mayGoOn(const FlowPlace& place, bool lasts) const;
  // Nothing for a request on what there is not.
  std::optional<RequestLabels> labelsOf(const http::Request& request, const ParsedPath& parsed,
                                        const object::Kind* kind) const;
  Task<void> serve(http::Exchange& exchange, ParsedPath path, object::KindRef kind, Course& course);
  Task<void> serveResource(http::Exchange& exchange, bus::UserRef user, ResourcePath path, object::KindRef kind,
                           FlowPlace& place);
  Task<void> serveConnect(RestRequest& request);
  Task<void> sendBehindSlash(RestRequest& request);
  Task<void> serveOther(http::Exchange& exchange, bus::UserRef user, ParsedPath path);
  // Nothing for a path that the core has nothing at.
  std::optional<http::Response> otherResponse(const http::Request& request, const ParsedPath& path);
  // What an authenticator publishes there, or that there is nothing.
  Task<http::Response> publishedResponse(http::Exchange& exchange);
  http::Response rootResponse() const;

  base::AsioExecutor& executor_;
  const StrandGate gate_;
  RestContext context_;
  Forwarder forwarder_;
  const std::shared_ptr<HttpRoutes> routes_;
  const std::shared_ptr<FlowControl> flows_;
  RoutedRequests routed_;
  ApiHandlerOptions options_;
  Discovery discovery_;
  std::shared_ptr<OpenApi> openApi_;
  std::optional<RequestMetrics> metrics_;
  std::atomic<int> inFlight_{0};
};

}  // namespace cleat::api
