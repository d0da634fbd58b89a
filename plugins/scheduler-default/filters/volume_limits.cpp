#include "filters/volume_limits.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include <algorithm>
#include <map>
#include <set>

namespace cleat::scheduling {
namespace {

// Handles by driver.
using Handles = std::map<std::string, std::set<std::string>>;

// A claim whose volume is not there yet will get one from its class's provisioner: the claim's key stands for the
// handle, behind what no driver begins one with.
void addHandle(const Object<PersistentVolumeClaim>& claim, const VolumeState& known, Handles& handles) {
  if (const auto volume = known.volumes.get(view(claim->getSpec().getVolumeName()))) {
    if (!volume->getSpec().hasCsi()) return;
    auto csi = volume->getSpec().getCsi();
    handles[str(csi.getDriver())].insert(str(csi.getVolumeHandle()));
    return;
  }
  const auto name = storageClassOf(*claim);
  if (!name || name->empty()) return;
  const auto storageClass = known.classes.get(*name);
  if (!storageClass || storageClass->getProvisioner().size() == 0) return;
  handles[str(storageClass->getProvisioner())].insert(concat("\n", claim.key()));
}

void addHandles(const PodClass& podClass, const VolumeState& known, Handles& handles) {
  for (const ClaimUse& use : podClass.claims) {
    const auto claim = known.claims.get(keyOf(podClass.ns, use.name));
    if (claim) addHandle(claim, known, handles);
  }
}

// Of volumes that are attached to the node, or are about to be, and that none of its pods uses.
size_t attachedBesides(const Handles& used, const std::string& driver, const std::string& node,
                       const VolumeState& known) {
  std::set<std::string> others;
  const auto mine = used.find(driver);
  known.attachments.forEachOn(node, [&](const Object<VolumeAttachment>& attachment) {
    auto spec = attachment->getSpec();
    if (view(spec.getAttacher()) != driver) return;
    const auto volume = known.volumes.get(view(spec.getSource().getPersistentVolumeName()));
    if (!volume || !volume->getSpec().hasCsi()) return;
    const std::string handle = str(volume->getSpec().getCsi().getVolumeHandle());
    if (mine == used.end() || !mine->second.contains(handle)) others.insert(handle);
  });
  return others.size();
}

bool hasDriver(const Object<CSINode>& node, const std::string& name) {
  if (!node) return false;
  for (auto driver : node->getSpec().getDrivers()) {
    if (view(driver.getName()) == name) return true;
  }
  return false;
}

}  // namespace

MaybeWhy whyNoMoreVolumes(const PodClass& podClass, const NodeRow& row, const ClusterState& state,
                          const std::vector<const PlacedPod*>& without) {
  const VolumeState& known = state.volumes();
  Handles wanted;
  addHandles(podClass, known, wanted);
  if (wanted.empty()) return std::nullopt;
  const Object<CSINode> drivers = known.nodes.get(row.name);
  for (const auto& [name, handles] : wanted) {
    const auto driver = known.drivers.get(name);
    if (!driver || !driver->getSpec().getPreventPodSchedulingIfMissing().getValue() || hasDriver(drivers, name))
      continue;
    return Why{Judge::nodeVolumeLimits, kDriverMissing + known.drivers.numberOf(name), true};
  }
  if (!drivers) return std::nullopt;
  Handles used;
  for (const PlacedPod* pod : row.pods) {
    if (std::ranges::find(without, pod) == without.end()) addHandles(*pod->podClass, known, used);
  }
  for (auto driver : drivers->getSpec().getDrivers()) {
    auto count = driver.getAllocatable().getCount();
    const auto asked = wanted.find(str(driver.getName()));
    if (!driver.hasAllocatable() || !isSet(count) || asked == wanted.end()) continue;
    const std::set<std::string>& there = used[asked->first];
    const auto added =
        std::ranges::count_if(asked->second, [&](const std::string& handle) { return !there.contains(handle); });
    const size_t all = there.size() + attachedBesides(used, asked->first, row.name, known) + static_cast<size_t>(added);
    if (added > 0 && static_cast<int64_t>(all) > count.getValue()) {
      return Why{Judge::nodeVolumeLimits, kTooManyVolumes, true};
    }
  }
  return std::nullopt;
}

}  // namespace cleat::scheduling
