// The agent's HTTPS server, as the kubelet's: /containerLogs, /exec, /attach, /portForward for the API server, and
// /healthz for anybody. It knows its clients by their certificates: the API server's is signed by the cluster's
// authority and belongs to the group system:masters; nobody else is served.
//
// Bounded: at most 256 connections, 32 KiB of request head, 10 s for the handshake and the request.
#pragma once

#include <cleat/sdk/status.h>

#include <functional>
#include <memory>
#include <string>

#include "server/agent_api.h"

namespace cleat::agent {

struct HttpServerOptions {
  uint16_t port = 10250;
  std::string certificatePem, keyPem;
  std::string clientCaFile;
};

class HttpServer {
 public:
  HttpServer(IoThread& io, AgentApi& api);
  ~HttpServer();

  // Listens from now on. Fails if it cannot.
  Result<void> start(const HttpServerOptions& options);

  class Impl;

 private:
  IoThread& io_;
  AgentApi& api_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cleat::agent
