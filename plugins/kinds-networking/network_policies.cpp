// NetworkPolicy. What carries it out is the network of the nodes.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <optional>
#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-networking/networking_kinds.h"

namespace cleat::kinds::networking {

using networking_v1::NetworkPolicy;

namespace {

using Peers = capnp::List<networking_v1::NetworkPolicyPeer>::Reader;
using Ports = capnp::List<networking_v1::NetworkPolicyPort>::Reader;

void setPortDefaults(capnp::List<networking_v1::NetworkPolicyPort>::Builder ports) {
  for (auto port : ports) {
    if (!port.hasProtocol()) port.setProtocol("TCP");
  }
}

void setPolicyDefaults(NetworkPolicy::Builder policy, const Change<NetworkPolicy>&) {
  auto spec = policy.getSpec();
  if (spec.hasIngress()) {
    for (auto rule : spec.getIngress()) setPortDefaults(rule.getPorts());
  }
  if (spec.hasEgress()) {
    for (auto rule : spec.getEgress()) setPortDefaults(rule.getPorts());
  }
  if (spec.getPolicyTypes().size() > 0) return;
  const bool egress = spec.getEgress().size() > 0;
  auto types = spec.initPolicyTypes(egress ? 2 : 1);
  types.set(0, "Ingress");
  if (egress) types.set(1, "Egress");
}

void checkNumber(int32_t first, networking_v1::NetworkPolicyPort::Reader port, const Path& path, Findings& findings) {
  findings.invalidEach(path / "port", first, wrongPortNumber(first));
  if (!port.hasEndPort()) return;
  const int32_t last = port.getEndPort().getValue();
  if (last < first) findings.invalid(path / "endPort", last, "must be greater than or equal to `port`");
  findings.invalidEach(path / "endPort", last, wrongPortNumber(last));
}

void checkPort(networking_v1::NetworkPolicyPort::Reader port, const Path& path, Findings& findings) {
  if (port.hasProtocol()) checkOneOf(view(port.getProtocol()), path / "protocol", {"TCP", "UDP", "SCTP"}, findings);
  if (port.hasPort() && port.getPort().isIntVal()) {
    return checkNumber(port.getPort().getIntVal(), port, path, findings);
  }
  if (port.hasEndPort()) {
    findings.invalid(path / "endPort", port.getEndPort().getValue(),
                     port.hasPort() ? "may not be specified when `port` is non-numeric"
                                    : "may not be specified when `port` is not specified");
  }
  if (!port.hasPort()) return;
  auto name = port.getPort().getStrVal();
  findings.invalidEach(path / "port", name, wrongPortName(view(name)));
}

// The networks that a policy has had already, which are not looked at again: some are older than the rules.
using KnownCidrs = std::set<std::string_view>;

void addCidrs(Peers peers, KnownCidrs& known) {
  for (auto peer : peers) {
    if (!peer.hasIpBlock()) continue;
    known.insert(view(peer.getIpBlock().getCidr()));
    for (auto except : peer.getIpBlock().getExcept()) known.insert(view(except));
  }
}

KnownCidrs cidrsOf(NetworkPolicy::Reader policy) {
  KnownCidrs known;
  for (auto rule : policy.getSpec().getIngress()) addCidrs(rule.getFrom(), known);
  for (auto rule : policy.getSpec().getEgress()) addCidrs(rule.getTo(), known);
  return known;
}

std::optional<Cidr> checkNetwork(std::string_view text, const KnownCidrs& known, const Path& path, Findings& findings) {
  auto cidr = known.contains(text) ? Cidr::parse(text) : checkStrictCidr(text, path, findings);
  if (cidr) warnOfCidr(text, path, findings);
  return cidr;
}

void checkBlock(networking_v1::IPBlock::Reader block, const KnownCidrs& known, const Path& path, Findings& findings) {
  if (block.getCidr().size() == 0) return findings.required(path / "cidr");
  auto cidr = checkNetwork(view(block.getCidr()), known, path / "cidr", findings);
  if (!cidr) return;
  auto excepts = block.getExcept();
  for (uint32_t i = 0; i < excepts.size(); ++i) {
    const Path at = (path / "except")[i];
    auto except = checkNetwork(view(excepts[i]), known, at, findings);
    if (except && (!cidr->contains(except->network()) || cidr->prefix() >= except->prefix())) {
      findings.invalid(at, excepts[i], "must be a strict subset of `cidr`");
    }
  }
}

void checkPeer(networking_v1::NetworkPolicyPeer::Reader peer, const KnownCidrs& known, const Path& path,
               Findings& findings) {
  const bool pods = peer.hasPodSelector(), namespaces = peer.hasNamespaceSelector(), block = peer.hasIpBlock();
  if (pods) checkLabelSelector(peer.getPodSelector(), path / "podSelector", findings);
  if (namespaces) checkLabelSelector(peer.getNamespaceSelector(), path / "namespaceSelector", findings);
  if (block) checkBlock(peer.getIpBlock(), known, path / "ipBlock", findings);
  if (!pods && !namespaces && !block) findings.required(path, "must specify a peer");
  if (block && (pods || namespaces)) findings.forbidden(path, "may not specify both ipBlock and another peer");
}

void checkRule(Ports ports, Peers peers, const char* peersField, const KnownCidrs& known, const Path& path,
               Findings& findings) {
  for (uint32_t i = 0; i < ports.size(); ++i) checkPort(ports[i], (path / "ports")[i], findings);
  for (uint32_t i = 0; i < peers.size(); ++i) checkPeer(peers[i], known, (path / peersField)[i], findings);
}

void validatePolicy(const Change<NetworkPolicy>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  const KnownCidrs known = change.old ? cidrsOf(*change.old) : KnownCidrs();
  checkLabelSelector(spec.getPodSelector(), path / "podSelector", findings);
  auto ingress = spec.getIngress();
  for (uint32_t i = 0; i < ingress.size(); ++i) {
    checkRule(ingress[i].getPorts(), ingress[i].getFrom(), "from", known, (path / "ingress")[i], findings);
  }
  auto egress = spec.getEgress();
  for (uint32_t i = 0; i < egress.size(); ++i) {
    checkRule(egress[i].getPorts(), egress[i].getTo(), "to", known, (path / "egress")[i], findings);
  }
  auto types = spec.getPolicyTypes();
  const Path typesPath = path / "policyTypes";
  if (types.size() > 2) {
    return findings.invalid(typesPath, Shown::list(strings(types)), "may not specify more than two policyTypes");
  }
  for (uint32_t i = 0; i < types.size(); ++i) checkOneOf(view(types[i]), typesPath[i], {"Ingress", "Egress"}, findings);
}

void printPolicy(NetworkPolicy::Reader policy, Cells& cells) {
  cells.text(policy.getMetadata().getName());
  cells.text(selectorText(policy.getSpec().getPodSelector()));
  cells.age(policy.getMetadata().getCreationTimestamp());
}

}  // namespace

void addNetworkPolicies(KindTable& table) {
  table.add<NetworkPolicy>(
      {.structFile = kSchemaFile,
       .shortNames = {"netpol"},
       .columns = {nameColumn(), {"Pod-Selector", "string", "The pods that it is about."}, ageColumn()}},
      {setPolicyDefaults, validatePolicy, printPolicy});
}

}  // namespace cleat::kinds::networking
