// ProbeServer: what a program without an API of its own says about itself over HTTP: /healthz, /livez, /readyz and
// /metrics. Plain HTTP, since whoever watches over programs asks that way; nothing secret is said.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/api/discovery/server_health.h"
#include "core/base/asio_executor.h"
#include "core/http/http_server.h"

namespace cleat::app {

class ProbeServer {
 public:
  struct Sources {
    api::HealthChecks checks;
    std::function<std::string()> metrics;  // Prometheus' text
  };
  // `listen`: ADDRESS:PORT. The sources are asked until it is destroyed, which is not done on the executor's threads.
  static Result<std::unique_ptr<ProbeServer>> start(base::AsioExecutor& executor, const std::string& listen,
                                                    Sources sources);
  ~ProbeServer();
  uint16_t port() const { return server_->port(); }

 private:
  explicit ProbeServer(std::unique_ptr<http::HttpServer> server) : server_(std::move(server)) {}
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace cleat::app
