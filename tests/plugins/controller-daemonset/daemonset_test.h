// Daemon sets, nodes and pods for the tests of the DaemonSet controller.
#pragma once

#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/kinds/apps_v1.h>

#include <string>
#include <string_view>

#include "tests/plugins/objects.h"

namespace cleat::daemonset {

using apps_v1::DaemonSet;
using core_v1::Node;
using core_v1::Pod;

inline Draft<DaemonSet> makeSet(const std::string& image = "one") {
  auto set = test::named<DaemonSet>("default", "agent");
  set.meta().setGeneration(1);
  auto spec = set->initSpec();
  test::fillMap(spec.initSelector().initMatchLabels(1), {{"app", "agent"}});
  auto pattern = spec.initTemplate();
  test::setLabels(pattern.initMetadata(), {{"app", "agent"}});
  auto container = pattern.initSpec().initContainers(1)[0];
  container.setName("main");
  container.setImage(image);
  auto strategy = spec.initUpdateStrategy();
  strategy.setType("RollingUpdate");
  strategy.initRollingUpdate().initMaxUnavailable().setIntVal(1);
  strategy.getRollingUpdate().initMaxSurge().setIntVal(0);
  return set;
}

inline Draft<DaemonSet> makeSurgingSet(int surge, const std::string& image = "one") {
  Draft<DaemonSet> set = makeSet(image);
  auto rolling = set->getSpec().getUpdateStrategy().getRollingUpdate();
  rolling.getMaxUnavailable().setIntVal(0);
  rolling.getMaxSurge().setIntVal(surge);
  return set;
}

inline void addTaint(Node::Builder node, std::string_view key, std::string_view effect) {
  auto spec = node.getSpec();
  const uint32_t count = spec.asReader().getTaints().size();
  spec.adoptTaints(extended<core_v1::Taint>(spec.disownTaints(), orphanageOf(node), 1));
  spec.getTaints()[count].setKey(str(key));
  spec.getTaints()[count].setEffect(str(effect));
}

inline void addToleration(core_v1::PodSpec::Builder spec, std::string_view key, std::string_view effect) {
  const uint32_t count = spec.asReader().getTolerations().size();
  spec.adoptTolerations(extended<core_v1::Toleration>(spec.disownTolerations(), orphanageOf(spec), 1));
  auto toleration = spec.getTolerations()[count];
  toleration.setKey(str(key));
  toleration.setOperator("Exists");
  toleration.setEffect(str(effect));
}

}  // namespace cleat::daemonset
