#include "state/node_features.h"

#include <array>
#include <string_view>

namespace cleat::scheduling {
namespace {

constexpr std::array<std::string_view, 3> kFeatures = {"RestartAllContainersOnContainerExits",
                                                       "UserNamespacesHostNetworkSupport", "VolumeBindMountOptions"};
constexpr NodeFeatures kRestartsAll = 1, kOwnUsersOnHostNetwork = 2, kBindMountOptions = 4;

// Pods that are to be placed have no ephemeral containers.
template <class Containers>
NodeFeatures ofContainers(Containers containers) {
  NodeFeatures needed = 0;
  for (auto container : containers) {
    for (auto rule : container.getRestartPolicyRules()) {
      if (view(rule.getAction()) == "RestartAllContainers") needed |= kRestartsAll;
    }
    for (auto mount : container.getVolumeMounts()) {
      if (mount.getBindMountOptions().size() > 0) needed |= kBindMountOptions;
    }
  }
  return needed;
}

}  // namespace

NodeFeatures featuresNeededBy(core_v1::PodSpec::Reader pod) {
  NodeFeatures needed = 0;
  needed |= ofContainers(pod.getContainers());
  needed |= ofContainers(pod.getInitContainers());
  if (pod.getHostNetwork() && isSet(pod.getHostUsers()) && !pod.getHostUsers().getValue()) {
    needed |= kOwnUsersOnHostNetwork;
  }
  return needed;
}

bool declares(const Object<core_v1::Node>& node, NodeFeatures needed) {
  for (auto declared : node->getStatus().getDeclaredFeatures()) {
    for (size_t i = 0; i < kFeatures.size(); ++i) {
      if (view(declared) == kFeatures[i]) needed &= static_cast<NodeFeatures>(~(1u << i));
    }
  }
  return needed == 0;
}

}  // namespace cleat::scheduling
