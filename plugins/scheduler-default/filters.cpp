#include "filters.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>

namespace cleat::scheduling {
namespace {

constexpr std::string_view kUnschedulable = "node.kubernetes.io/unschedulable";
constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";

bool toleratesKey(core_v1::PodSpec::Reader spec, std::string_view key) {
  capnp::MallocMessageBuilder message;
  auto taint = message.initRoot<core_v1::Taint>();
  taint.setKey(str(key));
  taint.setEffect("NoSchedule");
  return tolerates(spec, taint.asReader());
}

std::optional<std::string> nodeReason(const Candidate& candidate, const NodeState& state) {
  auto spec = candidate.pod->getSpec();
  if (spec.getNodeName().size() > 0 && view(spec.getNodeName()) != state.node.name()) {
    return "node(s) didn't match the requested node name";
  }
  if (auto reason = whyRepelled(spec, state.node)) return reason;
  if (!matchesNodeSelection(spec, state.node)) return "node(s) didn't match Pod's node affinity/selector";
  return std::nullopt;
}

std::optional<std::string> resourceReason(const ResourceAmounts& request, const NodeState& state) {
  const ResourceAmounts& all = state.allocatable;
  const ResourceAmounts& taken = state.taken;
  if (taken.pods + 1 > all.pods) return "Too many pods";
  if (request.milliCpu > 0 && request.milliCpu > all.milliCpu - taken.milliCpu) return "Insufficient cpu";
  if (request.memory > 0 && request.memory > all.memory - taken.memory) return "Insufficient memory";
  if (request.storage > 0 && request.storage > all.storage - taken.storage) return "Insufficient ephemeral-storage";
  for (const auto& [name, value] : request.others) {
    auto amount = [&](const ResourceAmounts& amounts) {
      auto found = amounts.others.find(name);
      return found == amounts.others.end() ? 0 : found->second;
    };
    if (value > 0 && value > amount(all) - amount(taken)) return "Insufficient " + name;
  }
  return std::nullopt;
}

}  // namespace

Candidate candidateOf(const Object<Pod>& pod) {
  auto spec = pod->getSpec();
  return {pod, requestOf(spec), takenHostPorts(spec), ownerOf(pod), podTermsOf(pod), spreadConstraintsOf(pod)};
}

std::optional<std::string> whyRepelled(core_v1::PodSpec::Reader spec, const Object<Node>& node) {
  if (node->getSpec().getUnschedulable() && !toleratesKey(spec, kUnschedulable)) return "node(s) were unschedulable";
  // What a node says of itself counts as the taint that it amounts to, whether or not somebody has set that.
  const std::string_view ready = readiness(node);
  const std::string_view amounts = ready == "False" ? kNotReady : ready == "Unknown" ? kUnreachable : "";
  if (!amounts.empty() && !toleratesKey(spec, amounts)) {
    return concat("node(s) had untolerated taint {", amounts, ": }");
  }
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getEffect()) == "PreferNoSchedule" || tolerates(spec, taint)) continue;
    return concat("node(s) had untolerated taint {", view(taint.getKey()), ": ", view(taint.getValue()), "}");
  }
  return std::nullopt;
}

std::string_view readiness(const Object<Node>& node) {
  auto condition = findCondition(node->getStatus().getConditions(), "Ready");
  return condition ? view(condition->getStatus()) : "";
}

std::optional<std::string> whyNot(const Candidate& candidate, const NodeState& state) {
  if (auto reason = nodeReason(candidate, state)) return reason;
  for (const HostPort& wanted : candidate.ports) {
    for (const HostPort& used : state.ports) {
      if (collide(wanted, used)) return "node(s) didn't have free ports for the requested pod ports";
    }
  }
  if (auto reason = resourceReason(candidate.request, state)) return reason;
  // Nobody allocates devices here: a pod that needs some can run nowhere.
  if (candidate.pod->getSpec().getResourceClaims().size() > 0) return "cannot allocate all claims";
  return std::nullopt;
}

}  // namespace cleat::scheduling
