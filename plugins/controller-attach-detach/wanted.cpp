#include "wanted.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

#include "volume-common/attachment_names.h"
#include "volume-common/volume_match.h"

namespace cleat::attach_detach {
namespace {

bool nothingRuns(core_v1::PodStatus::Reader status) {
  for (auto container : status.getContainerStatuses()) {
    if (!container.getState().hasTerminated() && !container.getState().hasWaiting()) return false;
  }
  return true;
}

// Where no object says how the driver is to be treated, its volumes are attached.
bool attaches(const Surroundings& around, std::string_view driver) {
  const Object<CSIDriver> object = around.driver(driver);
  if (!object || !object->getSpec().hasAttachRequired()) return true;
  return object->getSpec().getAttachRequired().getValue();
}

// The volume behind a claim of the pod; refers to nothing while they have not come together.
Object<PersistentVolume> volumeBehind(const Object<Pod>& pod, std::string_view name, bool isMadeForIt,
                                      const Surroundings& around) {
  const Object<PersistentVolumeClaim> claim = around.claim(pod.ns(), name);
  if (!claim || (isMadeForIt && !isControlledBy(claim.meta(), pod.uid()))) return {};
  if (view(claim->getStatus().getPhase()) != "Bound") return {};
  const Object<PersistentVolume> volume = around.volume(view(claim->getSpec().getVolumeName()));
  if (!volume || !volumes::isHeldBy(volume, claim)) return {};
  return volume;
}

}  // namespace

bool usesVolumes(const Object<Pod>& pod) {
  if (isTerminal(pod)) return false;
  return !(deletionPending(pod.meta()) && nothingRuns(pod->getStatus()));
}

std::vector<std::string> claimsOf(const Object<Pod>& pod) {
  std::vector<std::string> names;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (volume.hasPersistentVolumeClaim()) names.push_back(str(volume.getPersistentVolumeClaim().getClaimName()));
    if (volume.hasEphemeral()) names.push_back(concat(pod.name(), "-", volume.getName()));
  }
  return names;
}

std::map<std::string, Wanted, std::less<>> wantedOn(std::string_view node, const Surroundings& around) {
  std::map<std::string, Wanted, std::less<>> all;
  for (const Object<Pod>& pod : around.podsOn(node)) {
    if (!usesVolumes(pod)) continue;
    for (auto each : pod->getSpec().getVolumes()) {
      const bool isMadeForIt = each.hasEphemeral();
      if (!isMadeForIt && !each.hasPersistentVolumeClaim()) continue;
      const std::string claim =
          isMadeForIt ? concat(pod.name(), "-", each.getName()) : str(each.getPersistentVolumeClaim().getClaimName());
      const Object<PersistentVolume> volume = volumeBehind(pod, claim, isMadeForIt, around);
      if (!volume || !volume->getSpec().hasCsi()) continue;
      auto csi = volume->getSpec().getCsi();
      const std::string driver = str(csi.getDriver()), handle = str(csi.getVolumeHandle());
      if (!attaches(around, driver)) continue;
      const std::string name = volumes::attachmentName(driver, handle, node);
      Wanted& wanted = all.try_emplace(name, Wanted{name, driver, handle, volume, {}}).first->second;
      const bool isKnown = std::ranges::any_of(wanted.pods, [&](const auto& one) { return one.uid() == pod.uid(); });
      if (!isKnown) wanted.pods.push_back(pod);
    }
  }
  return all;
}

}  // namespace cleat::attach_detach
