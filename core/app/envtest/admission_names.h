// Admission plugins by the names that Kubernetes' flags have for them.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::app {

// "ServiceAccount" is "admission-service-account".
std::string admissionPluginOf(std::string_view kubernetesName);

// The chain that kube-apiserver would have: those that are on by default, without the ones that are switched off, and
// with the ones that are switched on, each at its place. 400 names the ones that there are not.
Result<std::vector<std::string>> admissionChain(const std::vector<std::string>& enabled,
                                                const std::vector<std::string>& disabled);

}  // namespace cleat::app
