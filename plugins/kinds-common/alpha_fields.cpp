#include "kinds-common/alpha_fields.h"

namespace cleat::kinds {

namespace {

// Calls `visit` for every container of a specification, a reader or a builder.
template <class Spec, class Visit>
void eachContainerOf(Spec spec, Visit visit) {
  if (spec.hasInitContainers()) {
    for (auto container : spec.getInitContainers()) visit(container);
  }
  if (spec.hasContainers()) {
    for (auto container : spec.getContainers()) visit(container);
  }
  if (spec.hasEphemeralContainers()) {
    for (auto container : spec.getEphemeralContainers()) visit(container);
  }
}

// Calls `visit` for everything that can say whose a file of a volume is: for volumes with `defaultUser`, for files and
// projected sources with `user`.
template <class Source, class VisitVolume, class VisitFile>
void eachOwnerIn(Source source, VisitVolume visitVolume, VisitFile visitFile) {
  visitVolume(source);
  if (!source.hasItems()) return;
  for (auto item : source.getItems()) visitFile(item);
}

template <class Source, class VisitFile>
void eachOwnerInSource(Source source, VisitFile visitFile) {
  const auto items = [&](auto from) {
    if (!from.hasItems()) return;
    for (auto item : from.getItems()) visitFile(item);
  };
  if (source.hasSecret()) items(source.getSecret());
  if (source.hasConfigMap()) items(source.getConfigMap());
  if (source.hasDownwardAPI()) items(source.getDownwardAPI());
  if (source.hasServiceAccountToken()) visitFile(source.getServiceAccountToken());
  if (source.hasClusterTrustBundle()) visitFile(source.getClusterTrustBundle());
  if (source.hasPodCertificate()) visitFile(source.getPodCertificate());
}

template <class Spec, class VisitVolume, class VisitFile>
void eachOwner(Spec spec, VisitVolume visitVolume, VisitFile visitFile) {
  if (!spec.hasVolumes()) return;
  for (auto volume : spec.getVolumes()) {
    if (volume.hasSecret()) eachOwnerIn(volume.getSecret(), visitVolume, visitFile);
    if (volume.hasConfigMap()) eachOwnerIn(volume.getConfigMap(), visitVolume, visitFile);
    if (volume.hasDownwardAPI()) eachOwnerIn(volume.getDownwardAPI(), visitVolume, visitFile);
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
  eachContainerOf(spec, [&](auto container) { found |= container.getLifecycle().hasStopSignal(); });
  return found;
}

bool hasBindOptions(core_v1::PodSpec::Reader spec) {
  bool found = false;
  eachContainerOf(spec, [&](auto container) {
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
  if (!hasStopSignals(old)) eachContainerOf(spec, [](auto container) { dropStopSignal(container); });
  if (hasBindOptions(old)) return;
  eachContainerOf(spec, [](auto container) {
    if (!container.hasVolumeMounts()) return;
    for (auto mount : container.getVolumeMounts()) mount.disownBindMountOptions();
  });
}

}  // namespace cleat::kinds
