#include "identity.h"

#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_template.h>

namespace cleat::statefulset {
namespace {

void setIdentity(meta_v1::ObjectMeta::Builder meta, std::string_view name, int64_t ordinal) {
  setLabel(meta, kPodNameLabel, name);
  setLabel(meta, kPodIndexLabel, std::to_string(ordinal));
}

bool isTemplated(const Object<StatefulSet>& set, std::string_view volume) {
  for (auto pattern : set->getSpec().getVolumeClaimTemplates()) {
    if (view(pattern.getMetadata().getName()) == volume) return true;
  }
  return false;
}

bool mounts(const Object<Pod>& pod, std::string_view volume, std::string_view claim) {
  for (auto mounted : pod->getSpec().getVolumes()) {
    if (view(mounted.getName()) == volume) return view(mounted.getPersistentVolumeClaim().getClaimName()) == claim;
  }
  return false;
}

// The claims go before volumes of their names.
void setStorage(const Object<StatefulSet>& set, core_v1::PodSpec::Builder spec, int64_t ordinal) {
  auto patterns = set->getSpec().getVolumeClaimTemplates();
  if (patterns.size() == 0) return;
  std::vector<core_v1::Volume::Reader> kept;
  auto volumes = spec.asReader().getVolumes();
  for (auto volume : volumes) {
    if (!isTemplated(set, view(volume.getName()))) kept.push_back(volume);
  }
  auto count = static_cast<uint32_t>(kept.size());
  auto list = orphanageOf(spec).newOrphan<capnp::List<core_v1::Volume>>(patterns.size() + count);
  uint32_t at = 0;
  for (auto pattern : patterns) {
    auto volume = list.get()[at++];
    volume.setName(pattern.getMetadata().getName());
    volume.initPersistentVolumeClaim().setClaimName(claimName(set, view(pattern.getMetadata().getName()), ordinal));
  }
  for (auto volume : kept) list.get().setWithCaveats(at++, volume);
  spec.adoptVolumes(std::move(list));
}

}  // namespace

Ordinals ordinalsOf(const Object<StatefulSet>& set) {
  return {set->getSpec().getOrdinals().getStart(), valueOr(set->getSpec().getReplicas(), 1)};
}

std::string podName(const Object<StatefulSet>& set, int64_t ordinal) { return concat(set.name(), "-", ordinal); }

std::optional<int64_t> ordinalIn(std::string_view setName, std::string_view podName) {
  if (!podName.starts_with(setName) || !podName.substr(setName.size()).starts_with('-')) return std::nullopt;
  const std::string_view digits = podName.substr(setName.size() + 1);
  auto ordinal = parseInteger<int32_t>(digits);
  // With a sign or zeros before it, it is another name.
  if (!ordinal || *ordinal < 0 || std::to_string(*ordinal) != digits) return std::nullopt;
  return *ordinal;
}

Draft<Pod> podFor(const Object<StatefulSet>& set, core_v1::PodTemplateSpec::Reader pattern, std::string_view revision,
                  int64_t ordinal) {
  Draft<Pod> pod = podFromTemplate(pattern, KindOf<StatefulSet>::resource, set);
  const std::string name = podName(set, ordinal);
  pod.meta().setName(name);
  setIdentity(pod.meta(), name, ordinal);
  setLabel(pod.meta(), kRevisionHashLabel, revision);
  pod->getSpec().setHostname(name);
  pod->getSpec().setSubdomain(set->getSpec().getServiceName());
  setStorage(set, pod->getSpec(), ordinal);
  return pod;
}

bool hasIdentity(const Object<Pod>& pod) { return label(pod.meta(), kPodNameLabel) == pod.name(); }

bool hasStorage(const Object<StatefulSet>& set, const Object<Pod>& pod) {
  const auto ordinal = ordinalOf(set, pod);
  if (!ordinal) return false;
  for (auto pattern : set->getSpec().getVolumeClaimTemplates()) {
    const std::string_view name = view(pattern.getMetadata().getName());
    if (!mounts(pod, name, claimName(set, name, *ordinal))) return false;
  }
  return true;
}

Draft<Pod> repaired(const Object<StatefulSet>& set, const Object<Pod>& pod) {
  Draft<Pod> draft(pod);
  const int64_t ordinal = ordinalOf(set, pod).value_or(0);
  setIdentity(draft.meta(), pod.name(), ordinal);
  if (!hasStorage(set, pod)) setStorage(set, draft->getSpec(), ordinal);
  return draft;
}

std::string claimName(const Object<StatefulSet>& set, std::string_view pattern, int64_t ordinal) {
  return concat(pattern, "-", set.name(), "-", ordinal);
}

std::vector<std::string> claimNames(const Object<StatefulSet>& set, int64_t ordinal) {
  std::vector<std::string> names;
  for (auto pattern : set->getSpec().getVolumeClaimTemplates()) {
    names.push_back(claimName(set, view(pattern.getMetadata().getName()), ordinal));
  }
  return names;
}

std::vector<Draft<PersistentVolumeClaim>> claimsFor(const Object<StatefulSet>& set, int64_t ordinal) {
  std::vector<Draft<PersistentVolumeClaim>> claims;
  for (auto pattern : set->getSpec().getVolumeClaimTemplates()) {
    Draft<PersistentVolumeClaim>& claim = claims.emplace_back();
    claim->setMetadata(pattern.getMetadata());
    claim.meta().setName(claimName(set, view(pattern.getMetadata().getName()), ordinal));
    claim.meta().setNamespace(str(set.ns()));
    for (auto entry : set->getSpec().getSelector().getMatchLabels()) {
      setLabel(claim.meta(), view(entry.getKey()), view(entry.getValue()));
    }
    claim->setSpec(pattern.getSpec());
  }
  return claims;
}

}  // namespace cleat::statefulset
