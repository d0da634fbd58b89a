// ApiServer: the Kubernetes API over HTTPS, in front of a gate. The app makes one, starts it when everything behind it
// stands, and stops it first.
//
//   auto server = ApiServer::make(executor, gate, options);   // a bad certificate or a port that is taken: one line
//   …
//   (*server)->stop();   // not from one of the executor's threads
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/api/api_handler.h"
#include "core/api/audit/audit_trail.h"
#include "core/http/http_server.h"

namespace cleat::api {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric
  uint16_t port = 6443;               // 0: any free one
  http::ListeningSocket socket;       // instead of the two, where there is one
  std::string certFile, keyFile;      // PEM
  // What the server is to those it forwards logs, exec and the like to; and who signed their certificates (empty: not
  // checked).
  std::string clientCertFile, clientKeyFile, clientCaFile;
  std::string advertiseAddress;  // "192.0.2.1:6443"; empty: address and port
  HealthChecks health;
  std::function<std::string()> metrics;     // the text of /metrics
  base::Metrics* requestMetrics = nullptr;  // where requests are counted, if given
  std::optional<AuditOptions> audit;        // absent: no audit log is kept
  int maxInFlight = 600;
  std::chrono::nanoseconds longestWait = std::chrono::seconds(15);  // for a seat, where there are flows
  size_t maxConnections = 8192;
  http::ConnectionLimits limits;
  http::StrangerLimits strangers;
  http::HandshakeLimits handshakes;
};

class ApiServer {
 public:
  // Listens from then on, and answers.
  static Result<std::unique_ptr<ApiServer>> make(base::AsioExecutor& executor, gate::Gate& gate, ServerOptions options);
  ~ApiServer();

  uint16_t port() const { return http_->port(); }
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(10)) {
    http_->stop(grace);
    routes_->stop();
    flows_->stop();
    if (!audit_) return;
    audit_->drain(std::chrono::seconds(3));
    audit_->stop();
  }
  // What is wrong with keeping the audit log; empty: nothing is.
  std::string auditTrouble() const { return audit_ ? audit_->trouble() : std::string(); }

 private:
  ApiServer() = default;
  // Destroyed in the order of their use: no connection outlives the handler.
  std::shared_ptr<HttpRoutes> routes_;
  std::shared_ptr<FlowControl> flows_;
  std::shared_ptr<AuditTrail> audit_;
  std::unique_ptr<ApiHandler> handler_;
  std::unique_ptr<http::HttpServer> http_;
};

}  // namespace cleat::api
