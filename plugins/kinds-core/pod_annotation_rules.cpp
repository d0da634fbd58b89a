#include "kinds-core/pod_annotation_rules.h"

#include <cleat/sdk/text.h>

namespace cleat::kinds::core {
namespace {

constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompContainer = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kLocalhost = "localhost/";

bool isKnown(std::string_view profile) { return profile == "runtime/default" || profile == "unconfined"; }

void checkSeccomp(std::string_view profile, const Path& path, Findings& findings) {
  if (isKnown(profile) || profile == "docker/default" || profile.starts_with(kLocalhost)) return;
  findings.invalid(path, profile, "must be a valid seccomp profile");
}

bool hasContainer(core_v1::PodSpec::Reader spec, std::string_view name) {
  const auto in = [&](auto containers) {
    bool found = false;
    for (auto container : containers) found |= view(container.getName()) == name;
    return found;
  };
  return in(spec.getContainers()) || in(spec.getInitContainers()) || in(spec.getEphemeralContainers());
}

}  // namespace

void checkProfileAnnotations(core_v1::Pod::Reader pod, Findings& findings) {
  const Path path = Path("metadata") / "annotations";
  for (auto annotation : pod.getMetadata().getAnnotations()) {
    const std::string_view key = view(annotation.getKey()), profile = view(annotation.getValue());
    if (key == kSeccompPod || key.starts_with(kSeccompContainer)) checkSeccomp(profile, path / key, findings);
    if (!key.starts_with(kAppArmor)) continue;
    const std::string_view container = key.substr(kAppArmor.size());
    if (!hasContainer(pod.getSpec(), container)) findings.invalid(path[key], container, "container not found");
    if (!profile.empty() && !isKnown(profile) && !profile.starts_with(kLocalhost)) {
      findings.invalid(path[key], profile, concat("invalid AppArmor profile name: ", quoted(profile)));
    }
  }
}

}  // namespace cleat::kinds::core
