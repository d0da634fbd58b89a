#include "balancer.h"

#include <arpa/inet.h>

#include <algorithm>

namespace cleat::proxy {

void Balancer::update(const ServicePort& service) {
  endpoints_.clear();
  for (const Endpoint& endpoint : service.endpoints) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(endpoint.port));
    if (inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) == 1) endpoints_.push_back(address);
  }
  affinity_ = std::chrono::seconds(service.affinitySeconds);
  if (affinity_.count() == 0) sticky_.clear();
  std::erase_if(sticky_, [&](const auto& entry) { return !contains(entry.second.endpoint); });
}

bool Balancer::contains(const sockaddr_in& endpoint) const {
  return std::ranges::any_of(endpoints_, [&](const sockaddr_in& one) {
    return one.sin_addr.s_addr == endpoint.sin_addr.s_addr && one.sin_port == endpoint.sin_port;
  });
}

bool Balancer::choose(uint32_t client, Clock::time_point now, sockaddr_in& endpoint) {
  if (endpoints_.empty()) return false;
  if (affinity_.count() > 0) {
    auto found = sticky_.find(client);
    if (found != sticky_.end() && found->second.until > now) {
      found->second.until = now + affinity_;
      endpoint = found->second.endpoint;
      return true;
    }
  }
  endpoint = endpoints_[turn_++ % endpoints_.size()];
  if (affinity_.count() > 0) {
    if (sticky_.size() >= kMostClients && !sticky_.contains(client)) sticky_.erase(sticky_.begin());
    sticky_[client] = {endpoint, now + affinity_};
  }
  return true;
}

}  // namespace cleat::proxy
