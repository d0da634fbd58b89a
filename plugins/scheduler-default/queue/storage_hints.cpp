#include "queue/storage_hints.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include <algorithm>

#include "filters/volume_filters.h"
#include "volume-common/volume_match.h"

namespace cleat::scheduling {
namespace {

bool usesClaim(const PodClass& podClass, std::string_view ns, std::string_view name) {
  return podClass.ns == ns && std::ranges::find(podClass.claims, name, &ClaimUse::name) != podClass.claims.end();
}

// How many volumes of the driver the node takes: none where the driver is not there, any number where it does not say.
int64_t mostVolumes(const Object<CSINode>& node, std::string_view name) {
  for (auto driver : node->getSpec().getDrivers()) {
    if (view(driver.getName()) != name) continue;
    auto count = driver.getAllocatable().getCount();
    return driver.hasAllocatable() && isSet(count) ? count.getValue() : INT64_MAX;
  }
  return 0;
}

struct Hint {
  const PodClass& waiting;
  JudgeSet judges;
  const VolumeState& known;

  bool asked(Judge judge) const { return (judges & bit(judge)) != 0; }

  template <class F>
  bool anyClaim(F wants) const {
    return std::ranges::any_of(waiting.claims, [&](const ClaimUse& use) {
      const Object<PersistentVolumeClaim> claim = known.claims.get(keyOf(waiting.ns, use.name));
      return claim && wants(claim);
    });
  }
  bool isBoundTo(const Object<PersistentVolume>& volume) const {
    return anyClaim([&](const auto& claim) { return view(claim->getSpec().getVolumeName()) == volume.name(); });
  }
  // Whether a claim has it, or may get it.
  bool mayWant(const Object<PersistentVolume>& volume) const {
    return anyClaim([&](const Object<PersistentVolumeClaim>& claim) {
      const std::string_view has = view(claim->getSpec().getVolumeName());
      if (!has.empty()) return has == volume.name();
      auto meant = volume->getSpec().getClaimRef();
      const bool isMeant = view(meant.getNamespace()) == claim.ns() && view(meant.getName()) == claim.name();
      return isMeant || volumes::classOf(volume) == storageClassOf(*claim).value_or("");
    });
  }
  bool waitsForClass(std::string_view name) const {
    return anyClaim([&](const Object<PersistentVolumeClaim>& claim) {
      return claim->getSpec().getVolumeName().size() == 0 && storageClassOf(*claim).value_or("") == name;
    });
  }

  bool operator()(const std::monostate&) const { return true; }

  // A claim is of use to those who use it.
  bool operator()(const Change<PersistentVolumeClaim>& change) const {
    if (!change.now || !usesClaim(waiting, change.now.ns(), change.now.name())) return false;
    return !change.before || asked(Judge::volumeBinding) || asked(Judge::volumeZone);
  }
  bool operator()(const Change<PersistentVolume>& change) const {
    if (!change.now) return false;
    if (asked(Judge::volumeBinding) && mayWant(change.now)) return true;
    const bool moved = !change.before || !haveSameZones(change.before, change.now);
    return asked(Judge::volumeZone) && moved && isBoundTo(change.now);
  }
  bool operator()(const Change<StorageClass>& change) const {
    if (!change.now || !waitsForClass(change.now.name())) return false;
    auto topologies = [](const Object<StorageClass>& one) { return capnp::toAny(one->getAllowedTopologies()); };
    if (asked(Judge::volumeBinding) && (!change.before || !(topologies(change.before) == topologies(change.now)))) {
      return true;
    }
    return asked(Judge::volumeZone) && !change.before &&
           view(change.now->getVolumeBindingMode()) == "WaitForFirstConsumer";
  }
  bool operator()(const Change<CSINode>& change) const {
    if (asked(Judge::volumeBinding) && !change.before) return true;
    if (!asked(Judge::nodeVolumeLimits)) return false;
    if (!change.before || !change.now) return true;
    for (auto driver : change.now->getSpec().getDrivers()) {
      const std::string_view name = view(driver.getName());
      if (mostVolumes(change.now, name) > mostVolumes(change.before, name)) return true;
    }
    return false;
  }
  // One that is new only asks for more than there was.
  bool operator()(const Change<CSIDriver>& change) const {
    if (!change.before) return false;
    auto reports = [](const Object<CSIDriver>& one) { return one && one->getSpec().getStorageCapacity().getValue(); };
    if (asked(Judge::volumeBinding) && reports(change.before) && !reports(change.now)) return true;
    auto prevents = [](const Object<CSIDriver>& one) {
      return one && one->getSpec().getPreventPodSchedulingIfMissing().getValue();
    };
    return asked(Judge::nodeVolumeLimits) && prevents(change.before) && !prevents(change.now);
  }
  bool operator()(const Change<VolumeAttachment>& change) const {
    return !change.now && asked(Judge::nodeVolumeLimits);
  }
  bool operator()(const Change<CSIStorageCapacity>& change) const {
    if (!change.now || !asked(Judge::volumeBinding)) return false;
    if (!waitsForClass(view(change.now->getStorageClassName()))) return false;
    if (!change.before) return true;
    const auto before = limitOf(change.before), now = limitOf(change.now);
    return now && (!before || *now > *before);
  }
};

}  // namespace

bool storageMayHelp(const StorageChange& change, const PodClass& waiting, JudgeSet judges, const VolumeState& known) {
  return std::visit(Hint{waiting, judges, known}, change);
}

bool goneMayHelpStorage(const PodClass& other, const PodClass& waiting, JudgeSet judges) {
  // Also what was chosen for its claims is free again.
  const JudgeSet ofClaims = bit(Judge::nodeVolumeLimits) | bit(Judge::volumeBinding);
  if ((judges & ofClaims) != 0 && !other.claims.empty()) return true;
  if ((judges & bit(Judge::volumeRestrictions)) == 0) return false;
  auto sharesClaim = [&](const ClaimUse& use) { return usesClaim(waiting, other.ns, use.name); };
  auto sharesDisk = [&](const DirectDisk& disk) {
    return std::ranges::find(waiting.disks, disk.identity, &DirectDisk::identity) != waiting.disks.end();
  };
  return std::ranges::any_of(other.claims, sharesClaim) || std::ranges::any_of(other.disks, sharesDisk);
}

}  // namespace cleat::scheduling
