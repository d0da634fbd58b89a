// Situations of claims and volumes, and what is to be done about each.
#include "plugins/controller-persistent-volume-binder/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"

namespace cleat::volume_binder {
namespace {

using test::makeClaim;
using test::makeClass;
using test::makeVolume;
using test::setClaimRef;
using test::setVolume;
using Claim = PersistentVolumeClaim::Builder;
using Volume = PersistentVolume::Builder;

struct World : Surroundings {
  std::vector<Object<PersistentVolume>> volumes;
  std::map<std::string, Object<PersistentVolumeClaim>, std::less<>> claims;
  std::map<std::string, Object<StorageClass>, std::less<>> classes;
  Object<StorageClass> byDefault;
  std::string pod;

  Object<PersistentVolume> volume(std::string_view name) const override {
    for (const auto& each : volumes) {
      if (each.name() == name) return each;
    }
    return {};
  }
  Object<PersistentVolumeClaim> claim(std::string_view ns, std::string_view name) const override {
    auto found = claims.find(keyOf(ns, name));
    return found == claims.end() ? Object<PersistentVolumeClaim>() : found->second;
  }
  Object<StorageClass> storageClass(std::string_view name) const override {
    auto found = classes.find(name);
    return found == classes.end() ? Object<StorageClass>() : found->second;
  }
  Object<StorageClass> defaultClass() const override { return byDefault; }
  std::vector<Object<PersistentVolume>> candidates(const Object<PersistentVolumeClaim>&) const override {
    return volumes;
  }
  std::string unscheduledUser(const Object<PersistentVolumeClaim>&) const override { return pod; }

  void add(Draft<PersistentVolume> draft) { volumes.push_back(std::move(draft).freeze()); }
  void add(Draft<PersistentVolumeClaim> draft) {
    Object<PersistentVolumeClaim> object = std::move(draft).freeze();
    claims[object.key()] = object;
  }
  void add(Draft<StorageClass> draft) {
    Object<StorageClass> object = std::move(draft).freeze();
    classes[str(object.name())] = object;
  }
};

// "bind disk", "wait", "provision fast", followed by " REASON: MESSAGE" of the event.
std::string shown(const ClaimPlan& plan) {
  constexpr const char* kNames[] = {"nothing", "adopt", "bind", "wait", "provision", "lose"};
  std::string text = kNames[static_cast<int>(plan.action)];
  if (plan.volume) text += concat(" ", plan.volume.name());
  if (plan.storageClass) text += concat(" ", plan.storageClass.name());
  if (plan.note) text += concat(plan.note->warning ? " ! " : " ", plan.note->reason, ": ", plan.note->message);
  return text;
}

std::string shown(const VolumePlan& plan) {
  constexpr const char* kNames[] = {"nothing", "phase", "look at claim", "unbind", "recycle"};
  std::string text = kNames[static_cast<int>(plan.action)];
  if (!plan.phase.empty()) text += concat(" ", plan.phase);
  if (plan.note) text += concat(plan.note->warning ? " ! " : " ", plan.note->reason, ": ", plan.note->message);
  return text;
}

struct ClaimSituation {
  const char* name;
  std::function<void(World&, Claim)> edit;
  const char* plan;
};

constexpr const char* kFirstConsumer =
    "wait WaitForFirstConsumer: waiting for first consumer to be created before binding";
constexpr const char* kNoClass =
    "wait FailedBinding: no persistent volumes available for this claim and no storage class is set";

void ofClass(World& world, Claim claim, const char* provisioner, const char* mode) {
  world.add(makeClass("fast", provisioner, mode));
  claim.getSpec().setStorageClassName("fast");
}

const ClaimSituation kSearching[] = {
    {"nothing is there", [](World&, Claim) {}, kNoClass},
    {"a volume that fits", [](World& world, Claim) { world.add(makeVolume("disk")); }, "bind disk"},
    {"one that is too small", [](World& world, Claim) { world.add(makeVolume("disk", "", "1Mi")); }, kNoClass},
    {"the smallest of those that are large enough",
     [](World& world, Claim) {
       for (const char* size : {"5Gi", "2Gi", "1Mi", "3Gi"}) world.add(makeVolume(size, "", size));
     },
     "bind 2Gi"},
    {"one of another class", [](World& world, Claim) { world.add(makeVolume("disk", "fast")); }, kNoClass},
    {"one that was not looked at yet",
     [](World& world, Claim) {
       auto disk = makeVolume("disk");
       disk->getStatus().setPhase("Pending");
       world.add(std::move(disk));
     },
     kNoClass},
    {"one with another mode of access",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       claim.getSpec().initAccessModes(1).set(0, "ReadWriteMany");
     },
     kNoClass},
    {"a device",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       claim.getSpec().setVolumeMode("Block");
     },
     kNoClass},
    {"one that is not selected",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       auto label = claim.getSpec().initSelector().initMatchLabels(1)[0];
       label.setKey("kind");
       label.setValue("ssd");
     },
     kNoClass},
    {"one that is meant for it, of another class",
     [](World& world, Claim) {
       auto disk = makeVolume("disk", "fast");
       setClaimRef(*disk, "data", "");
       world.add(std::move(disk));
     },
     "bind disk"},
    {"one that is meant for another claim of the name",
     [](World& world, Claim) {
       auto disk = makeVolume("disk");
       setClaimRef(*disk, "data", "other");
       world.add(std::move(disk));
     },
     kNoClass},
    {"a class that is absent", [](World&, Claim claim) { claim.getSpec().setStorageClassName("fast"); },
     "wait ! ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found"},
    {"a class with a provisioner",
     [](World& world, Claim claim) { ofClass(world, claim, "p.example/disk", "Immediate"); },
     "provision fast ExternalProvisioning: Waiting for a volume to be created either by the external provisioner "
     "'p.example/disk' or manually by the system administrator. If volume creation is delayed, please verify that the "
     "provisioner is running and correctly registered."},
    {"a class without one",
     [](World& world, Claim claim) { ofClass(world, claim, "kubernetes.io/no-provisioner", "Immediate"); },
     "wait ! ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"},
    {"a class that waits", [](World& world, Claim claim) { ofClass(world, claim, "p", "WaitForFirstConsumer"); },
     kFirstConsumer},
    {"whose consumer is there",
     [](World& world, Claim claim) {
       ofClass(world, claim, "p", "WaitForFirstConsumer");
       world.pod = "web";
     },
     "wait WaitForPodScheduled: waiting for pod web to be scheduled"},
    {"while there is a volume",
     [](World& world, Claim claim) {
       ofClass(world, claim, "p", "WaitForFirstConsumer");
       world.add(makeVolume("disk", "fast"));
     },
     kFirstConsumer},
    {"which the scheduler has chosen",
     [](World& world, Claim claim) {
       ofClass(world, claim, "p", "WaitForFirstConsumer");
       auto disk = makeVolume("disk", "fast");
       setClaimRef(*disk, "data", "uid-data");
       world.add(std::move(disk));
     },
     "bind disk"},
    {"whose node was chosen",
     [](World& world, Claim claim) {
       ofClass(world, claim, "p", "WaitForFirstConsumer");
       setAnnotation(claim.getMetadata(), volumes::kSelectedNode, "a");
     },
     "provision fast ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'p' or "
     "manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running "
     "and correctly registered."},
    {"it says nothing of a class, and there is a default one",
     [](World& world, Claim claim) {
       world.byDefault = makeClass("standard", "p").freeze();
       claim.getSpec().disownStorageClassName();
     },
     "adopt standard"},
    {"it is on its way out",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       claim.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
     },
     "nothing"},
};

