#include "kinds-core/proxy_target.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "kinds-common/addresses.h"
#include "kinds-core/pod_streams.h"

namespace cleat::kinds::core {

namespace {

Status invalidRequest(const char* kind, const ProxiedName& name) {
  return Status::badRequest(concat("invalid ", kind, " request \"", name.written, "\""));
}

// A pod or an endpoint may name any address: nobody gets at this machine's own through it.
Result<void> checkReachable(std::string_view address) {
  const std::optional<Ip> ip = Ip::parse(address);
  if (!ip) return fail(Status::badRequest("no IP address found"));
  if (ip->isLoopback() || ip->isLinkLocalUnicast() || ip->isLinkLocalMulticast() || ip->isUnspecified()) {
    return fail(Status::badRequest("address not allowed"));
  }
  return {};
}

std::string urlOf(std::string_view scheme, std::string_view address, std::string_view port) {
  const std::string url = concat(scheme.empty() ? std::string_view("http") : scheme, "://", hostInUrl(address));
  return port.empty() ? url : concat(url, ":", port);
}

std::string firstPort(core_v1::PodSpec::Reader spec) {
  for (auto container : spec.getContainers()) {
    if (container.getPorts().size() > 0) return concat(container.getPorts()[0].getContainerPort());
  }
  return {};
}

bool isPortNumber(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The name of the service's port that the request means, which is what endpoints know it by.
Result<std::string> portNameOf(core_v1::Service::Reader service, const ProxiedName& name) {
  auto ports = service.getSpec().getPorts();
  if (!isPortNumber(name.port)) return str(name.port);
  for (auto port : ports) {
    if (concat(port.getPort()) == name.port) return str(port.getName());
  }
  return fail(Status::unavailable(concat("no service port ", name.port, " found for service \"", name.name, "\"")));
}

}  // namespace

SubresourceFacts proxySubresource(const char* options) {
  return {.name = "proxy",
          .style = "connect",
          .bodyKind = options,
          .verbs = {"create", "delete", "get", "patch", "update"},
          .portInName = true};
}

Result<ProxyTarget> proxyTarget(core_v1::Pod::Reader pod, const ProxiedName& name) {
  const std::string_view address = view(pod.getStatus().getPodIP());
  CLEAT_TRY(checkReachable(address));
  if (!name.port.empty() && !isPortNumber(name.port)) return fail(invalidRequest("pod", name));
  return ProxyTarget{urlOf(name.scheme, address, name.port.empty() ? firstPort(pod.getSpec()) : name.port)};
}

Result<ProxyTarget> proxyTarget(core_v1::Service::Reader service, core_v1::Endpoints::Reader endpoints,
                                const ProxiedName& name, uint64_t turn) {
  CLEAT_TRY(const std::string portName, portNameOf(service, name));
  std::vector<std::string> urls;
  for (auto subset : endpoints.getSubsets()) {
    for (auto port : subset.getPorts()) {
      if (view(port.getName()) != portName) continue;
      for (auto address : subset.getAddresses()) {
        if (!checkReachable(view(address.getIp()))) continue;
        urls.push_back(urlOf(name.scheme, view(address.getIp()), concat(port.getPort())));
      }
    }
  }
  if (urls.empty()) {
    return fail(Status::unavailable(concat("no endpoints available for service ", inQuotes(name.name))));
  }
  return ProxyTarget{urls[turn % urls.size()]};
}

Result<ProxyTarget> proxyTarget(core_v1::Node::Reader node, const ProxiedName& name) {
  CLEAT_TRY(std::string agent, agentAddress(node));
  if (name.port.empty() || agent.ends_with(concat(":", name.port))) return ProxyTarget{std::move(agent), false};
  if (!isPortNumber(name.port)) return fail(invalidRequest("node", name));
  for (auto address : node.getStatus().getAddresses()) {
    if (view(address.getType()) != "InternalIP") continue;
    CLEAT_TRY(checkReachable(view(address.getAddress())));
    return ProxyTarget{urlOf(name.scheme, view(address.getAddress()), name.port)};
  }
  return fail(Status::internal(concat("no preferred addresses found for node ", name.name)));
}

std::string pathBehind(role::ConnectParams::Reader params) {
  const std::string_view path = view(params.getPath()), query = view(params.getQuery());
  return concat(path.empty() ? "/" : path, query.empty() ? "" : "?", query);
}

}  // namespace cleat::kinds::core
