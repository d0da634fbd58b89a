// SourceGuard: lets nothing out of a pod but what bears the pod's own addresses, of IP, of ARP and of Ethernet. Without
// it a pod that may send raw packets answers for another pod, or for the node, to whoever asks on the bridge.
//
// One chain for each pod, hooked to the node's end of its link, in a table of our own (nftables' family netdev): a
// packet of one pod passes the rules of that pod alone. Everything here blocks, and may be repeated without harm.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::network {

// The node's end of a pod's link, and what may come out of it.
struct PodPort {
  std::string interface;  // of the node: "veth1a2b3c4d"
  std::string hardwareAddress;
  std::vector<std::string> addresses;
};

class SourceGuard {
 public:
  explicit SourceGuard(std::string nft) : nft_(std::move(nft)) {}

  // Whether it can work on this machine.
  Result<void> ready() const;
  Result<void> guard(const PodPort& port) const;
  // Succeeds for one that is not guarded, too.
  Result<void> forget(const std::string& interface) const;

 private:
  Result<void> apply(const std::string& script) const;

  std::string nft_;
};

// What nft is given for a port.
std::string guardScript(const PodPort& port);

}  // namespace cleat::network
