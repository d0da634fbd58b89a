// A CNI network configuration list: what the files of a configuration folder say, or our own when there is none.
//
// A NetworkList is a value; it is loaded once at start and passed by reference. It keeps each plugin's object as it
// was written, because a CNI plugin is to be given every key of its configuration, known to us or not.
#pragma once

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/status.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace cleat::network {

struct NetworkList {
  std::string name;
  std::string cniVersion;
  bool disableCheck = false;
  std::vector<boost::json::object> plugins;

  // The one list object again, as it is kept with an attachment.
  boost::json::object toJson() const;
};

// Reads a list (`.conflist`) or a single plugin's configuration (`.conf`, `.json`), which becomes a list of one.
// `source` names it in errors.
Result<NetworkList> parseNetworkList(const std::string& text, const std::string& source);

// The same from what was parsed already.
Result<NetworkList> networkListOf(const boost::json::value& root, const std::string& source);

// The first usable file of the folder in the order of names. Code 404 when it holds none.
Result<NetworkList> loadNetworkList(const std::string& folder);

struct DefaultNetwork {
  std::string bridge = "cleat0";
  std::vector<std::string> subnets;  // this node's pods: "10.244.0.0/24", and one of IPv6 where pods have both
  std::string allocations;           // the folder in which host-local keeps what it gave away
  int mtu = 0;                       // 0: the kernel's
};

// Bridge, host-local and portmap. Masquerading is not left to the bridge plugin, which would do it for every address
// outside of this node's subnet, thus for pods on other nodes too.
NetworkList defaultNetworkList(const DefaultNetwork& network);

// Of each network in "10.244.0.0/16,fd00:10:244::/56" the first /24, or of IPv6 the first /64; the network itself if it
// is smaller. One, or one of each family.
Result<std::vector<std::string>> firstSubnets(const std::string& cidrs);

}  // namespace cleat::network
