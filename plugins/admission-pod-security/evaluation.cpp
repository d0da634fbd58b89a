#include "evaluation.h"

#include <algorithm>

#include "checks.h"

namespace cleat::pod_security {
namespace {

// The newest version that differs from the one before it: what is asked for beyond that is this.
constexpr int kNewest = 37;

struct Check {
  Found (*find)(const PodView& pod);
  int since = 0;
  int replacedSince =
      LevelVersion::kLatest;  // from this version on a check of the restricted level stands for it there
};

constexpr Check kBaseline[] = {
    {baseline::appArmorProfile}, {baseline::capabilities, 0, 22},
    {baseline::hostNamespaces},  {baseline::hostPathVolumes, 0, 0},
    {baseline::hostPorts},       {baseline::hostProbesAndHostLifecycle, 34},
    {baseline::privileged},      {baseline::procMount, 0, 35},
    {baseline::seLinuxOptions},  {baseline::seccompProfile, 0, 19},
    {baseline::sysctls},         {baseline::windowsHostProcess},
};
constexpr Check kRestricted[] = {
    {restricted::allowPrivilegeEscalation, 8},
    {restricted::capabilities, 22},
    {restricted::procMount, 35},
    {restricted::volumes},
    {restricted::runAsNonRoot},
    {restricted::runAsUser, 23},
    {restricted::seccompProfile, 19},
};

}  // namespace

std::string Violations::reasons() const {
  return joined(all, ", ", [](const Violation& violation) { return violation.reason; });
}

std::string Violations::detail() const {
  std::string text;
  for (const Violation& violation : all) {
    text += concat(text.empty() ? "" : ", ", violation.reason);
    if (!violation.detail.empty()) text += concat(" (", violation.detail, ")");
  }
  return text;
}

Violations evaluate(const LevelVersion& levelVersion, meta_v1::ObjectMeta::Reader meta, core_v1::PodSpec::Reader spec) {
  Violations violations;
  if (levelVersion.level == Level::privileged) return violations;
  const PodView pod{meta, spec, std::min(levelVersion.minor, kNewest)};
  auto apply = [&](const Check& check) {
    if (pod.minor < check.since) return;
    if (Found found = check.find(pod)) violations.all.push_back(std::move(*found));
  };
  const bool strict = levelVersion.level == Level::restricted;
  for (const Check& check : kBaseline) {
    if (!strict || pod.minor < check.replacedSince) apply(check);
  }
  if (strict) std::ranges::for_each(kRestricted, apply);
  return violations;
}

}  // namespace cleat::pod_security
