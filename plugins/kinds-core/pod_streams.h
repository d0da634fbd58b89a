// Logs, exec, attach and port-forward: where the node's agent serves them for a pod, and with which parameters.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::kinds::core {

// The agent's path and query for a subresource of a pod ("log", "exec", "attach" or "portforward"):
// "/containerLogs/default/web/nginx?follow=true". `query` is that of the request, as it came. Empty for the
// log of a pod that no node has yet: nothing has been written there.
Result<std::string> agentPath(core_v1::Pod::Reader pod, std::string_view subresource, std::string_view query);

// "https://10.0.0.1:10250": where the node's agent listens.
Result<std::string> agentAddress(core_v1::Node::Reader node);

}  // namespace cleat::kinds::core
