// The netfilter rules for a table of services, as the input of iptables-restore --noflush, or ip6tables-restore.
//
// nat:     KUBE-SERVICES leads an address of a service to
//            KUBE-SVC-…  pick one of all endpoints, for cluster IPs
//            KUBE-SVL-…  pick one of this node's, for the traffic policy Local
//            KUBE-EXT-…  what comes from outside: masquerade, or keep the client's address; then one of the above
//            KUBE-FW-…   the load balancer's source ranges, then KUBE-EXT-…
//          KUBE-NODEPORTS leads node ports to KUBE-EXT-…; KUBE-SEP-… is one endpoint;
//          KUBE-MARK-MASQ marks what KUBE-POSTROUTING masquerades.
// filter:  KUBE-SERVICES rejects what is for a service without endpoints, and drops what must not come in: by now an
//          address of a service is the destination of none but these packets.
//
// Chains are named as the original's proxy names them, and the rules say which service they are for, so that what
// people know of finding their way in them holds here.
#pragma once

#include <string>
#include <vector>

#include "proxy-common/netfilter.h"
#include "proxy-common/service_table.h"

namespace cleat::proxy {

struct RuleOptions {
  Family family = Family::ipv4;  // of everything else here
  std::string clusterCidr;       // the pods' addresses; what else asks for a cluster IP is masqueraded
  std::string nodeAddress;       // this node's own
  int masqueradeBit = 14;        // of the packet mark
};

// The rules of the tables nat and filter. `stale`: chains of the last time that are in them no more; they are removed.
std::string makeRules(const std::vector<ServicePort>& services, const RuleOptions& options,
                      const std::vector<std::string>& stale);

// The chains that the rules declare for services and endpoints (KUBE-SVC-…, KUBE-SEP-…), to find stale ones.
std::vector<std::string> serviceChains(const std::vector<ServicePort>& services);

// The rules that lead from the built-in chains to ours. They are put in once.
std::vector<Jump> jumps(Family family);

}  // namespace cleat::proxy
