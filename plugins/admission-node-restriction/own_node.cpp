#include "own_node.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>
#include <set>

namespace cleat::node_restriction {
namespace {

constexpr std::string_view kRestricted = "node-restriction.kubernetes.io";
constexpr std::array<std::string_view, 11> kOwnLabels{
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
};

// Whether a label's namespace is this one, or below it: "x.kubernetes.io" is below "kubernetes.io".
bool isWithin(std::string_view ns, std::string_view root) {
  if (ns == root) return true;
  return ns.size() > root.size() && ns.ends_with(root) && ns[ns.size() - root.size() - 1] == '.';
}

bool mayChoose(std::string_view label) {
  const size_t slash = label.find('/');
  const std::string_view ns = slash == std::string_view::npos ? std::string_view() : label.substr(0, slash);
  if (isWithin(ns, kRestricted)) return false;
  if (!isWithin(ns, "kubernetes.io") && !isWithin(ns, "k8s.io")) return true;
  return std::ranges::find(kOwnLabels, label) != kOwnLabels.end() || isWithin(ns, "kubelet.kubernetes.io") ||
         isWithin(ns, "node.kubernetes.io");
}

// The labels that differ and are not the node's to choose, "a, b"; empty where there are none.
std::string chosenWrongly(TextMapReader before, TextMapReader now) {
  std::set<std::string> wrong;
  auto note = [&](TextMapReader from, TextMapReader against) {
    for (auto entry : from) {
      const std::string_view key = view(entry.getKey());
      if (lookup(against, key) != view(entry.getValue()) && !mayChoose(key)) wrong.emplace(key);
    }
  };
  note(now, before);
  note(before, now);
  return joined(wrong, ", ");
}

template <class List>
bool sameList(List a, List b) {
  if (a.size() != b.size()) return false;
  for (uint32_t i = 0; i < a.size(); ++i) {
    if (capnp::toAny(a[i]) != capnp::toAny(b[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> wrongWithNewNode(std::string_view node, const Object<core_v1::Node>& now) {
  if (now->getSpec().hasConfigSource()) {
    return concat("node \"", node, "\" is not allowed to create pods with a non-nil configSource");
  }
  const std::string wrong = chosenWrongly({}, now.meta().getLabels());
  if (wrong.empty()) return std::nullopt;
  return concat("node \"", node, "\" is not allowed to set the following labels: ", wrong);
}

std::optional<std::string> wrongWithNode(std::string_view node, const Object<core_v1::Node>& old,
                                         const Object<core_v1::Node>& now) {
  auto before = old->getSpec(), after = now->getSpec();
  const bool newSource =
      after.hasConfigSource() &&
      (!before.hasConfigSource() || capnp::toAny(after.getConfigSource()) != capnp::toAny(before.getConfigSource()));
  if (newSource)
    return concat("node \"", node, "\" is not allowed to update configSource to a new non-nil configSource");
  if (!sameList(before.getTaints(), after.getTaints())) {
    return concat("node \"", node, "\" is not allowed to modify taints");
  }
  // The garbage collector would take a Node away whose owner is not there, and with it what is known of the node.
  if (!sameList(old.meta().getOwnerReferences(), now.meta().getOwnerReferences())) {
    return concat("node \"", node, "\" is not allowed to modify ownerReferences");
  }
  const std::string wrong = chosenWrongly(old.meta().getLabels(), now.meta().getLabels());
  if (wrong.empty()) return std::nullopt;
  return concat("is not allowed to modify labels: ", wrong);
}

}  // namespace cleat::node_restriction
