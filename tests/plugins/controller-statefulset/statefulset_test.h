// Stateful sets for the tests of their controller.
#pragma once

#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>

#include <string>
#include <vector>

#include "plugins/controller-statefulset/identity.h"
#include "tests/plugins/objects.h"

namespace cleat::statefulset {

// "web" with so many pods, as the API defaults it.
inline Draft<StatefulSet> makeSet(int replicas = 3, const std::string& image = "one") {
  auto set = test::named<StatefulSet>("default", "web");
  set.meta().setGeneration(1);
  set.meta().setUid("set-uid");
  auto spec = set->initSpec();
  spec.initReplicas().setValue(replicas);
  spec.setServiceName("front");
  spec.setPodManagementPolicy("OrderedReady");
  test::fillMap(spec.initSelector().initMatchLabels(1), {{"app", "web"}});
  auto pattern = spec.initTemplate();
  test::setLabels(pattern.initMetadata(), {{"app", "web"}});
  auto container = pattern.initSpec().initContainers(1)[0];
  container.setName("main");
  container.setImage(image);
  auto strategy = spec.initUpdateStrategy();
  strategy.setType("RollingUpdate");
  strategy.initRollingUpdate().initPartition().setValue(0);
  strategy.getRollingUpdate().initMaxUnavailable().setIntVal(1);
  return set;
}

inline void addClaimTemplates(StatefulSet::Builder set, const std::vector<std::string>& names) {
  auto patterns = set.getSpec().initVolumeClaimTemplates(static_cast<uint32_t>(names.size()));
  for (uint32_t i = 0; i < names.size(); ++i) {
    patterns[i].initMetadata().setName(names[i]);
    test::setLabels(patterns[i].getMetadata(), {{"disk", names[i]}});
    patterns[i].initSpec().initAccessModes(1).set(0, "ReadWriteOnce");
  }
}

inline void setRetention(StatefulSet::Builder set, const char* whenDeleted, const char* whenScaled) {
  auto policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
  policy.setWhenDeleted(whenDeleted);
  policy.setWhenScaled(whenScaled);
}

}  // namespace cleat::statefulset
