// Taints of devices: those that their drivers publish and those of DeviceTaintRules, and what tolerates them.
#pragma once

#include <cleat/sdk/kinds/resource_v1.h>

#include <string_view>

namespace cleat::devices {

using TolerationsReader = capnp::List<resource_v1::DeviceToleration>::Reader;

// An empty effect or key stands for all; an empty key needs the operator Exists.
bool tolerates(resource_v1::DeviceToleration::Reader toleration, resource_v1::DeviceTaint::Reader taint);
// Whether pods are kept off a device by it at all: the effect "None" only informs.
bool keepsOff(resource_v1::DeviceTaint::Reader taint);
bool areTolerated(TolerationsReader tolerations, resource_v1::DeviceTaint::Reader taint);

// Whether a rule is about that device. One without a selector is about none; what a selector leaves out is any.
bool selects(resource_v1::DeviceTaintRuleSpec::Reader rule, std::string_view driver, std::string_view pool,
             std::string_view device);

}  // namespace cleat::devices
