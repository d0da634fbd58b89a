// Relay: the proxy's engine for one family of addresses. For every service port it has a socket on this machine, and
// passes what arrives on to the endpoints in turn. One thread with epoll serves all of it, and sleeps when there is
// nothing to pass on.
//
// What it holds is bounded: `maxConnections` TCP connections and UDP clients together, each TCP connection with at most
// what one read gave and the other side has not taken yet; the kernel holds the rest, and its windows slow the sender
// down.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

struct RelayOptions {
  Family family = Family::ipv4;
  std::chrono::milliseconds udpIdle{250};
  size_t maxConnections = 10000;
  // How long an endpoint may take to accept; twice, four and eight times as long in the tries that follow.
  std::chrono::milliseconds connectTimeout{250};
  // Takes only those TCP connections that netfilter has redirected here, whatever its filter lets through.
  bool redirectedOnly = false;
};

class Relay {
 public:
  explicit Relay(RelayOptions options);
  ~Relay();  // closes every connection

  // Serves these services from now on: new ones get a socket and those that are gone lose theirs. TCP connections that
  // are open go on, whatever has become of their service or endpoint; UDP clients whose endpoint is gone get another.
  // Gives the local port of each by its key. On failure all stays as it was. Blocks shortly.
  Result<std::map<std::string, uint16_t>> serve(const std::vector<ServicePort>& services);

  // TCP connections and UDP clients at this moment. Blocks shortly.
  size_t connections();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace cleat::proxy
