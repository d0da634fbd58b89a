#include "kinds-common/node_labels.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cleat::kinds {

std::string_view deprecationOfNodeLabel(std::string_view key) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kDeprecated{{
      {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
      {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
      {"failure-domain.beta.kubernetes.io/region",
       "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
      {"failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"},
      {"beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"},
      {"app.kubernetes.io/created-by", "deprecated since v1.9"},
      {"scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"},
      {"node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"},
  }};
  auto found = std::ranges::find(kDeprecated, key, &std::pair<std::string_view, std::string_view>::first);
  return found == kDeprecated.end() ? std::string_view() : found->second;
}

}  // namespace cleat::kinds
