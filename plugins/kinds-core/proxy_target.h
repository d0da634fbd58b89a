// The subresource proxy of pods, services and nodes: where a request through the API server goes.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/proxied_name.h>

#include <string>
#include <string_view>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::core {

// `options`: what its options are called, "PodProxyOptions".
SubresourceFacts proxySubresource(const char* options);

struct ProxyTarget {
  std::string url;  // "http://10.244.0.7:8080", without a path
  bool stranger = true;
};

// The port is a number; without one it is the first that a container declares.
Result<ProxyTarget> proxyTarget(core_v1::Pod::Reader pod, const ProxiedName& name);
// One of the ready addresses, in turn. The port is one of the service, by its number or its name.
Result<ProxyTarget> proxyTarget(core_v1::Service::Reader service, core_v1::Endpoints::Reader endpoints,
                                const ProxiedName& name, uint64_t turn);
// Without a port, or by that of the agent, the agent, as the server reaches it.
Result<ProxyTarget> proxyTarget(core_v1::Node::Reader node, const ProxiedName& name);

// "/metrics?a=b", what the request asks of whom it reaches.
std::string pathBehind(role::ConnectParams::Reader params);

}  // namespace cleat::kinds::core
