#include "server/unknown_peers.h"

#include <algorithm>

namespace cleat::agent {
namespace {

namespace ip = boost::asio::ip;

// What one subscriber can choose among.
std::string originOf(const ip::address& from) {
  constexpr size_t kNetworkBytes = 8;
  if (from.is_v4()) return from.to_string();
  ip::address_v6 address = from.to_v6();
  if (address.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address).to_string();
  auto bytes = address.to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), kNetworkBytes};
}

}  // namespace

std::shared_ptr<void> UnknownPeers::admit(const ip::address& from, std::function<void()> putOut) {
  std::string origin = originOf(from);
  auto own = counts_.find(origin);
  if (own != counts_.end() && own->second >= limits_.connectionsOfOne) {
    putOutOf(origin);
  } else if (places_.size() >= limits_.connections) {
    putOutOf(std::ranges::max_element(counts_, {}, [](const auto& entry) { return entry.second; })->first);
  }
  auto place = std::make_shared<Place>(Place{origin, std::move(putOut)});
  places_.push_back(place);
  ++counts_[origin];
  return {nullptr, [self = shared_from_this(), place](void*) { self->leave(place); }};
}

void UnknownPeers::putOutOf(const std::string& origin) {
  auto oldest = std::ranges::find(places_, origin, [](const auto& place) { return place->origin; });
  std::shared_ptr<Place> place = *oldest;
  leave(place);
  place->putOut();
}

// Nothing, of one that has been put out.
void UnknownPeers::leave(const std::shared_ptr<Place>& place) {
  auto found = std::ranges::find(places_, place);
  if (found == places_.end()) return;
  places_.erase(found);
  auto count = counts_.find(place->origin);
  if (--count->second == 0) counts_.erase(count);
}

}  // namespace cleat::agent
