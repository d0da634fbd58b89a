// What the pod network needs of the node itself, beside what CNI plugins do for each pod: forwarding, bridged packets
// shown to netfilter, and two chains, CLEAT-POD-MASQ (nat) and CLEAT-POD-FORWARD (filter). All of it is of one family
// of addresses, which that of the pods says; with pods of both it is done for each.
//
// Pods talk to pods and nodes without address translation; only what leaves the cluster's networks is masqueraded.
// One rule for the node does that, where the bridge plugin's ipMasq would start iptables several times for each pod.
//
// Blocks; called once at start, and `removeNodeRules` by whoever takes the network down.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::network {

struct NodeRules {
  std::string iptables = "/usr/sbin/iptables";  // or that of IPv6
  std::string subnet;                           // of this node's pods
  std::vector<std::string> notMasqueraded;  // destinations that see the pods' own addresses; others' are passed over
};

// Repeats without harm; replaces the content of the chains.
Result<void> applyNodeRules(const NodeRules& rules);

Result<void> removeNodeRules(const std::string& iptables);

enum class Family { ipv4, ipv6 };

// net.ipv4.ip_forward and net.bridge.bridge-nf-call-iptables, or their like of IPv6. Without the latter a pod's answer
// to another pod on the same bridge, reached through a Service, would pass by the address translation.
Result<void> prepareKernel(Family family);

// The MTU of the interface with the default route; 0 when there is none.
int defaultRouteMtu();

// The input for iptables-restore that fills the chains.
std::string restoreInput(const NodeRules& rules);

}  // namespace cleat::network
