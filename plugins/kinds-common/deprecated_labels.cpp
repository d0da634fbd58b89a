#include "kinds-common/deprecated_labels.h"

#include <cleat/sdk/meta.h>

namespace cleat::kinds {

namespace {

struct DeprecatedLabel {
  std::string_view key, message, successor;
};

constexpr DeprecatedLabel kDeprecatedLabels[] = {
    {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead", "kubernetes.io/arch"},
    {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead", "kubernetes.io/os"},
    {"failure-domain.beta.kubernetes.io/region",
     "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead", "topology.kubernetes.io/region"},
    {"failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
     "topology.kubernetes.io/zone"},
    {"beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
     "node.kubernetes.io/instance-type"},
    {"app.kubernetes.io/created-by", "deprecated since v1.9", ""},
    {"scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead", ""},
    {"node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead", ""},
};

const DeprecatedLabel* findDeprecated(std::string_view key) {
  for (const DeprecatedLabel& label : kDeprecatedLabels) {
    if (label.key == key) return &label;
  }
  return nullptr;
}

template <class Requirements>
void warnOfKeys(Requirements requirements, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < requirements.size(); ++i) {
    const std::string_view key = view(requirements[i].getKey());
    const std::string_view message = deprecatedLabel(key);
    if (!message.empty()) findings.warn(concat((path[i] / "key").text(), ": ", key, " is ", message));
  }
}

}  // namespace

std::string_view deprecatedLabel(std::string_view key) {
  const DeprecatedLabel* found = findDeprecated(key);
  return found == nullptr ? std::string_view() : found->message;
}

std::string_view successorOfLabel(std::string_view key) {
  const DeprecatedLabel* found = findDeprecated(key);
  return found == nullptr ? std::string_view() : found->successor;
}

void warnOfDeprecatedLabels(core_v1::NodeSelector::Reader selector, const Path& path, Findings& findings) {
  auto terms = selector.getNodeSelectorTerms();
  for (uint32_t i = 0; i < terms.size(); ++i) {
    warnOfKeys(terms[i].getMatchExpressions(), (path / "nodeSelectorTerms")[i] / "matchExpressions", findings);
  }
}

void warnOfDeprecatedLabels(meta_v1::LabelSelector::Reader selector, const Path& path, Findings& findings) {
  warnOfKeys(selector.getMatchExpressions(), path / "matchExpressions", findings);
  for (auto label : selector.getMatchLabels()) {
    const std::string_view key = view(label.getKey()), message = deprecatedLabel(key);
    if (!message.empty()) findings.warn(concat((path / "matchLabels" / key).text(), ": ", message));
  }
}

}  // namespace cleat::kinds
