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

// An annotation in the words of the field; no type where it is no profile.
struct Profile {
  std::string_view type, localhost;
};
Profile profileOf(std::string_view annotation) {
  if (annotation == "runtime/default") return {"RuntimeDefault", {}};
  if (annotation == "unconfined") return {"Unconfined", {}};
  const bool isLocal = annotation.starts_with(kLocalhost) && annotation.size() > kLocalhost.size();
  return isLocal ? Profile{"Localhost", annotation.substr(kLocalhost.size())} : Profile{};
}

bool says(core_v1::AppArmorProfile::Reader field, const Profile& profile) {
  return view(field.getType()) == profile.type && view(field.getLocalhostProfile()) == profile.localhost;
}

bool isOfWindows(core_v1::PodSpec::Reader spec) { return view(spec.getOs().getName()) == "windows"; }

void takeProfile(auto container, core_v1::Pod::Reader pod) {
  if (container.asReader().getSecurityContext().hasAppArmorProfile()) return;
  const std::string key = concat(kAppArmor, view(container.asReader().getName()));
  for (auto annotation : pod.getMetadata().getAnnotations()) {
    if (view(annotation.getKey()) != key) continue;
    const Profile profile = profileOf(view(annotation.getValue()));
    if (profile.type.empty()) return;
    auto ofPod = pod.getSpec().getSecurityContext();
    if (ofPod.hasAppArmorProfile() && says(ofPod.getAppArmorProfile(), profile)) return;
    auto field = container.getSecurityContext().initAppArmorProfile();
    field.setType(str(profile.type));
    if (!profile.localhost.empty()) field.setLocalhostProfile(str(profile.localhost));
    return;
  }
}

// A type that is none is told of the field alone.
void checkAgrees(auto container, core_v1::Pod::Reader pod, const Path& path, Findings& findings) {
  auto context = container.getSecurityContext();
  if (!context.hasAppArmorProfile()) return;
  const std::string key = concat(kAppArmor, view(container.getName()));
  auto field = context.getAppArmorProfile();
  const Path at = path / "securityContext" / "appArmorProfile";
  for (auto annotation : pod.getMetadata().getAnnotations()) {
    if (view(annotation.getKey()) != key) continue;
    const std::string_view said = view(annotation.getValue()), type = view(field.getType());
    const bool bothLocal = type == "Localhost" && said.starts_with(kLocalhost);
    const bool differ = type == "Localhost" || (type == "Unconfined" && said != "unconfined") ||
                        (type == "RuntimeDefault" && said != "runtime/default");
    if (!bothLocal && differ) {
      findings.forbidden(at / "type", "apparmor type in annotation and field must match");
    } else if (bothLocal && said.substr(kLocalhost.size()) != view(field.getLocalhostProfile())) {
      findings.forbidden(at / "localhostProfile", "apparmor profile in annotation and field must match");
    }
    return;
  }
}

bool hasAppArmor(core_v1::Pod::Reader pod) {
  for (auto annotation : pod.getMetadata().getAnnotations()) {
    if (view(annotation.getKey()).starts_with(kAppArmor)) return true;
  }
  return false;
}

}  // namespace

void takeProfileAnnotations(core_v1::Pod::Builder pod) {
  if (!hasAppArmor(pod.asReader()) || isOfWindows(pod.asReader().getSpec())) return;
  auto spec = pod.getSpec();
  if (spec.hasInitContainers()) {
    for (auto container : spec.getInitContainers()) takeProfile(container, pod.asReader());
  }
  if (spec.hasContainers()) {
    for (auto container : spec.getContainers()) takeProfile(container, pod.asReader());
  }
}

void checkProfilesAgree(core_v1::Pod::Reader pod, Findings& findings) {
  auto spec = pod.getSpec();
  if (!hasAppArmor(pod) || isOfWindows(spec)) return;
  const Path path("spec");
  auto starting = spec.getInitContainers(), running = spec.getContainers();
  for (uint32_t i = 0; i < starting.size(); ++i) {
    checkAgrees(starting[i], pod, (path / "initContainers")[i], findings);
  }
  for (uint32_t i = 0; i < running.size(); ++i) checkAgrees(running[i], pod, (path / "containers")[i], findings);
}

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
