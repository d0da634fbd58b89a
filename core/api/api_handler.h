// ApiHandler: takes every request to where it belongs: resources to the verbs' code, the rest to discovery, OpenAPI, health and
// metrics. Who asks is found out first, and what is no resource is authorized here; resources are by the gate.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/api/discovery.h"
#include "core/api/openapi.h"
#include "core/api/rest_request.h"
#include "core/api/server_health.h"
#include "core/api/upstream.h"
#include "core/base/metrics.h"
#include "core/gate/gate.h"

namespace cleat::api {

struct ApiHandlerOptions {
  std::string serverAddress;  // "192.0.2.1:6443", as /api tells it
  HealthChecks health;
  std::function<std::string()> metrics;     // the text of /metrics
  base::Metrics* requestMetrics = nullptr;  // where requests are counted, if given
  int maxInFlight = 600;             // requests that are not watches or streams; more are told to come back
};

class ApiHandler {
 public:
  ApiHandler(base::AsioExecutor& executor, gate::Gate& gate, std::shared_ptr<TlsContext> upstreamTls,
             ApiHandlerOptions options);

  Task<void> handle(Exchange& exchange);

 private:
  Task<void> serve(Exchange& exchange);
  Task<void> serveResource(Exchange& exchange, bus::User user, ResourcePath path);
  Task<void> serveConnect(RestRequest& request);
  Task<void> serveOther(Exchange& exchange, bus::User user, ParsedPath path);
  Response otherResponse(const Request& request, const ParsedPath& path);
  Response rootResponse() const;

  base::AsioExecutor& executor_;
  gate::Gate& gate_;
  RestContext context_;
  Upstream upstream_;
  ApiHandlerOptions options_;
  Discovery discovery_;
  std::shared_ptr<OpenApi> openApi_;
  std::atomic<int> inFlight_{0};
};

}  // namespace cleat::api
