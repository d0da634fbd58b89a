// The sockets of the DNS, UDP and TCP at one port, and the thread that serves them.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "event_loop.h"
#include "upstreams.h"
#include "zone.h"

namespace cleat::dns {

struct DnsServerOptions {
  UpstreamLimits upstream;
  std::vector<Network> forwardFor;  // clients for which other names are looked up
  size_t tcpConnections = 256;
  size_t tcpConnectionsOfClient = 64;
  std::chrono::milliseconds tcpIdle{10000};
};

class DnsServer {
 public:
  // `zone` outlives it.
  DnsServer(const Zone& zone, DnsServerOptions options);
  ~DnsServer();  // ends the thread

  // Listens at `address`, or everywhere where this machine has no such address (it is one that others translate), at
  // `port`, or at any free one for 0. Gives the port.
  Result<uint16_t> start(const std::string& address, uint16_t port);

  // Whom to ask for other names from now on. Any thread.
  void setUpstreams(std::vector<SocketAddress> servers) CLEAT_EXCLUDES(mutex_);

 private:
  class Serving;
  class UdpListener;
  class TcpListener;
  class TcpClient;
  std::vector<SocketAddress> upstreams() CLEAT_EXCLUDES(mutex_);

  const Zone& zone_;
  const DnsServerOptions options_;
  Mutex mutex_;
  std::vector<SocketAddress> servers_ CLEAT_GUARDED_BY(mutex_);
  std::unique_ptr<Serving> serving_;
  std::thread thread_;
};

}  // namespace cleat::dns
