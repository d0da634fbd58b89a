// ApiHandler: takes every request to where it belongs: resources to the verbs' code, the rest to discovery, OpenAPI,
// health and metrics. Who asks is found out first, and what is no resource is authorized here; resources are by the
// gate.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/api/discovery/discovery.h"
#include "core/api/discovery/server_health.h"
#include "core/api/openapi/openapi.h"
#include "core/api/rest/rest_request.h"
#include "core/api/streams/forwarder.h"
#include "core/base/metrics.h"

namespace cleat::api {

struct ApiHandlerOptions {
  std::string serverAddress;  // "192.0.2.1:6443", as /api tells it
  HealthChecks health;
  std::function<std::string()> metrics;     // the text of /metrics
  base::Metrics* requestMetrics = nullptr;  // where requests are counted, if given
  int maxInFlight = 600;                    // requests that are not watches or streams; more are told to come back
};

class ApiHandler {
 public:
  ApiHandler(base::AsioExecutor& executor, StrandGate gate, std::shared_ptr<http::TlsContext> forwarderTls,
             ApiHandlerOptions options);

  Task<void> handle(http::Exchange& exchange);

 private:
  // `kind`: that of the path; null where it has none that is known.
  bool runsLong(const http::Request& request, const ResourcePath& path, const object::Kind* kind) const;
  Task<void> serve(http::Exchange& exchange, ParsedPath path, object::KindRef kind);
  Task<void> serveResource(http::Exchange& exchange, bus::UserRef user, ResourcePath path, object::KindRef kind);
  Task<void> serveConnect(RestRequest& request);
  Task<void> serveOther(http::Exchange& exchange, bus::UserRef user, ParsedPath path);
  http::Response otherResponse(const http::Request& request, const ParsedPath& path);
  http::Response rootResponse() const;

  base::AsioExecutor& executor_;
  const StrandGate gate_;
  RestContext context_;
  Forwarder forwarder_;
  ApiHandlerOptions options_;
  Discovery discovery_;
  std::shared_ptr<OpenApi> openApi_;
  std::atomic<int> inFlight_{0};
  // How long requests took, by method; the last is for all that have no name here. Empty where nobody counts.
  std::vector<std::pair<std::string_view, base::Histogram*>> durations_;
};

}  // namespace cleat::api
