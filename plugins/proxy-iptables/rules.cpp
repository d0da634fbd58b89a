#include "rules.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace cleat::proxy {
namespace {

constexpr const char* kTop = "KUBE-SERVICES";
constexpr const char* kNodePorts = "KUBE-NODEPORTS";
constexpr const char* kPostrouting = "KUBE-POSTROUTING";
constexpr const char* kMark = "KUBE-MARK-MASQ";
constexpr const char* kForward = "KUBE-FORWARD";
constexpr const char* kFirewall = "KUBE-FIREWALL";

// With more endpoints than this the rules go without comments, which would be half of their text.
constexpr size_t kMostEndpointsWithComments = 1000;

// At most 28 characters, so what the chain is for is hashed; by SHA-256, because names that somebody has chosen must
// not meet those of another service. Written in base 32.
std::string chainName(std::string_view prefix, std::string_view of) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(of.data()), of.size(), digest.data());
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string name(prefix);
  for (int i = 0; i < 16; ++i) {
    const int bit = 5 * i;
    const unsigned pair = (unsigned{digest[bit / 8]} << 8) | digest[bit / 8 + 1];
    name += kDigits[(pair >> (11 - bit % 8)) & 31];
  }
  return name;
}

std::string chainOf(std::string_view prefix, const ServicePort& service) {
  return chainName(prefix, service.title() + service.protocol);
}
std::string serviceChain(const ServicePort& service) { return chainOf("KUBE-SVC-", service); }
std::string localChain(const ServicePort& service) { return chainOf("KUBE-SVL-", service); }
std::string externalChain(const ServicePort& service) { return chainOf("KUBE-EXT-", service); }
std::string sourcesChain(const ServicePort& service) { return chainOf("KUBE-FW-", service); }
std::string addressOf(const Endpoint& endpoint) { return hostPort(endpoint.address, endpoint.port); }
std::string endpointChain(const ServicePort& service, const Endpoint& endpoint) {
  return chainName("KUBE-SEP-", concat(service.title(), service.protocol, addressOf(endpoint)));
}

// Pods and the node itself are let through to all endpoints under either external policy.
bool usesAll(const ServicePort& service) { return !service.internalLocal || service.external(); }
bool usesLocal(const ServicePort& service) {
  return (service.externalLocal || service.internalLocal) && !service.localEndpoints.empty();
}
bool hasInternal(const ServicePort& service) {
  return service.internalLocal ? !service.localEndpoints.empty() : !service.endpoints.empty();
}
bool hasExternal(const ServicePort& service) {
  return service.externalLocal ? !service.localEndpoints.empty() : !service.endpoints.empty();
}
bool checksSources(const ServicePort& service) {
  return !service.sourceRanges.empty() && !service.loadBalancerIps.empty();
}

std::vector<Endpoint> usedEndpoints(const ServicePort& service) {
  std::vector<Endpoint> used;
  if (usesAll(service)) used = service.endpoints;
  if (usesLocal(service)) {
    for (const Endpoint& endpoint : service.localEndpoints) {
      auto same = [&](const Endpoint& one) { return addressOf(one) == addressOf(endpoint); };
      if (std::ranges::none_of(used, same)) used.push_back(endpoint);
    }
  }
  return used;
}

std::string probability(size_t one, size_t of) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "%.10f", static_cast<double>(one) / static_cast<double>(of));
  return text.data();
}

std::string hex(unsigned value) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "0x%x", value);
  return text.data();
}

class RuleWriter {
 public:
  RuleWriter(const std::vector<ServicePort>& services, const RuleOptions& options)
      : services_(services), options_(options), mark_(hex(1u << options.masqueradeBit)),
        host_(concat('/', addressBits(options.family))),
        reject_(concat("REJECT --reject-with ", isIpv6() ? "icmp6-port-unreachable" : "icmp-port-unreachable")) {
    size_t endpoints = 0;
    for (const ServicePort& service : services) endpoints += service.endpoints.size();
    comments_ = endpoints <= kMostEndpointsWithComments;
  }

  std::string nat(const std::vector<std::string>& stale) {
    std::string text = "*nat\n";
    for (const char* chain : {kTop, kNodePorts, kPostrouting, kMark}) text += concat(":", chain, " - [0:0]\n");
    for (const std::string& chain : serviceChains(services_)) text += concat(":", chain, " - [0:0]\n");
    for (const std::string& chain : stale) text += concat(":", chain, " - [0:0]\n");
    out_.clear();
    rule(kMark, concat("-j MARK --or-mark ", mark_));
    rule(kPostrouting, concat("-m mark ! --mark ", mark_, "/", mark_, " -j RETURN"));
    rule(kPostrouting, concat("-j MARK --xor-mark ", mark_));
    rule(kPostrouting, "-j MASQUERADE --random-fully");
    // Cluster IPs come first: an external IP that somebody has given a service takes none of them over.
    for (const ServicePort& service : services_) addClusterIp(service);
    for (const ServicePort& service : services_) addExternal(service);
    for (const ServicePort& service : services_) addEndpoints(service);
    // Every address of the node; the last rule, so that a service's external IP on it goes before. The kernel lets
    // nothing from ::1 out of the machine, and there is no switch for that as IPv4 has one.
    rule(kTop, concat("-m addrtype --dst-type LOCAL ", isIpv6() ? "! -d ::1/128 " : "", "-j ", kNodePorts));
    text += out_;
    for (const std::string& chain : stale) text += concat("-X ", chain, "\n");
    return text + "COMMIT\n";
  }

