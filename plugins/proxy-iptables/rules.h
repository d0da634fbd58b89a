// The netfilter rules for a table of services, as the input of iptables-restore --noflush.
#pragma once

#include <string>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

struct RuleOptions {
  std::string clusterCidr;  // the pods' addresses; what else asks for a cluster IP is masqueraded
  int masqueradeBit = 14;   // of the packet mark
};

// The rules of the tables nat and filter. `stale`: chains of the last time that are in them no more; they are removed.
std::string makeRules(const std::vector<ServicePort>& services, const RuleOptions& options,
                      const std::vector<std::string>& stale);

// The chains that the rules declare for services and endpoints (KUBE-SVC-…, KUBE-SEP-…), to find stale ones.
std::vector<std::string> serviceChains(const std::vector<ServicePort>& services);

// The rules that lead from the built-in chains to ours: (table, chain, the rest). They are put in once.
struct Jump {
  const char* table;
  const char* chain;
  std::vector<std::string> rule;
  bool first;  // at the head of the chain, else at its end
};
std::vector<Jump> jumps();

}  // namespace cleat::proxy