const ClaimSituation kNaming[] = {
    {"its volume is not there", [](World&, Claim claim) { setVolume(claim, "disk", false); }, "wait"},
    {"it is free",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       setVolume(claim, "disk", false);
     },
     "bind disk"},
    {"too small",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk", "", "1Mi"));
       setVolume(claim, "disk", false);
     },
     "wait ! VolumeMismatch: Cannot bind to requested volume \"disk\": requested PV is too small"},
    {"of another class",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk", "fast"));
       setVolume(claim, "disk", false);
     },
     "wait ! VolumeMismatch: Cannot bind to requested volume \"disk\": storageClassName does not match"},
    {"somebody else's",
     [](World& world, Claim claim) {
       auto disk = makeVolume("disk");
       setClaimRef(*disk, "other", "uid-other");
       world.add(std::move(disk));
       setVolume(claim, "disk", false);
     },
     "wait ! FailedBinding: volume \"disk\" already bound to a different claim."},
    {"meant for it",
     [](World& world, Claim claim) {
       auto disk = makeVolume("disk");
       setClaimRef(*disk, "data", "");
       world.add(std::move(disk));
       setVolume(claim, "disk", false);
     },
     "bind disk"},
    {"bound to what is gone", [](World&, Claim claim) { setVolume(claim, "disk", true); },
     "lose ! ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"},
    {"bound to nothing", [](World&, Claim claim) { setVolume(claim, "", true); },
     "lose ! ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"},
    {"bound to what has forgotten it",
     [](World& world, Claim claim) {
       world.add(makeVolume("disk"));
       setVolume(claim, "disk", true);
     },
     "bind disk"},
    {"bound to another claim's",
     [](World& world, Claim claim) {
       auto disk = makeVolume("disk");
       setClaimRef(*disk, "data", "uid-before");
       world.add(std::move(disk));
       setVolume(claim, "disk", true);
     },
     "lose ! ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly"},
};

void tryClaims(std::span<const ClaimSituation> situations) {
  for (const ClaimSituation& situation : situations) {
    World world;
    auto claim = makeClaim("data");
    situation.edit(world, *claim);
    const Object<PersistentVolumeClaim> object = std::move(claim).freeze();
    EXPECT_EQ(shown(planClaim(object, world)), situation.plan) << situation.name;
  }
}

TEST(ClaimPlans, OfClaimsThatLookForAVolume) { tryClaims(kSearching); }
TEST(ClaimPlans, OfClaimsThatNameOne) { tryClaims(kNaming); }

