// The checks that the level "restricted" has besides: what a hardened pod leaves out, or says.
#include <cleat/sdk/lists.h>

#include <algorithm>

#include "checks.h"

namespace cleat::pod_security::restricted {
namespace {

// From this version on what the operating system does not know is not asked for.
constexpr int kKnowsWindows = 25;
constexpr int kKnowsOwnUsers = 35;

// The volume's type where it is none of those that may be used, as its field is called; empty otherwise.
std::string_view restrictedType(core_v1::Volume::Reader volume) {
  if (volume.hasConfigMap() || volume.hasCsi() || volume.hasDownwardAPI() || volume.hasEmptyDir() ||
      volume.hasEphemeral() || volume.hasImage() || volume.hasPersistentVolumeClaim() || volume.hasProjected() ||
      volume.hasSecret()) {
    return {};
  }
  if (volume.hasHostPath()) return "hostPath";
  if (volume.hasGcePersistentDisk()) return "gcePersistentDisk";
  if (volume.hasAwsElasticBlockStore()) return "awsElasticBlockStore";
  if (volume.hasGitRepo()) return "gitRepo";
  if (volume.hasNfs()) return "nfs";
  if (volume.hasIscsi()) return "iscsi";
  if (volume.hasGlusterfs()) return "glusterfs";
  if (volume.hasRbd()) return "rbd";
  if (volume.hasFlexVolume()) return "flexVolume";
  if (volume.hasCinder()) return "cinder";
  if (volume.hasCephfs()) return "cephfs";
  if (volume.hasFlocker()) return "flocker";
  if (volume.hasFc()) return "fc";
  if (volume.hasAzureFile()) return "azureFile";
  if (volume.hasVsphereVolume()) return "vsphereVolume";
  if (volume.hasQuobyte()) return "quobyte";
  if (volume.hasAzureDisk()) return "azureDisk";
  if (volume.hasPhotonPersistentDisk()) return "photonPersistentDisk";
  if (volume.hasPortworxVolume()) return "portworxVolume";
  if (volume.hasScaleIO()) return "scaleIO";
  if (volume.hasStorageos()) return "storageos";
  return "unknown";
}

}  // namespace

Found allowPrivilegeEscalation(const PodView& pod) {
  if (pod.minor >= kKnowsWindows && pod.isForWindows()) return std::nullopt;
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (valueOr(container.getSecurityContext().getAllowPrivilegeEscalation(), true)) {
      containers.push_back(str(container.getName()));
    }
  });
  if (containers.empty()) return std::nullopt;
  return Violation{"allowPrivilegeEscalation != false",
                   concat(containersText(containers), " must set securityContext.allowPrivilegeEscalation=false")};
}

Found capabilities(const PodView& pod) {
  if (pod.minor >= kKnowsWindows && pod.isForWindows()) return std::nullopt;
  Names keeping, adding;
  NameSet added;
  eachContainer(pod.spec, [&](auto container) {
    auto capabilities = container.getSecurityContext().getCapabilities();
    if (!contains(capabilities.getDrop(), "ALL")) keeping.push_back(str(container.getName()));
    bool wrong = false;
    for (auto text : capabilities.getAdd()) {
      if (view(text) == "NET_BIND_SERVICE") continue;
      wrong = true;
      added.insert(str(text));
    }
    if (wrong) adding.push_back(str(container.getName()));
  });
  if (keeping.empty() && adding.empty()) return std::nullopt;
  std::string detail;
  if (!keeping.empty())
    detail = concat(containersText(keeping), " must set securityContext.capabilities.drop=[\"ALL\"]");
  if (!adding.empty()) {
    detail += concat(detail.empty() ? "" : "; ", containersText(adding), " must not include ", quoted(added),
                     " in securityContext.capabilities.add");
  }
  return Violation{"unrestricted capabilities", detail};
}

