#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>

namespace cleat {
namespace {

bool matchesRequirement(core_v1::NodeSelectorRequirement::Reader requirement, std::optional<std::string_view> value) {
  const std::string_view op = view(requirement.getOperator());
  if (op == "Exists") return value.has_value();
  if (op == "DoesNotExist") return !value;
  const bool listed = value && contains(requirement.getValues(), *value);
  if (op == "In") return listed;
  if (op == "NotIn") return !listed;
  if (!value || requirement.getValues().size() != 1) return false;
  auto have = parseInteger<int64_t>(*value);
  auto bound = parseInteger<int64_t>(view(requirement.getValues()[0]));
  if (!have || !bound) return false;
  return op == "Gt" ? *have > *bound : op == "Lt" && *have < *bound;
}

}  // namespace

bool matchesTerm(core_v1::NodeSelectorTerm::Reader term, const Object<core_v1::Node>& node) {
  if (term.getMatchExpressions().size() == 0 && term.getMatchFields().size() == 0) return false;
  for (auto requirement : term.getMatchExpressions()) {
    if (!matchesRequirement(requirement, label(node.meta(), view(requirement.getKey())))) return false;
  }
  for (auto requirement : term.getMatchFields()) {
    std::optional<std::string_view> value;
    if (view(requirement.getKey()) == "metadata.name") value = node.name();
    if (!matchesRequirement(requirement, value)) return false;
  }
  return true;
}

bool matchesNodeSelection(core_v1::PodSpec::Reader spec, const Object<core_v1::Node>& node) {
  if (!isSubset(spec.getNodeSelector(), node.meta().getLabels())) return false;
  auto affinity = spec.getAffinity().getNodeAffinity();
  if (!affinity.hasRequiredDuringSchedulingIgnoredDuringExecution()) return true;
  for (auto term : affinity.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms()) {
    if (matchesTerm(term, node)) return true;
  }
  return false;
}

}  // namespace cleat
