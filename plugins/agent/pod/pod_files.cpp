#include "pod/pod_files.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::agent {
namespace {

constexpr size_t kLongestHostname = 63;
// What glibc and musl take (resolv.conf(5)).
constexpr size_t kMostNameservers = 3;
constexpr size_t kMostSearchDomains = 32;

// "HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN"; empty without a subdomain.
std::string fullName(core_v1::Pod::Reader pod, std::string_view hostname, const std::string& clusterDomain) {
  auto subdomain = pod.getSpec().getSubdomain();
  if (subdomain.size() == 0) return {};
  return concat(hostname, ".", subdomain, ".", pod.getMetadata().getNamespace(), ".svc.", clusterDomain);
}

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> out;
  size_t at = 0;
  while (true) {
    at = line.find_first_not_of(" \t", at);
    if (at == std::string_view::npos) return out;
    size_t end = std::min(line.find_first_of(" \t", at), line.size());
    out.emplace_back(line.substr(at, end - at));
    at = end;
  }
}

Resolver parseResolvConf(std::string_view file) {
  Resolver resolver;
  while (!file.empty()) {
    size_t end = std::min(file.find('\n'), file.size());
    auto line = words(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.size() < 2) continue;
    if (line[0] == "nameserver") resolver.nameservers.push_back(line[1]);
    if (line[0] == "search") resolver.searches.assign(line.begin() + 1, line.end());
    if (line[0] == "options") resolver.options.insert(resolver.options.end(), line.begin() + 1, line.end());
  }
  return resolver;
}

Resolver clusterResolver(core_v1::Pod::Reader pod, const DnsFacts& facts, Resolver host) {
  Resolver resolver;
  resolver.nameservers = facts.clusterDns;
  std::string service = concat("svc.", facts.clusterDomain);
  resolver.searches = {concat(pod.getMetadata().getNamespace(), ".", service), service, facts.clusterDomain};
  resolver.searches.insert(resolver.searches.end(), host.searches.begin(), host.searches.end());
  resolver.options = {"ndots:5"};
  return resolver;
}

std::string_view optionName(std::string_view option) { return option.substr(0, option.find(':')); }

void addOwnConfig(core_v1::PodDNSConfig::Reader config, Resolver& resolver) {
  auto addMissing = [](std::vector<std::string>& to, capnp::List<capnp::Text>::Reader from) {
    for (auto text : from) {
      if (std::find(to.begin(), to.end(), view(text)) == to.end()) to.push_back(str(text));
    }
  };
  addMissing(resolver.nameservers, config.getNameservers());
  addMissing(resolver.searches, config.getSearches());
  for (auto option : config.getOptions()) {
    std::erase_if(resolver.options, [&](const auto& old) { return optionName(old) == view(option.getName()); });
    std::string text = str(option.getName());
    if (option.getValue().size() != 0) text += concat(":", option.getValue());
    resolver.options.push_back(std::move(text));
  }
}

std::string render(const Resolver& resolver) {
  std::string out;
  auto line = [&](std::string_view word, const std::vector<std::string>& values, size_t most) {
    if (values.empty()) return;
    out += word;
    for (size_t i = 0; i < std::min(values.size(), most); ++i) out += " " + values[i];
    out += '\n';
  };
  line("search", resolver.searches, kMostSearchDomains);
  for (size_t i = 0; i < std::min(resolver.nameservers.size(), kMostNameservers); ++i) {
    out += concat("nameserver ", resolver.nameservers[i], "\n");
  }
  line("options", resolver.options, resolver.options.size());
  return out;
}

}  // namespace

std::string hostnameOf(core_v1::Pod::Reader pod, const std::string& nodeHostname, const std::string& clusterDomain) {
  auto spec = pod.getSpec();
  if (spec.getHostNetwork()) return nodeHostname;
  if (spec.getHostnameOverride().size() != 0) return str(spec.getHostnameOverride());
  std::string hostname = str(spec.getHostname().size() != 0 ? spec.getHostname() : pod.getMetadata().getName());
  if (hostname.size() > kLongestHostname) {
    hostname.resize(kLongestHostname);
    while (!hostname.empty() && (hostname.back() == '-' || hostname.back() == '.')) hostname.pop_back();
  }
  if (spec.getSetHostnameAsFQDN().getValue()) {
    std::string full = fullName(pod, hostname, clusterDomain);
    if (!full.empty()) return full;
  }
  return hostname;
}

std::string hostsFile(core_v1::Pod::Reader pod, const std::vector<std::string>& podIps, const std::string& hostname,
                      const std::string& clusterDomain, const std::string& hostFile) {
  auto spec = pod.getSpec();
  std::string out;
  if (spec.getHostNetwork()) {
    out = concat("# Kubernetes-managed hosts file (host network).\n", hostFile);
  } else {
    out =
        "# Kubernetes-managed hosts file.\n"
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\n"
        "fe00::1\tip6-allnodes\n"
        "fe00::2\tip6-allrouters\n";
    std::string full = spec.getHostnameOverride().size() == 0 ? fullName(pod, hostname, clusterDomain) : std::string();
    if (full == hostname) full.clear();
    for (const auto& ip : podIps) {
      out += full.empty() ? concat(ip, "\t", hostname, "\n") : concat(ip, "\t", full, "\t", hostname, "\n");
    }
  }
  if (spec.getHostAliases().size() != 0) {
    out += "\n# Entries added by HostAliases.\n";
    for (auto alias : spec.getHostAliases()) {
      out += str(alias.getIp());
      for (auto name : alias.getHostnames()) out += concat("\t", name);
      out += '\n';
    }
  }
  return out;
}

Resolver dnsOf(core_v1::Pod::Reader pod, const DnsFacts& facts) {
  auto spec = pod.getSpec();
  std::string_view policy = view(spec.getDnsPolicy());
  Resolver host = parseResolvConf(facts.hostResolvConf);
  bool wantsCluster =
      policy == "ClusterFirstWithHostNet" || ((policy == "ClusterFirst" || policy.empty()) && !spec.getHostNetwork());
  Resolver resolver;
  if (policy == "None") {
    // Only what the pod itself says.
  } else if (wantsCluster && !facts.clusterDns.empty()) {
    resolver = clusterResolver(pod, facts, std::move(host));
  } else {
    resolver = std::move(host);
  }
  addOwnConfig(spec.getDnsConfig(), resolver);
  return resolver;
}

std::string resolvConf(core_v1::Pod::Reader pod, const DnsFacts& facts) { return render(dnsOf(pod, facts)); }

}  // namespace cleat::agent