struct VolumeSituation {
  const char* name;
  std::function<void(World&, Volume)> edit;
  const char* plan;
};

void withClaim(World& world, Volume volume, const char* has) {
  setClaimRef(volume, "data", "uid-data");
  auto claim = makeClaim("data");
  claim->getSpec().setVolumeName(has);
  world.add(std::move(claim));
}

void orphaned(Volume volume, const char* policy) {
  setClaimRef(volume, "data", "uid-data");
  volume.getSpec().setPersistentVolumeReclaimPolicy(policy);
  volume.getStatus().setPhase("Bound");
}

const VolumeSituation kVolumes[] = {
    {"new", [](World&, Volume volume) { volume.getStatus().setPhase("Pending"); }, "phase Available"},
    {"free", [](World&, Volume) {}, "nothing"},
    {"meant for a claim",
     [](World&, Volume volume) {
       setClaimRef(volume, "data", "");
       volume.getStatus().setPhase("Pending");
     },
     "phase Available"},
    {"its claim has not taken it", [](World& world, Volume volume) { withClaim(world, volume, ""); }, "look at claim"},
    {"its claim has it", [](World& world, Volume volume) { withClaim(world, volume, "disk"); }, "phase Bound"},
    {"and it says so",
     [](World& world, Volume volume) {
       withClaim(world, volume, "disk");
       volume.getStatus().setPhase("Bound");
     },
     "nothing"},
    {"its claim has another one", [](World& world, Volume volume) { withClaim(world, volume, "other"); }, "unbind"},
    {"for which it was made in vain",
     [](World& world, Volume volume) {
       withClaim(world, volume, "other");
       setAnnotation(volume.getMetadata(), volumes::kProvisionedBy, "p");
       volume.getSpec().setPersistentVolumeReclaimPolicy("Delete");
     },
     "phase Released"},
    {"its claim is gone", [](World&, Volume volume) { orphaned(volume, "Retain"); }, "phase Released"},
    {"and another has its name",
     [](World& world, Volume volume) {
       withClaim(world, volume, "disk");
       setClaimRef(volume, "data", "uid-before");
     },
     "phase Released"},
    {"it was released before",
     [](World&, Volume volume) {
       orphaned(volume, "Retain");
       volume.getStatus().setPhase("Released");
     },
     "nothing"},
    {"nobody can delete it", [](World&, Volume volume) { orphaned(volume, "Delete"); },
     "phase Failed ! VolumeFailedDelete: error getting deleter volume plugin for volume \"disk\": no volume plugin "
     "matched"},
    {"its provisioner deletes it",
     [](World&, Volume volume) {
       orphaned(volume, "Delete");
       setAnnotation(volume.getMetadata(), volumes::kProvisionedBy, "p");
     },
     "phase Released"},
    {"a driver's was made by hand",
     [](World&, Volume volume) {
       orphaned(volume, "Delete");
       volume.getSpec().initCsi().setDriver("disks.example.com");
     },
     "phase Released"},
    {"and is released",
     [](World&, Volume volume) {
       orphaned(volume, "Delete");
       volume.getSpec().initCsi().setDriver("disks.example.com");
       volume.getStatus().setPhase("Released");
     },
     "nothing"},
    {"a driver looks after it",
     [](World&, Volume volume) {
       orphaned(volume, "Delete");
       setAnnotation(volume.getMetadata(), volumes::kMigratedTo, "disks.example.com");
     },
     "phase Released"},
    {"a driver's is to be emptied",
     [](World&, Volume volume) {
       orphaned(volume, "Recycle");
       volume.getSpec().disownHostPath();
       volume.getSpec().initCsi().setDriver("disks.example.com");
     },
     "phase Failed ! VolumeFailedRecycle: No recycler plugin found for the volume!"},
    {"and has failed",
     [](World&, Volume volume) {
       orphaned(volume, "Recycle");
       volume.getSpec().disownHostPath();
       volume.getStatus().setPhase("Failed");
     },
     "nothing"},
    {"it is to be emptied", [](World&, Volume volume) { orphaned(volume, "Recycle"); }, "phase Released"},
    {"and nobody has it any more",
     [](World&, Volume volume) {
       orphaned(volume, "Recycle");
       volume.getStatus().setPhase("Released");
     },
     "recycle"},
    {"and that has failed",
     [](World&, Volume volume) {
       orphaned(volume, "Recycle");
       volume.getStatus().setPhase("Failed");
     },
     "recycle"},
    {"a driver looks after that",
     [](World&, Volume volume) {
       orphaned(volume, "Recycle");
       setAnnotation(volume.getMetadata(), volumes::kMigratedTo, "disks.example.com");
       volume.getStatus().setPhase("Released");
     },
     "nothing"},
};

TEST(VolumePlans, AreAsTheTableSays) {
  for (const VolumeSituation& situation : kVolumes) {
    World world;
    auto volume = makeVolume("disk");
    situation.edit(world, *volume);
    const Object<PersistentVolume> object = std::move(volume).freeze();
    EXPECT_EQ(shown(planVolume(object, world)), situation.plan) << situation.name;
  }
}

}  // namespace
}  // namespace cleat::volume_binder
