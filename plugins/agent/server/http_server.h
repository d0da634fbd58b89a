// The agent's HTTPS server, as the kubelet's: /containerLogs, /exec, /attach, /portForward, /metrics/resource and
// /stats/summary for the API server, and /healthz for anybody. It knows its clients by their certificates: the API
// server's is signed by the cluster's authority and belongs to the group system:masters; nobody else is served.
//
// Bounded: the API server has at most 256 connections, and whoever else (or not known yet) shares a few more
// (unknown_peers.h), so that the API server always finds room; 32 KiB of request head, and 10 s for the handshake and
// the head together.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "server/agent_api.h"
#include "server/unknown_peers.h"

namespace cleat {
class IoThread;
}

namespace cleat::agent {

struct HttpServerOptions {
  uint16_t port = 10250;
  std::string certificatePem, keyPem;
  std::string clientCaFile;
  size_t mostConnections = 256;  // of the API server
  UnknownPeerLimits unknown;
  std::chrono::milliseconds requestTimeout{10'000};  // for the handshake and the head together
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
