#include "placement.h"

#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/pod_template.h>
#include <cleat/sdk/taints.h>

#include <charconv>

namespace cleat::daemonset {
namespace {

constexpr std::string_view kTemplateGeneration = "deprecated.daemonset.template.generation";
constexpr std::string_view kGenerationLabel = "pod-template-generation";
constexpr std::string_view kNameField = "metadata.name";

struct DefaultToleration {
  const char* key;
  const char* effect;
  bool onlyHostNetwork;
};
// Of trouble with the node, that these pods may be there to see to.
constexpr DefaultToleration kTolerations[] = {
    {"node.kubernetes.io/not-ready", "NoExecute", false},
    {"node.kubernetes.io/unreachable", "NoExecute", false},
    {"node.kubernetes.io/disk-pressure", "NoSchedule", false},
    {"node.kubernetes.io/memory-pressure", "NoSchedule", false},
    {"node.kubernetes.io/pid-pressure", "NoSchedule", false},
    {"node.kubernetes.io/unschedulable", "NoSchedule", false},
    {"node.kubernetes.io/network-unavailable", "NoSchedule", true},
};

// One for the same that ends after some time becomes one without end.
void addToleration(core_v1::PodSpec::Builder spec, const DefaultToleration& wanted) {
  for (auto toleration : spec.getTolerations()) {
    auto have = toleration.asReader();
    if (view(have.getKey()) != wanted.key || view(have.getEffect()) != wanted.effect ||
        view(have.getOperator()) != "Exists" || have.getValue().size() > 0) {
      continue;
    }
    toleration.disownTolerationSeconds();
    return;
  }
  const uint32_t count = spec.asReader().getTolerations().size();
  spec.adoptTolerations(extended<core_v1::Toleration>(spec.disownTolerations(), orphanageOf(spec), 1));
  auto toleration = spec.getTolerations()[count];
  toleration.setKey(wanted.key);
  toleration.setOperator("Exists");
  toleration.setEffect(wanted.effect);
}

// Terms that the set's own affinity has need not be kept: the node has been chosen by them.
void bindToNode(core_v1::PodSpec::Builder spec, std::string_view node) {
  auto affinity = spec.getAffinity().getNodeAffinity();
  auto required = affinity.getRequiredDuringSchedulingIgnoredDuringExecution();
  auto field = required.initNodeSelectorTerms(1)[0].initMatchFields(1)[0];
  field.setKey(str(kNameField));
  field.setOperator("In");
  field.initValues(1).set(0, str(node));
}

bool hasUntolerated(core_v1::PodSpec::Reader spec, const Object<Node>& node, bool alsoNoSchedule) {
  for (auto taint : node->getSpec().getTaints()) {
    std::string_view effect = view(taint.getEffect());
    const bool counts = effect == "NoExecute" || (alsoNoSchedule && effect == "NoSchedule");
    if (counts && !tolerates(spec, taint)) return true;
  }
  return false;
}

}  // namespace

Generation generationOf(const Object<DaemonSet>& set, std::string_view hash) {
  Generation generation{str(hash), {}};
  auto text = annotation(set.meta(), kTemplateGeneration);
  int64_t number = 0;
  if (!text) return generation;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size()) generation.number = number;
  return generation;
}

bool isCurrent(const Object<Pod>& pod, const Generation& generation) {
  if (!generation.hash.empty() && label(pod.meta(), kRevisionHashLabel) == generation.hash) return true;
  return generation.number && label(pod.meta(), kGenerationLabel) == std::to_string(*generation.number);
}

Placement::Placement(const Object<DaemonSet>& set) : set_(set) {
  Draft<core_v1::PodTemplateSpec> pattern(set->getSpec().getTemplate());
  for (const DefaultToleration& toleration : kTolerations) {
    if (toleration.onlyHostNetwork && !pattern.reader().getSpec().getHostNetwork()) continue;
    addToleration(pattern->getSpec(), toleration);
  }
  pattern_ = std::move(pattern).freeze();
}

Verdict Placement::on(const Object<Node>& node) const {
  auto spec = pattern_->getSpec();
  std::string_view only = view(spec.getNodeName());
  if (!only.empty() && only != node.name()) return {};
  if (!matchesNodeSelection(spec, node)) return {};
  if (!hasUntolerated(spec, node, true)) return {.run = true, .stay = true};
  return {.run = false, .stay = !hasUntolerated(spec, node, false)};
}

Draft<Pod> Placement::podFor(std::string_view node, const Generation& generation) const {
  Draft<Pod> pod = podFromTemplate(*pattern_, KindOf<DaemonSet>::resource, set_);
  if (generation.number) setLabel(pod.meta(), kGenerationLabel, std::to_string(*generation.number));
  if (!generation.hash.empty()) setLabel(pod.meta(), kRevisionHashLabel, generation.hash);
  bindToNode(pod->getSpec(), node);
  return pod;
}

std::string_view nodeOf(const Object<Pod>& pod) {
  auto spec = pod->getSpec();
  if (spec.getNodeName().size() > 0) return view(spec.getNodeName());
  auto required = spec.getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
  for (auto term : required.getNodeSelectorTerms()) {
    for (auto field : term.getMatchFields()) {
      if (view(field.getKey()) != kNameField || view(field.getOperator()) != "In") continue;
      return field.getValues().size() == 1 ? view(field.getValues()[0]) : std::string_view();
    }
  }
  return {};
}

}  // namespace cleat::daemonset
