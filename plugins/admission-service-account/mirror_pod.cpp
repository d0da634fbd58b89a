#include "mirror_pod.h"

#include <cleat/sdk/meta.h>

namespace cleat {
namespace {

template <class List>
bool readSecrets(List containers) {
  for (auto container : containers) {
    for (auto source : container.getEnvFrom()) {
      if (source.hasSecretRef()) return true;
    }
    for (auto variable : container.getEnv()) {
      if (variable.getValueFrom().hasSecretKeyRef()) return true;
    }
  }
  return false;
}

bool isOfSecret(core_v1::Volume::Reader volume) {
  if (volume.hasSecret()) return true;
  for (auto source : volume.getProjected().getSources()) {
    if (source.hasSecret()) return true;
  }
  return false;
}

bool isOfToken(core_v1::Volume::Reader volume) {
  for (auto source : volume.getProjected().getSources()) {
    if (source.hasServiceAccountToken()) return true;
  }
  return false;
}

}  // namespace

bool isMirror(const Object<core_v1::Pod>& pod) {
  return annotation(pod.meta(), "kubernetes.io/config.mirror").has_value();
}

std::optional<std::string> wrongWithMirror(core_v1::PodSpec::Reader spec) {
  if (spec.getServiceAccountName().size() > 0 || spec.getServiceAccount().size() > 0) {
    return "a mirror pod may not reference service accounts";
  }
  bool secrets = spec.getImagePullSecrets().size() > 0 || readSecrets(spec.getInitContainers()) ||
                 readSecrets(spec.getContainers()) || readSecrets(spec.getEphemeralContainers());
  bool tokens = false;
  for (auto volume : spec.getVolumes()) {
    secrets = secrets || isOfSecret(volume);
    tokens = tokens || isOfToken(volume);
  }
  if (secrets) return "a mirror pod may not reference secrets";
  if (tokens) return "a mirror pod may not use ServiceAccountToken volume projections";
  return std::nullopt;
}

}  // namespace cleat
