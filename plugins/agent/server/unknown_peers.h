// UnknownPeers: the places of those connections to the agent's HTTPS server whose other end is not known to be the API
// server (yet). There are few, in all and for each address (of IPv6, for each /64), and there is always one for who
// comes next: where all are taken, the connection that has held one longest is put out, of the same address where that
// has its share, and else of the address that has most. Network thread only.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace cleat::agent {

struct UnknownPeerLimits {
  size_t connections = 64, connectionsOfOne = 32;
};

class UnknownPeers : public std::enable_shared_from_this<UnknownPeers> {
 public:
  explicit UnknownPeers(UnknownPeerLimits limits) : limits_(limits) {}

  // The place is given back when the last copy is gone. `putOut` is called when it goes to another.
  std::shared_ptr<void> admit(const boost::asio::ip::address& from, std::function<void()> putOut);
  size_t count() const { return places_.size(); }

 private:
  struct Place {
    std::string origin;
    std::function<void()> putOut;
  };
  void putOutOf(const std::string& origin);
  void leave(const std::shared_ptr<Place>& place);

  const UnknownPeerLimits limits_;
  std::list<std::shared_ptr<Place>> places_;  // the oldest first
  std::map<std::string, size_t> counts_;      // by origin
};

}  // namespace cleat::agent
