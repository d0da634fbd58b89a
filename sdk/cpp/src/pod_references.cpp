#include <cleat/sdk/pod_references.h>
#include <cleat/sdk/text.h>

namespace cleat {
namespace {

using Names = std::set<std::string, std::less<>>;

void add(Names& names, capnp::Text::Reader name) {
  if (name.size() > 0) names.insert(str(name));
}

template <class Containers>
void addContainers(PodReferences& found, Containers containers) {
  for (auto container : containers) {
    for (auto source : container.getEnvFrom()) {
      if (source.hasSecretRef()) add(found.secrets, source.getSecretRef().getName());
      if (source.hasConfigMapRef()) add(found.configMaps, source.getConfigMapRef().getName());
    }
    for (auto variable : container.getEnv()) {
      auto from = variable.getValueFrom();
      if (from.hasSecretKeyRef()) add(found.secrets, from.getSecretKeyRef().getName());
      if (from.hasConfigMapKeyRef()) add(found.configMaps, from.getConfigMapKeyRef().getName());
    }
  }
}

// An absent source has no names, so that none needs asking for.
void addSecrets(PodReferences& found, core_v1::Volume::Reader volume) {
  add(found.secrets, volume.getSecret().getSecretName());
  add(found.secrets, volume.getAzureFile().getSecretName());
  add(found.secrets, volume.getCephfs().getSecretRef().getName());
  add(found.secrets, volume.getCinder().getSecretRef().getName());
  add(found.secrets, volume.getFlexVolume().getSecretRef().getName());
  add(found.secrets, volume.getRbd().getSecretRef().getName());
  add(found.secrets, volume.getScaleIO().getSecretRef().getName());
  add(found.secrets, volume.getIscsi().getSecretRef().getName());
  add(found.secrets, volume.getStorageos().getSecretRef().getName());
  add(found.secrets, volume.getCsi().getNodePublishSecretRef().getName());
}

void addVolume(PodReferences& found, core_v1::Volume::Reader volume, std::string_view podName) {
  addSecrets(found, volume);
  add(found.configMaps, volume.getConfigMap().getName());
  for (auto source : volume.getProjected().getSources()) {
    add(found.secrets, source.getSecret().getName());
    add(found.configMaps, source.getConfigMap().getName());
  }
  add(found.volumeClaims, volume.getPersistentVolumeClaim().getClaimName());
  if (volume.hasEphemeral()) found.volumeClaims.insert(concat(podName, "-", volume.getName()));
}

}  // namespace

PodReferences referencesOf(core_v1::Pod::Reader pod) {
  PodReferences found;
  auto spec = pod.getSpec();
  found.serviceAccount = str(spec.getServiceAccountName());
  for (auto secret : spec.getImagePullSecrets()) add(found.secrets, secret.getName());
  addContainers(found, spec.getInitContainers());
  addContainers(found, spec.getContainers());
  addContainers(found, spec.getEphemeralContainers());
  for (auto volume : spec.getVolumes()) addVolume(found, volume, view(pod.getMetadata().getName()));
  for (auto claim : spec.getResourceClaims()) add(found.resourceClaims, claim.getResourceClaimName());
  for (auto claim : pod.getStatus().getResourceClaimStatuses()) add(found.resourceClaims, claim.getResourceClaimName());
  add(found.resourceClaims, pod.getStatus().getExtendedResourceClaimStatus().getResourceClaimName());
  return found;
}

std::vector<std::string> volumeClaimKeysOf(const Object<core_v1::Pod>& pod) {
  std::vector<std::string> keys;
  for (const std::string& name : referencesOf(*pod).volumeClaims) keys.push_back(keyOf(pod.ns(), name));
  return keys;
}

bool refersToClaims(core_v1::Pod::Reader pod) {
  for (auto volume : pod.getSpec().getVolumes()) {
    if (volume.hasPersistentVolumeClaim() || volume.hasEphemeral()) return true;
  }
  return false;
}

}  // namespace cleat
