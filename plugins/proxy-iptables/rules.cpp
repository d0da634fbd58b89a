#include "rules.h"

#include <cleat/sdk/text.h>

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

// A chain's name: at most 28 characters, so the service's key is hashed (FNV-1a, 64 bits) and written in base 32.
std::string chainName(std::string_view prefix, std::string_view key) {
  uint64_t hash = 14695981039346656037ull;
  for (unsigned char c : key) hash = (hash ^ c) * 1099511628211ull;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string name(prefix);
  for (int i = 0; i < 13; ++i, hash >>= 5) name += kDigits[hash & 31];
  return name;
}

std::string serviceChain(const ServicePort& service) { return chainName("KUBE-SVC-", service.key()); }
std::string localChain(const ServicePort& service) { return chainName("KUBE-SVL-", service.key()); }
std::string externalChain(const ServicePort& service) { return chainName("KUBE-EXT-", service.key()); }
std::string endpointChain(const ServicePort& service, const Endpoint& endpoint) {
  return chainName("KUBE-SEP-", concat(service.key(), "@", endpoint.address, ":", endpoint.port));
}

bool usesLocal(const ServicePort& service) { return service.externalLocal || service.internalLocal; }
bool external(const ServicePort& service) { return service.nodePort != 0 || !service.externalIps.empty(); }

std::string probability(size_t one, size_t of) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "%.10f", static_cast<double>(one) / static_cast<double>(of));
  return text.data();
}

class RuleWriter {
 public:
  RuleWriter(const std::vector<ServicePort>& services, const RuleOptions& options)
      : services_(services), options_(options), mark_(concat("0x", hex(1u << options.masqueradeBit))) {}

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
    for (const ServicePort& service : services_) {
      if (!service.endpoints.empty()) addService(service);
    }
    rule(kTop, concat("-m addrtype --dst-type LOCAL -j ", kNodePorts));
    text += out_;
    for (const std::string& chain : stale) text += concat("-X ", chain, "\n");
    return text + "COMMIT\n";
  }

  std::string filter() {
    std::string text = "*filter\n";
    for (const char* chain : {kTop, kForward, kFirewall}) text += concat(":", chain, " - [0:0]\n");
    out_.clear();
    // What netfilter cannot place would pass without its address being translated back.
    rule(kForward, "-m conntrack --ctstate INVALID -j DROP");
    rule(kForward, concat("-m mark --mark ", mark_, "/", mark_, " -j ACCEPT"));
    rule(kForward, "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    if (!options_.clusterCidr.empty()) {
      rule(kForward, concat("-s ", options_.clusterCidr, " -j ACCEPT"));
      rule(kForward, concat("-d ", options_.clusterCidr, " -j ACCEPT"));
    }
    // Node ports at 127.0.0.1 need route_localnet; nobody else may reach loopback services through it.
    rule(kFirewall, "! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP");
    for (const ServicePort& service : services_) {
      if (service.endpoints.empty()) refuse(service);
    }
    return text + out_ + "COMMIT\n";
  }

 private:
  static std::string hex(unsigned value) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "%x", value);
    return text.data();
  }

  void rule(std::string_view chain, std::string_view rest) { out_ += concat("-A ", chain, " ", rest, "\n"); }

  static std::string match(const ServicePort& service, std::string_view address, int32_t port) {
    return concat("-d ", address, "/32 -p ", service.protocol, " -m ", service.protocol, " --dport ", port);
  }

  void addService(const ServicePort& service) {
    const std::string chain = serviceChain(service);
    const std::string internal = service.internalLocal ? localChain(service) : chain;
    const std::string vip = match(service, service.clusterIp, service.port);
    if (!options_.clusterCidr.empty()) {
      rule(internal, concat("! -s ", options_.clusterCidr, " ", vip, " -j ", kMark));
    }
    rule(kTop, concat(vip, " -j ", internal));
    if (external(service)) addExternal(service, chain);
    balance(service, chain, service.endpoints);
    if (usesLocal(service)) balance(service, localChain(service), service.localEndpoints());
    for (const Endpoint& endpoint : service.endpoints) addEndpoint(service, endpoint);
  }

  void addExternal(const ServicePort& service, const std::string& chain) {
    const std::string entry = externalChain(service);
    for (const std::string& ip : service.externalIps) rule(kTop, concat(match(service, ip, service.port), " -j ", entry));
    if (service.nodePort != 0) {
      rule(kNodePorts, concat("-p ", service.protocol, " -m ", service.protocol, " --dport ", service.nodePort, " -j ", entry));
    }
    if (service.externalLocal) {
      // From inside, every endpoint may answer; from outside only those on this node, which see the client's address.
      if (!options_.clusterCidr.empty()) rule(entry, concat("-s ", options_.clusterCidr, " -j ", chain));
      rule(entry, concat("-m addrtype --src-type LOCAL -j ", kMark));
      rule(entry, concat("-m addrtype --src-type LOCAL -j ", chain));
      rule(entry, concat("-j ", localChain(service)));
    } else {
      rule(entry, concat("-j ", kMark));
      rule(entry, concat("-j ", chain));
    }
  }

  void balance(const ServicePort& service, const std::string& chain, const std::vector<Endpoint>& endpoints) {
    if (service.affinitySeconds > 0) {
      for (const Endpoint& endpoint : endpoints) {
        const std::string name = endpointChain(service, endpoint);
        rule(chain, concat("-m recent --name ", name, " --rcheck --seconds ", service.affinitySeconds, " --reap -j ", name));
      }
    }
    for (size_t i = 0; i < endpoints.size(); ++i) {
      const std::string target = concat("-j ", endpointChain(service, endpoints[i]));
      const size_t left = endpoints.size() - i;
      rule(chain, left == 1 ? target
                            : concat("-m statistic --mode random --probability ", probability(1, left), " ", target));
    }
    if (endpoints.empty()) rule(chain, concat("-m comment --comment \"no endpoints on this node\" -j RETURN"));
  }

  void addEndpoint(const ServicePort& service, const Endpoint& endpoint) {
    const std::string chain = endpointChain(service, endpoint);
    // A pod that reaches itself through the service must see another's address.
    rule(chain, concat("-s ", endpoint.address, "/32 -j ", kMark));
    const std::string recent = service.affinitySeconds > 0 ? concat("-m recent --name ", chain, " --set ") : "";
    rule(chain, concat(recent, "-p ", service.protocol, " -m ", service.protocol, " -j DNAT --to-destination ",
                       endpoint.address, ":", endpoint.port));
  }

  void refuse(const ServicePort& service) {
    rule(kTop, concat(match(service, service.clusterIp, service.port), " -j REJECT --reject-with icmp-port-unreachable"));
    for (const std::string& ip : service.externalIps) {
      rule(kTop, concat(match(service, ip, service.port), " -j REJECT --reject-with icmp-port-unreachable"));
    }
    if (service.nodePort == 0) return;
    rule(kTop, concat("-m addrtype --dst-type LOCAL -p ", service.protocol, " -m ", service.protocol, " --dport ",
                      service.nodePort, " -j REJECT --reject-with icmp-port-unreachable"));
  }

  const std::vector<ServicePort>& services_;
  const RuleOptions& options_;
  const std::string mark_;
  std::string out_;
};

}  // namespace

