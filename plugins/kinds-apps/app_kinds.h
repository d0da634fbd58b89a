// The kinds of apps/v1, each as it adds itself to the plugin's table, and what they have in common.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>

#include "kinds-common/pod_spec.h"
#include "kinds-common/pod_warnings.h"
#include "kinds-common/scale.h"
#include "kinds-common/workload_rules.h"

namespace cleat::kinds::apps {

inline constexpr const char* kSchemaFile = "kinds/apps_v1.capnp";
inline constexpr int32_t kRevisionHistoryLimit = 10;

void addDeployments(KindTable& table, Scales& scales);
void addReplicaSets(KindTable& table, Scales& scales);
void addStatefulSets(KindTable& table, Scales& scales);
void addDaemonSets(KindTable& table);
void addControllerRevisions(KindTable& table);

// The selector and the template of a Deployment or of a ReplicaSet, which have the same rules and words.
template <class Spec>
void checkSelectorAndTemplate(Spec spec, const Path& path, Findings& findings) {
  auto selector = spec.getSelector();
  if (spec.hasSelector()) {
    checkSelector(selector, "deployment", path / "selector", findings);
  } else {
    findings.required(path / "selector");
  }
  auto selected = selectorOf(selector, spec.hasSelector());
  if (!selected) {
    findings.invalid(path / "selector", shownSelector(selector), "invalid label selector");
    return;
  }
  const Path templatePath = path / "template";
  auto pod = spec.getTemplate();
  checkSelected(pod, *selected, templatePath, findings);
  checkPodTemplate(pod, templatePath, findings);
  checkKeptRunning(pod.getSpec(), "ReplicaSet", templatePath / "spec", findings);
}

// How a Deployment or a DaemonSet is updated, as an error shows it.
template <class Strategy>
Shown shownStrategy(Strategy strategy) {
  std::string rolling = "null";
  if (strategy.hasRollingUpdate()) {
    auto numbers = strategy.getRollingUpdate();
    rolling = concat("{\"MaxUnavailable\":", shownNumber(numbers.getMaxUnavailable()).text(),
                     ",\"MaxSurge\":", shownNumber(numbers.getMaxSurge()).text(), "}");
  }
  return Shown::plain(concat("{\"Type\":", jsonText(view(strategy.getType())), ",\"RollingUpdate\":", rolling, "}"));
}

}  // namespace cleat::kinds::apps