  std::string filter() {
    std::string text = "*filter\n";
    for (const char* chain : {kTop, kForward}) text += concat(":", chain, " - [0:0]\n");
    out_.clear();
    // What netfilter cannot place would pass without its address being translated back.
    rule(kForward, "-m conntrack --ctstate INVALID -j DROP");
    rule(kForward, concat("-m mark --mark ", mark_, "/", mark_, " -j ACCEPT"));
    rule(kForward, "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    // Node ports at 127.0.0.1 need route_localnet; nobody else may reach loopback services through it.
    if (!isIpv6()) {
      text += concat(":", kFirewall, " - [0:0]\n");
      rule(kFirewall, "! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP");
    }
    for (const ServicePort& service : services_) refuse(service);
    return text + out_ + "COMMIT\n";
  }

 private:
  void rule(std::string_view chain, std::string_view rest) { out_ += concat("-A ", chain, " ", rest, "\n"); }

  std::string comment(const ServicePort& service, std::string_view what) const {
    return comments_ ? concat("-m comment --comment \"", service.title(), what, "\" ") : std::string();
  }

  bool isIpv6() const { return options_.family == Family::ipv6; }

  std::string match(const ServicePort& service, std::string_view address, int32_t port) const {
    return concat("-d ", address, host_, " -p ", service.protocol, " -m ", service.protocol, " --dport ", port);
  }

  void addClusterIp(const ServicePort& service) {
    if (!hasInternal(service)) return;
    const std::string chain = service.internalLocal ? localChain(service) : serviceChain(service);
    const std::string vip = concat(comment(service, " cluster IP"), match(service, service.clusterIp, service.port));
    rule(kTop, concat(vip, " -j ", chain));
    // From outside a cluster IP is reached by a route to any node; the answer has to come back by this one.
    if (!options_.clusterCidr.empty()) rule(chain, concat("! -s ", options_.clusterCidr, " ", vip, " -j ", kMark));
  }

  void addExternal(const ServicePort& service) {
    if (!service.external() || service.endpoints.empty()) return;
    const std::string entry = externalChain(service);
    auto lead = [&](const std::string& ip, const char* what, const std::string& chain) {
      rule(kTop, concat(comment(service, what), match(service, ip, service.port), " -j ", chain));
    };
    for (const std::string& ip : service.externalIps) lead(ip, " external IP", entry);
    for (const std::string& ip : service.loadBalancerIps)
      lead(ip, " loadbalancer IP", checksSources(service) ? sourcesChain(service) : entry);
    if (checksSources(service)) addSources(service, entry);
    if (service.nodePort != 0) {
      rule(kNodePorts, concat(comment(service, ""), "-p ", service.protocol, " -m ", service.protocol, " --dport ",
                              service.nodePort, " -j ", entry));
    }
    const std::string chain = serviceChain(service);
    if (service.externalLocal) {
      // From inside, every endpoint may answer; from outside only those on this node, which see the client's address.
      if (!options_.clusterCidr.empty()) rule(entry, concat("-s ", options_.clusterCidr, " -j ", chain));
      rule(entry, concat("-m addrtype --src-type LOCAL -j ", kMark));
      rule(entry, concat("-m addrtype --src-type LOCAL -j ", chain));
      if (hasExternal(service)) rule(entry, concat("-j ", localChain(service)));
    } else {
      rule(entry, concat("-j ", kMark));
      rule(entry, concat("-j ", chain));
    }
  }

  // Whoever comes to its end was not let in, and is dropped by the table filter.
  void addSources(const ServicePort& service, const std::string& entry) {
    const std::string chain = sourcesChain(service);
    bool nodeMay = false;
    for (const std::string& range : service.sourceRanges) {
      rule(chain, concat("-s ", range, " -j ", entry));
      nodeMay = nodeMay || isInNetwork(options_.family, range, options_.nodeAddress);
    }
    // Where the balancer's address is one of this node's too, it is the source of what the node itself sends there.
    if (!nodeMay) return;
    for (const std::string& ip : service.loadBalancerIps) rule(chain, concat("-s ", ip, host_, " -j ", entry));
  }

  void addEndpoints(const ServicePort& service) {
    if (usesAll(service) && !service.endpoints.empty()) balance(service, serviceChain(service), service.endpoints);
    if (usesLocal(service)) balance(service, localChain(service), service.localEndpoints);
    for (const Endpoint& endpoint : usedEndpoints(service)) addEndpoint(service, endpoint);
  }

  void balance(const ServicePort& service, const std::string& chain, const std::vector<Endpoint>& endpoints) {
    if (service.affinitySeconds > 0) {
      for (const Endpoint& endpoint : endpoints) {
        const std::string name = endpointChain(service, endpoint);
        rule(chain,
             concat("-m recent --name ", name, " --rcheck --seconds ", service.affinitySeconds, " --reap -j ", name));
      }
    }
    for (size_t i = 0; i < endpoints.size(); ++i) {
      const size_t left = endpoints.size() - i;
      const std::string turn =
          left == 1 ? std::string() : concat("-m statistic --mode random --probability ", probability(1, left), " ");
      rule(chain, concat(comment(service, concat(" -> ", addressOf(endpoints[i]))), turn, "-j ",
                         endpointChain(service, endpoints[i])));
    }
  }

  void addEndpoint(const ServicePort& service, const Endpoint& endpoint) {
    const std::string chain = endpointChain(service, endpoint);
    // A pod that reaches itself through the service must see another's address.
    rule(chain, concat("-s ", endpoint.address, host_, " -j ", kMark));
    const std::string recent = service.affinitySeconds > 0 ? concat("-m recent --name ", chain, " --set ") : "";
    rule(chain, concat(recent, "-p ", service.protocol, " -m ", service.protocol, " -j DNAT --to-destination ",
                       addressOf(endpoint)));
  }

  void refuse(const ServicePort& service) {
    const bool none = service.endpoints.empty();
    const std::string why = comment(service, none ? " has no endpoints" : " has no local endpoints");
    const std::string verdict = none ? reject_ : "DROP";
    if (!hasInternal(service)) {
      rule(kTop, concat(why, match(service, service.clusterIp, service.port), " -j ", verdict));
    }
    for (const auto* addresses : {&service.externalIps, &service.loadBalancerIps}) {
      for (const std::string& ip : *addresses) {
        if (!hasExternal(service)) rule(kTop, concat(why, match(service, ip, service.port), " -j ", verdict));
      }
    }
    if (!none && checksSources(service)) {
      for (const std::string& ip : service.loadBalancerIps) {
        rule(kTop, concat(comment(service, " is not for this source"), match(service, ip, service.port), " -j DROP"));
      }
    }
    if (service.nodePort == 0 || hasExternal(service)) return;
    rule(kTop, concat(why, "-m addrtype --dst-type LOCAL -p ", service.protocol, " -m ", service.protocol, " --dport ",
                      service.nodePort, " -j ", verdict));
  }

  const std::vector<ServicePort>& services_;
  const RuleOptions& options_;
  const std::string mark_;
  const std::string host_, reject_;  // what makes an address a network of one; how to refuse
  bool comments_ = true;
  std::string out_;
};

}  // namespace

