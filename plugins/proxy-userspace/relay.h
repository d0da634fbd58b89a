// Relay: the proxy's engine. For every service port it has a socket on this machine, and passes what arrives on to the
// endpoints in turn. One thread with epoll serves all of it.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

struct RelayOptions {
  std::chrono::milliseconds udpIdle{250};
  size_t maxConnections = 10000;
};

class Relay {
 public:
  explicit Relay(RelayOptions options);
  ~Relay();  // closes every connection

  // Serves these services from now on: new ones get a socket, those that are gone lose theirs, connections of others go on.
  // Gives the local port of each by its key. Blocks shortly.
  Result<std::map<std::string, uint16_t>> serve(const std::vector<ServicePort>& services);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace cleat::proxy
