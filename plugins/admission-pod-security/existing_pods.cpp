#include "existing_pods.h"

#include <algorithm>
#include <map>
#include <set>

#include "evaluation.h"

namespace cleat::pod_security {
namespace {

// Of pods with one controller the first comes in its place, and the others, which are as it is, behind all.
void bringVarietyForward(std::vector<Object<core_v1::Pod>>& pods) {
  std::set<std::string> seen;
  std::ranges::stable_partition(pods, [&](const Object<core_v1::Pod>& pod) {
    auto controller = controllerOf(pod.meta());
    return !controller || seen.insert(str(controller->getUid())).second;
  });
}

std::string others(size_t count) {
  if (count < 2) return {};
  return concat(" (and ", count - 1, count == 2 ? " other pod)" : " other pods)");
}

}  // namespace

std::vector<std::string> warningsOf(std::string_view ns, const LevelVersion& enforce,
                                    std::vector<Object<core_v1::Pod>> pods,
                                    const std::function<bool(core_v1::PodSpec::Reader)>& isExempt) {
  const size_t all = pods.size();
  bringVarietyForward(pods);
  if (pods.size() > kMostChecked) pods.resize(kMostChecked);
  struct Seen {
    std::string first;
    size_t count = 0;
  };
  std::map<std::string, Seen> violated;  // by what is violated
  for (const Object<core_v1::Pod>& pod : pods) {
    if (isExempt(pod->getSpec())) continue;
    const Violations violations = evaluate(enforce, pod.meta(), pod->getSpec());
    if (violations.empty()) continue;
    Seen& seen = violated[violations.reasons()];
    if (seen.count++ == 0) seen.first = str(pod.name());
  }
  std::vector<std::string> warnings, named;
  if (pods.size() < all) {
    warnings.push_back(concat("new PodSecurity enforce level only checked against the first ", pods.size(), " of ", all,
                              " existing pods"));
  }
  if (violated.empty()) return warnings;
  warnings.push_back(concat("existing pods in namespace \"", ns, "\" violate the new PodSecurity enforce level \"",
                            text(enforce), "\""));
  for (const auto& [reasons, seen] : violated) named.push_back(concat(seen.first, others(seen.count), ": ", reasons));
  std::ranges::sort(named);
  warnings.insert(warnings.end(), named.begin(), named.end());
  return warnings;
}

}  // namespace cleat::pod_security