Found procMount(const PodView& pod) {
  Names containers;
  NameSet types;
  eachContainer(pod.spec, [&](auto container) {
    const std::string_view type = view(container.getSecurityContext().getProcMount());
    if (type.empty() || type == "Default") return;
    containers.push_back(str(container.getName()));
    types.emplace(type);
  });
  if (containers.empty()) return std::nullopt;
  return Violation{"procMount",
                   concat(containersText(containers), " must not set securityContext.procMount to ", quoted(types))};
}

Found volumes(const PodView& pod) {
  Names names;
  NameSet types;
  for (auto volume : pod.spec.getVolumes()) {
    const std::string_view type = restrictedType(volume);
    if (type.empty()) continue;
    names.push_back(str(volume.getName()));
    types.emplace(type);
  }
  if (names.empty()) return std::nullopt;
  return Violation{
      "restricted volume types",
      concat(plural(names.size(), "volume ", "volumes "), quoted(names), plural(names.size(), " uses ", " use "),
             plural(types.size(), "restricted volume type ", "restricted volume types "), quoted(types))};
}

Found runAsNonRoot(const PodView& pod) {
  if (pod.minor >= kKnowsOwnUsers && pod.hasOwnUsers()) return std::nullopt;
  constexpr const char* kReason = "runAsNonRoot != true";
  auto forAll = pod.spec.getSecurityContext().getRunAsNonRoot();
  const bool podIsWrong = isSet(forAll) && !forAll.getValue(), podIsGood = isSet(forAll) && forAll.getValue();
  Names wrong, silent;
  eachContainer(pod.spec, [&](auto container) {
    auto own = container.getSecurityContext().getRunAsNonRoot();
    if (isSet(own) && !own.getValue()) wrong.push_back(str(container.getName()));
    if (!isSet(own) && !podIsGood) silent.push_back(str(container.getName()));
  });
  if (podIsWrong || !wrong.empty()) {
    return Violation{kReason,
                     concat(settersText(podIsWrong, wrong), " must not set securityContext.runAsNonRoot=false")};
  }
  if (silent.empty()) return std::nullopt;
  return Violation{kReason, concat("pod or ", containersText(silent), " must set securityContext.runAsNonRoot=true")};
}

Found runAsUser(const PodView& pod) {
  if (pod.minor >= kKnowsOwnUsers && pod.hasOwnUsers()) return std::nullopt;
  auto isRoot = [](auto context) { return isSet(context.getRunAsUser()) && context.getRunAsUser().getValue() == 0; };
  const bool podIsWrong = isRoot(pod.spec.getSecurityContext());
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (isRoot(container.getSecurityContext())) containers.push_back(str(container.getName()));
  });
  if (!podIsWrong && containers.empty()) return std::nullopt;
  return Violation{"runAsUser=0", settersText(podIsWrong, containers) + " must not set runAsUser=0"};
}

Found seccompProfile(const PodView& pod) {
  if (pod.minor >= kKnowsWindows && pod.isForWindows()) return std::nullopt;
  NameSet types;
  auto isWrong = [&](auto context) {
    if (!context.hasSeccompProfile() || isKept(view(context.getSeccompProfile().getType()))) return false;
    types.insert(str(context.getSeccompProfile().getType()));
    return true;
  };
  auto forAll = pod.spec.getSecurityContext();
  const bool podIsWrong = isWrong(forAll), podIsGood = forAll.hasSeccompProfile() && !podIsWrong;
  Names wrong, silent;
  eachContainer(pod.spec, [&](auto container) {
    if (isWrong(container.getSecurityContext())) wrong.push_back(str(container.getName()));
    if (!container.getSecurityContext().hasSeccompProfile() && !podIsGood) silent.push_back(str(container.getName()));
  });
  if (!types.empty()) {
    return Violation{"seccompProfile", concat(settersText(podIsWrong, wrong),
                                              " must not set securityContext.seccompProfile.type to ", quoted(types))};
  }
  if (silent.empty()) return std::nullopt;
  return Violation{"seccompProfile",
                   concat("pod or ", containersText(silent),
                          " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")};
}

}  // namespace cleat::pod_security::restricted
