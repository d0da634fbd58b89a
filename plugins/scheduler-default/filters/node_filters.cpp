#include "filters/node_filters.h"

#include <capnp/message.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/taints.h>

namespace cleat::scheduling {
namespace {

bool toleratesNoSchedule(const PodClass& podClass, const char* key) {
  capnp::MallocMessageBuilder message;
  auto taint = message.initRoot<core_v1::Taint>();
  taint.setKey(key);
  taint.setEffect("NoSchedule");
  return tolerates(podClass.spec(), taint.asReader());
}

// The taint that the node's condition Ready amounts to, or nothing.
const char* taintOfReadiness(const Object<Node>& node) {
  auto condition = findCondition(node->getStatus().getConditions(), "Ready");
  if (!condition || view(condition->getStatus()) == "True") return nullptr;
  if (view(condition->getStatus()) == "False") return "node.kubernetes.io/not-ready";
  return "node.kubernetes.io/unreachable";
}

}  // namespace

bool toleratesNode(const PodClass& podClass, const Object<Node>& node) {
  const char* const amounts = taintOfReadiness(node);
  if (amounts != nullptr && !toleratesNoSchedule(podClass, amounts)) return false;
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getEffect()) != "PreferNoSchedule" && !tolerates(podClass.spec(), taint)) return false;
  }
  return true;
}

int64_t unwelcomeTaints(const PodClass& podClass, const Object<Node>& node) {
  int64_t count = 0;
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getEffect()) == "PreferNoSchedule" && !tolerates(podClass.spec(), taint)) ++count;
  }
  return count;
}

int64_t preferredWeight(const PodClass& podClass, const Object<Node>& node) {
  if (!podClass.selectsNodes) return 0;
  int64_t weight = 0;
  auto affinity = podClass.spec().getAffinity().getNodeAffinity();
  for (auto preferred : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
    if (matchesTerm(preferred.getPreference(), node)) weight += preferred.getWeight();
  }
  return weight;
}

MaybeWhy whyNotNode(const PodClass& podClass, const Object<Node>& node, const Profile& profile) {
  if (profile.has(Judge::nodeUnschedulable) && node->getSpec().getUnschedulable() &&
      !toleratesNoSchedule(podClass, "node.kubernetes.io/unschedulable")) {
    return Why{Judge::nodeUnschedulable, 0, false};
  }
  if (profile.has(Judge::taintToleration) && !toleratesNode(podClass, node)) {
    return Why{Judge::taintToleration, 0, false};
  }
  if (profile.has(Judge::nodeAffinity) && podClass.selectsNodes && !matchesNodeSelection(podClass.spec(), node)) {
    return Why{Judge::nodeAffinity, 0, false};
  }
  return std::nullopt;
}

}  // namespace cleat::scheduling