std::vector<std::string> serviceChains(const std::vector<ServicePort>& services) {
  std::vector<std::string> chains;
  for (const ServicePort& service : services) {
    if (service.endpoints.empty()) continue;
    chains.push_back(serviceChain(service));
    if (usesLocal(service)) chains.push_back(localChain(service));
    if (external(service)) chains.push_back(externalChain(service));
    for (const Endpoint& endpoint : service.endpoints) chains.push_back(endpointChain(service, endpoint));
  }
  return chains;
}

std::string makeRules(const std::vector<ServicePort>& services, const RuleOptions& options,
                      const std::vector<std::string>& stale) {
  RuleWriter writer(services, options);
  return writer.nat(stale) + writer.filter();
}

std::vector<Jump> jumps() {
  const std::vector<std::string> toServices = {"-m", "comment", "--comment", "kubernetes service portals", "-j", kTop};
  const std::vector<std::string> newOnly = {"-m", "conntrack", "--ctstate", "NEW", "-j", kTop};
  return {
      {"nat", "PREROUTING", toServices, true},
      {"nat", "OUTPUT", toServices, true},
      {"nat", "POSTROUTING", {"-m", "comment", "--comment", "kubernetes postrouting rules", "-j", kPostrouting}, true},
      {"filter", "INPUT", newOnly, true},
      {"filter", "INPUT", {"-j", kFirewall}, true},
      {"filter", "OUTPUT", newOnly, true},
      {"filter", "FORWARD", newOnly, true},
      {"filter", "FORWARD", {"-m", "comment", "--comment", "kubernetes forwarding rules", "-j", kForward}, true},
  };
}

}  // namespace cleat::proxy
