// Short requests to containers over the network, for probes and hooks: whether a port takes connections, and what an
// HTTP server answers. They run on the agent's own network thread; the tasks go on where they were awaited, on the
// strand.
#pragma once

#include <cleat/sdk/context.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cleat {
class IoThread;
}

namespace cleat::agent {

class GrpcHealthCheck;

struct HttpRequest {
  bool tls = false;  // the certificate is not checked: it is the container's own
  std::string host;  // an address or a name
  uint16_t port = 80;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
};

struct HttpAnswer {
  std::string error;        // empty: there is an answer
  bool withoutTls = false;  // the error is that it answered without TLS
  int status = 0;
  std::string location;  // where a redirect leads, as it says it
  std::string body;      // at most 10 KiB of it
};

class NetClient {
 public:
  NetClient(Context& context, IoThread& io) : context_(context), io_(io) {}

  Task<HttpAnswer> get(HttpRequest request, Duration timeout);
  // Empty when a connection could be made; else why not.
  Task<std::string> connect(std::string host, uint16_t port, Duration timeout);
  // Asks a gRPC server for its health. Empty when it serves; else why not.
  Task<std::string> grpcHealth(std::string host, uint16_t port, std::string service, Duration timeout);

 private:
  Task<std::string> dial(std::string host, uint16_t port, Duration timeout, std::shared_ptr<GrpcHealthCheck> check);

  Context& context_;
  IoThread& io_;
};

}  // namespace cleat::agent
