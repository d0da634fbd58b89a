#include "kinds-common/alpha_fields.h"

#include <cleat/sdk/containers.h>

namespace cleat::kinds {

namespace {

// These call `visitVolume` and `visitFile` for everything that can say whose a file of a volume is: volumes with
// `defaultUser`, files and projected sources with `user`.
template <class Source, class VisitFile>
void eachItem(Source source, VisitFile visitFile) {
  if (!source.hasItems()) return;
  for (auto item : source.getItems()) visitFile(item);
}

template <class Source, class VisitFile>
void eachOwnerInSource(Source source, VisitFile visitFile) {
  if (source.hasSecret()) eachItem(source.getSecret(), visitFile);
  if (source.hasConfigMap()) eachItem(source.getConfigMap(), visitFile);
  if (source.hasDownwardAPI()) eachItem(source.getDownwardAPI(), visitFile);
  if (source.hasServiceAccountToken()) visitFile(source.getServiceAccountToken());
  if (source.hasClusterTrustBundle()) visitFile(source.getClusterTrustBundle());
  if (source.hasPodCertificate()) visitFile(source.getPodCertificate());
}

template <class Spec, class VisitVolume, class VisitFile>
void eachOwner(Spec spec, VisitVolume visitVolume, VisitFile visitFile) {
  if (!spec.hasVolumes()) return;
  const auto visitBoth = [&](auto source) {
    visitVolume(source);
    eachItem(source, visitFile);
  };
  for (auto volume : spec.getVolumes()) {
    if (volume.hasSecret()) visitBoth(volume.getSecret());
    if (volume.hasConfigMap()) visitBoth(volume.getConfigMap());
    if (volume.hasDownwardAPI()) visitBoth(volume.getDownwardAPI());
    if (!volume.hasProjected()) continue;
    visitVolume(volume.getProjected());
    if (!volume.getProjected().hasSources()) continue;
    for (auto source : volume.getProjected().getSources()) eachOwnerInSource(source, visitFile);
  }
}

bool hasOwners(core_v1::PodSpec::Reader spec) {
  bool found = false;
  eachOwner(spec, [&](auto volume) { found |= volume.hasDefaultUser(); }, [&](auto file) { found |= file.hasUser(); });
  return found;
}

bool hasStopSignals(core_v1::PodSpec::Reader spec) {
  bool found = false;
  eachContainer(spec, [&](auto container, ContainerSort) { found |= container.getLifecycle().hasStopSignal(); });
  return found;
}

bool hasBindOptions(core_v1::PodSpec::Reader spec) {
  bool found = false;
  eachContainer(spec, [&](auto container, ContainerSort) {
    for (auto mount : container.getVolumeMounts()) found |= mount.getBindMountOptions().size() > 0;
  });
  return found;
}

template <class Container>
void dropStopSignal(Container container) {
  if (!container.hasLifecycle() || !container.getLifecycle().hasStopSignal()) return;
  container.getLifecycle().disownStopSignal();
  const auto rest = container.asReader().getLifecycle();
  if (!rest.hasPostStart() && !rest.hasPreStop()) container.disownLifecycle();
}

}  // namespace

void dropAlphaFields(core_v1::PodSpec::Builder spec, core_v1::PodSpec::Reader old) {
  if (spec.hasEvictionResponders() && old.getEvictionResponders().size() == 0) spec.disownEvictionResponders();
  if (!hasOwners(old)) {
    eachOwner(spec, [](auto volume) { volume.disownDefaultUser(); }, [](auto file) { file.disownUser(); });
  }
  if (!hasStopSignals(old)) eachContainer(spec, [](auto container, ContainerSort) { dropStopSignal(container); });
  if (hasBindOptions(old)) return;
  eachContainer(spec, [](auto container, ContainerSort) {
    if (!container.hasVolumeMounts()) return;
    for (auto mount : container.getVolumeMounts()) mount.disownBindMountOptions();
  });
}

}  // namespace cleat::kinds