std::vector<std::string> serviceChains(const std::vector<ServicePort>& services) {
  std::vector<std::string> chains;
  for (const ServicePort& service : services) {
    if (service.endpoints.empty()) continue;
    if (usesAll(service)) chains.push_back(serviceChain(service));
    if (usesLocal(service)) chains.push_back(localChain(service));
    if (service.external()) chains.push_back(externalChain(service));
    if (checksSources(service)) chains.push_back(sourcesChain(service));
    for (const Endpoint& endpoint : usedEndpoints(service)) chains.push_back(endpointChain(service, endpoint));
  }
  return chains;
}

std::string makeRules(const std::vector<ServicePort>& services, const RuleOptions& options,
                      const std::vector<std::string>& stale) {
  RuleWriter writer(services, options);
  return writer.nat(stale) + writer.filter();
}

std::vector<Jump> jumps(Family family) {
  const std::vector<std::string> toServices = {"-m", "comment", "--comment", "kubernetes service portals", "-j", kTop};
  const std::vector<std::string> newOnly = {"-m", "conntrack", "--ctstate", "NEW", "-j", kTop};
  std::vector<Jump> jumps = {
      {"nat", "PREROUTING", toServices},
      {"nat", "OUTPUT", toServices},
      {"nat", "POSTROUTING", {"-m", "comment", "--comment", "kubernetes postrouting rules", "-j", kPostrouting}},
      {"filter", "INPUT", newOnly},
      {"filter", "OUTPUT", newOnly},
      {"filter", "FORWARD", newOnly},
      {"filter", "FORWARD", {"-m", "comment", "--comment", "kubernetes forwarding rules", "-j", kForward}},
  };
  if (family == Family::ipv4) jumps.push_back({"filter", "INPUT", {"-j", kFirewall}});
  return jumps;
}

}  // namespace cleat::proxy
