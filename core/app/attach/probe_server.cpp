#include "core/app/attach/probe_server.h"

#include "core/api/status_body.h"
#include "core/app/installation.h"

namespace cleat::app {
namespace {

http::Response answerProbe(const http::Request& request, const ProbeServer::Sources& sources) {
  if (request.method != "GET" && request.method != "HEAD") return api::plainResponse(405, "method not allowed\n");
  if (api::isHealthPath(request.path())) return api::healthResponse(request, sources.checks);
  if (request.path() != "/metrics") return api::pageNotFound();
  return api::metricsResponse(sources.metrics());
}

}  // namespace

Result<std::unique_ptr<ProbeServer>> ProbeServer::start(base::AsioExecutor& executor, const std::string& listen,
                                                        Sources sources) {
  CLEAT_TRY(ListenAddress where, parseListen(listen, "--listen"));
  http::HttpServerOptions options;
  options.address = where.address;
  options.port = where.port;
  options.errorResponse = [](int code) { return api::plainResponse(code, "\n"); };
  auto shared = std::make_shared<const Sources>(std::move(sources));
  auto handler = [shared](http::Exchange& exchange) -> Task<void> {
    http::Response response = answerProbe(exchange.request(), *shared);
    co_await exchange.send(std::move(response));
  };
  CLEAT_TRY(auto server, http::HttpServer::listen(executor, std::move(options), std::move(handler)));
  return std::unique_ptr<ProbeServer>(new ProbeServer(std::move(server)));
}

ProbeServer::~ProbeServer() { server_->stop(std::chrono::seconds(1)); }

}  // namespace cleat::app
