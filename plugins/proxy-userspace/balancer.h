// Balancer: the endpoints of one service port, taken in turn; with session affinity a client keeps its own. Used on one
// thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "proxy-common/service_table.h"
#include "socket_address.h"

namespace cleat::proxy {

using Clock = std::chrono::steady_clock;

class Balancer {
 public:
  // With affinity it remembers so many clients; beyond, some lose their endpoint before their time.
  static constexpr size_t kMostClients = 100'000;

  void update(const ServicePort& service);
  // The next endpoint for the client; nothing when there is none.
  std::optional<SocketAddress> choose(const AddressBytes& client, Clock::time_point now);
  // The client's endpoint did not answer: it gets another next time.
  void forget(const AddressBytes& client) { sticky_.erase(client); }
  size_t size() const { return endpoints_.size(); }
  bool contains(const SocketAddress& endpoint) const;

 private:
  struct Sticky {
    SocketAddress endpoint;
    Clock::time_point until;
  };
  std::vector<SocketAddress> endpoints_;
  size_t turn_ = 0;
  std::chrono::seconds affinity_{0};
  std::map<AddressBytes, Sticky> sticky_;
};

}  // namespace cleat::proxy
