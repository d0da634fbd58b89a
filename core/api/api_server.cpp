#include "core/api/api_server.h"

#include "core/api/status_body.h"

namespace cleat::api {
namespace {

http::Response errorResponse(int code, uint64_t bodyLimit) {
  Status status;
  status.code = static_cast<uint16_t>(code);
  switch (code) {
    case 413:
      return statusResponse(Status::tooLarge("Request entity too large: limit is " + std::to_string(bodyLimit)));
    case 408: return plainResponse(408, "408 Request Timeout: the body came too slowly");
    case 429: return statusResponse(Status::tooManyRequests("Too many requests, please try again later.", 1));
    case 504: return statusResponse(Status::timeout("Timeout: request did not complete within the allotted timeout"));
    case 500: return statusResponse(Status::internal("Internal error occurred: the request could not be served"));
    case 431: return plainResponse(431, "431 Request Header Fields Too Large");
    default: return plainResponse(code, "400 Bad Request");
  }
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::make(base::AsioExecutor& executor, gate::Gate& gate,
                                                   ServerOptions options) {
  CLEAT_TRY(auto serverTls, http::TlsContext::server(options.certFile, options.keyFile));
  CLEAT_TRY(auto clientTls,
            http::tlsClientOfFiles(options.clientCertFile, options.clientKeyFile, options.clientCaFile));

  std::unique_ptr<ApiServer> server(new ApiServer());
  ApiHandlerOptions handling;
  handling.serverAddress = options.advertiseAddress.empty() ? options.address + ":" + std::to_string(options.port)
                                                            : options.advertiseAddress;
  handling.health = std::move(options.health);
  handling.metrics = std::move(options.metrics);
  handling.requestMetrics = options.requestMetrics;
  handling.maxInFlight = options.maxInFlight;
  if (options.audit) server->audit_ = std::make_shared<AuditTrail>(executor, gate, *std::move(options.audit));
  handling.audit = server->audit_;
  server->routes_ = std::make_shared<HttpRoutes>(executor, gate);
  server->routes_->begin();
  server->flows_ = std::make_shared<FlowControl>(
      executor, gate,
      FlowOptions{static_cast<uint32_t>(options.maxInFlight), options.longestWait, options.requestMetrics});
  server->flows_->begin();
  server->handler_ = std::make_unique<ApiHandler>(executor, StrandGate(gate), std::move(clientTls), server->routes_,
                                                  server->flows_, std::move(handling));

  http::HttpServerOptions listening;
  listening.address = options.address;
  listening.port = options.port;
  listening.socket = std::move(options.socket);
  listening.tls = std::move(serverTls);
  listening.limits = options.limits;
  listening.maxConnections = options.maxConnections;
  listening.strangers = options.strangers;
  listening.handshakes = options.handshakes;
  uint64_t bodyLimit = options.limits.message.bodyBytes;
  listening.errorResponse = [bodyLimit](int code) { return errorResponse(code, bodyLimit); };
  ApiHandler* handler = server->handler_.get();
  listening.onFailedHandshake = [handler] { handler->handshakeFailed(); };
  CLEAT_TRY(auto http, http::HttpServer::listen(executor, std::move(listening), [handler](http::Exchange& exchange) {
              return handler->handle(exchange);
            }));
  server->http_ = std::move(http);
  return server;
}

ApiServer::~ApiServer() {
  if (routes_) routes_->stop();
  if (flows_) flows_->stop();
  if (audit_) audit_->stop();
}

}  // namespace cleat::api
