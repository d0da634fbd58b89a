#include "filters/node_filters.h"

#include <capnp/message.h>
#include <cleat/sdk/lists.h>
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

bool namesAnother(core_v1::NodeSelectorTerm::Reader term, std::string_view node) {
  for (auto field : term.getMatchFields()) {
    if (view(field.getKey()) != "metadata.name" || view(field.getOperator()) != "In") continue;
    if (!contains(field.getValues(), node)) return true;
  }
  return false;
}

// Whether the term names nodes, and none that all its fields have.
bool contradictsItself(core_v1::NodeSelectorTerm::Reader term) {
  for (auto field : term.getMatchFields()) {
    if (view(field.getKey()) != "metadata.name" || view(field.getOperator()) != "In") continue;
    for (auto name : field.getValues()) {
      if (!namesAnother(term, view(name))) return false;
    }
    return true;
  }
  return false;
}

// Whether a term of the required affinity asks for other things than names of nodes, or has this one's among them.
bool mayBeNamed(core_v1::PodSpec::Reader spec, const Object<Node>& node) {
  auto affinity = spec.getAffinity().getNodeAffinity();
  auto terms = affinity.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms();
  for (auto term : terms) {
    if (!namesAnother(term, node.name())) return true;
  }
  return terms.size() == 0;
}

// The taint that the node's condition Ready amounts to, or nothing.
const char* taintOfReadiness(const Object<Node>& node) {
  auto condition = findCondition(node->getStatus().getConditions(), "Ready");
  if (!condition || view(condition->getStatus()) == "True") return nullptr;
  if (view(condition->getStatus()) == "False") return "node.kubernetes.io/not-ready";
  return "node.kubernetes.io/unreachable";
}

}  // namespace

bool namesNoNode(const PodClass& podClass) {
  if (!podClass.selectsNodes) return false;
  auto affinity = podClass.spec().getAffinity().getNodeAffinity();
  auto terms = affinity.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms();
  for (auto term : terms) {
    if (!contradictsItself(term)) return false;
  }
  return terms.size() > 0;
}

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
  // Whoever names nodes has no others looked at.
  const bool selects = profile.has(Judge::nodeAffinity) && podClass.selectsNodes;
  if (selects && !mayBeNamed(podClass.spec(), node)) return Why{Judge::nodeAffinity, kNotNamed, false};
  if (profile.has(Judge::nodeUnschedulable) && node->getSpec().getUnschedulable() &&
      !toleratesNoSchedule(podClass, "node.kubernetes.io/unschedulable")) {
    return Why{Judge::nodeUnschedulable, 0, false};
  }
  if (profile.has(Judge::taintToleration) && !toleratesNode(podClass, node)) {
    return Why{Judge::taintToleration, 0, false};
  }
  if (selects && !matchesNodeSelection(podClass.spec(), node)) return Why{Judge::nodeAffinity, kNotSelected, false};
  return std::nullopt;
}

}  // namespace cleat::scheduling
