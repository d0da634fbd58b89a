#include "balancer.h"

#include <algorithm>

namespace cleat::proxy {

void Balancer::update(const ServicePort& service) {
  endpoints_.clear();
  for (const Endpoint& endpoint : service.endpoints) {
    auto address = SocketAddress::of(endpoint.address, static_cast<uint16_t>(endpoint.port));
    if (address) endpoints_.push_back(*address);
  }
  affinity_ = std::chrono::seconds(service.affinitySeconds);
  if (affinity_.count() == 0) sticky_.clear();
  std::erase_if(sticky_, [&](const auto& entry) { return !contains(entry.second.endpoint); });
}

bool Balancer::contains(const SocketAddress& endpoint) const {
  return std::ranges::find(endpoints_, endpoint) != endpoints_.end();
}

std::optional<SocketAddress> Balancer::choose(const AddressBytes& client, Clock::time_point now) {
  if (endpoints_.empty()) return std::nullopt;
  if (affinity_.count() > 0) {
    auto found = sticky_.find(client);
    if (found != sticky_.end() && found->second.until > now) {
      found->second.until = now + affinity_;
      return found->second.endpoint;
    }
  }
  const SocketAddress endpoint = endpoints_[turn_++ % endpoints_.size()];
  if (affinity_.count() > 0) {
    if (sticky_.size() >= kMostClients && !sticky_.contains(client)) sticky_.erase(sticky_.begin());
    sticky_.insert_or_assign(client, Sticky{endpoint, now + affinity_});
  }
  return endpoint;
}

}  // namespace cleat::proxy
