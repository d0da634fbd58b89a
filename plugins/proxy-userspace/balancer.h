// Balancer: the endpoints of one service port, taken in turn; with session affinity a client keeps its own. Used on one
// thread.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <map>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

using Clock = std::chrono::steady_clock;

class Balancer {
 public:
  // With affinity it remembers so many clients; beyond, some lose their endpoint before their time.
  static constexpr size_t kMostClients = 100'000;

  void update(const ServicePort& service);
  // The next endpoint for the client (its address in network order); false when there is none.
  bool choose(uint32_t client, Clock::time_point now, sockaddr_in& endpoint);
  // The client's endpoint did not answer: it gets another next time.
  void forget(uint32_t client) { sticky_.erase(client); }
  size_t size() const { return endpoints_.size(); }
  bool contains(const sockaddr_in& endpoint) const;

 private:
  struct Sticky {
    sockaddr_in endpoint;
    Clock::time_point until;
  };
  std::vector<sockaddr_in> endpoints_;
  size_t turn_ = 0;
  std::chrono::seconds affinity_{0};
  std::map<uint32_t, Sticky> sticky_;
};

}  // namespace cleat::proxy
