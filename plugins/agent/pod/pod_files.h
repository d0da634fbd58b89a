// The files that the agent makes for every container of a pod: /etc/hosts, /etc/hostname and /etc/resolv.conf, as
// texts.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <string>
#include <vector>

namespace cleat::agent {

// The hostname of the pod: its own, or its name, cut to what the kernel takes; with setHostnameAsFQDN the whole name.
// A pod in the host's network has the node's.
std::string hostnameOf(core_v1::Pod::Reader pod, const std::string& nodeHostname, const std::string& clusterDomain);

// `hostFile` is the node's own /etc/hosts, which a pod in the host's network sees with its own additions.
std::string hostsFile(core_v1::Pod::Reader pod, const std::vector<std::string>& podIps, const std::string& hostname,
                      const std::string& clusterDomain, const std::string& hostFile);

struct DnsFacts {
  std::vector<std::string> clusterDns;  // nameservers of the cluster; none: pods use the node's
  std::string clusterDomain;
  std::string hostResolvConf;  // the node's own file
};

// How names are looked up in the pod; and the same as a file, of which no more is written than the C libraries take.
struct Resolver {
  std::vector<std::string> nameservers, searches, options;
};
Resolver dnsOf(core_v1::Pod::Reader pod, const DnsFacts& facts);
std::string resolvConf(core_v1::Pod::Reader pod, const DnsFacts& facts);

}  // namespace cleat::agent
