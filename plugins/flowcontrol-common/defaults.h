// The FlowSchemas and PriorityLevelConfigurations that every cluster has, as Kubernetes has them: the mandatory ones,
// whose specification is fixed, and the suggested ones, which may be changed.
#pragma once

#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/object.h>

#include <string_view>
#include <vector>

namespace cleat::flowcontrol {

using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

// Says, where it is "true", that an object is kept as it is here; "false", that it is somebody else's to change.
inline constexpr const char* kAutoUpdate = "apf.kubernetes.io/autoupdate-spec";
// The level whose specification is fixed but for `exempt`.
inline constexpr std::string_view kExempt = "exempt";

template <class K>
struct Default {
  Object<K> object;  // with its defaults
  bool mandatory = false;
};

const std::vector<Default<FlowSchema>>& defaultSchemas();
const std::vector<Default<PriorityLevelConfiguration>>& defaultLevels();

// The mandatory one of this name; null when there is none.
template <class K>
const Object<K>* mandatory(const std::vector<Default<K>>& defaults, std::string_view name) {
  for (const Default<K>& each : defaults) {
    if (each.mandatory && each.object.name() == name) return &each.object;
  }
  return nullptr;
}

}  // namespace cleat::flowcontrol
