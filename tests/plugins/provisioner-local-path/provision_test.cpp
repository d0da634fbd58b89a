// What the provisioner decides, situation by situation.
#include "plugins/provisioner-local-path/provision.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"
#include "volume-common/local_path_names.h"

namespace cleat::local_path {
namespace {

using test::makeClaim;
using test::makeClass;
using test::makeVolume;

struct Situation {
  const char* name;
  std::function<void(PersistentVolumeClaim::Builder, StorageClass::Builder, Node::Builder)> edit;
  const char* plan;
};

const Situation kSituations[] = {
    {"as it is meant to be", [](auto, auto, auto) {}, "make"},
    {"for one pod", [](auto claim, auto, auto) { claim.getSpec().getAccessModes().set(0, "ReadWriteOncePod"); },
     "make"},
    {"for many nodes", [](auto claim, auto, auto) { claim.getSpec().getAccessModes().set(0, "ReadWriteMany"); },
     "refuse: access mode ReadWriteMany is not supported: a volume on a node's disk is for the pods of that node, "
     "ReadWriteOnce or ReadWriteOncePod"},
    {"a device", [](auto claim, auto, auto) { claim.getSpec().setVolumeMode("Block"); },
     "refuse: volume mode Block is not supported: the volumes are folders"},
    {"a certain one", [](auto claim, auto, auto) { claim.getSpec().initSelector(); },
     "refuse: claim.spec.selector is not supported: volumes are made new"},
    {"a copy", [](auto claim, auto, auto) { claim.getSpec().initDataSource().setName("other"); },
     "refuse: claim.spec.dataSource is not supported: volumes are empty when they are made"},
    {"another's class", [](auto, auto storageClass, auto) { storageClass.setProvisioner("p.example/disk"); },
     "nothing"},
    {"parameters", [](auto, auto storageClass, auto) { storageClass.initParameters(1)[0].setKey("nodePath"); },
     "refuse: the class has parameters, and none is known"},
    {"options", [](auto, auto storageClass, auto) { storageClass.initMountOptions(1).set(0, "ro"); },
     "refuse: the class has mount options, and folders take none"},
    {"no node",
     [](auto claim, auto, auto) { setAnnotation(claim.getMetadata(), volumes::kSelectedNode, std::nullopt); },
     "refuse: no node was chosen: a class of local volumes must have the volumeBindingMode WaitForFirstConsumer"},
    {"a node without a folder", [](auto, auto, auto node) { setAnnotation(node.getMetadata(), kFolder, std::nullopt); },
     "reschedule: node \"a\" has no folder for local volumes"},
    {"a node without a name", [](auto, auto, auto node) { node.getMetadata().disownLabels(); },
     "reschedule: node \"a\" cannot be named by a label"},
};

Draft<PersistentVolumeClaim> asking() {
  auto claim = makeClaim("data", "local-path");
  setAnnotation(claim.meta(), volumes::kSelectedNode, "a");
  setAnnotation(claim.meta(), volumes::kStorageProvisioner, kProvisioner);
  return claim;
}
Draft<Node> nodeWithFolder() {
  auto node = test::makeNode("a", {}, {{"kubernetes.io/hostname", "a"}});
  setAnnotation(node.meta(), kFolder, "/var/lib/volumes");
  return node;
}

TEST(Provisioning, IsAsTheTableSays) {
  constexpr const char* kNames[] = {"nothing", "make", "refuse", "reschedule"};
  for (const Situation& situation : kSituations) {
    auto claim = asking();
    auto storageClass = makeClass("local-path", kProvisioner, "WaitForFirstConsumer");
    auto node = nodeWithFolder();
    situation.edit(*claim, *storageClass, *node);
    const ProvisionPlan plan =
        planProvision(std::move(claim).freeze(), std::move(storageClass).freeze(), std::move(node).freeze());
    const std::string shown = concat(kNames[static_cast<int>(plan.action)], plan.why.empty() ? "" : ": ", plan.why);
    EXPECT_EQ(shown, situation.plan) << situation.name;
  }
  const auto storageClass = makeClass("local-path", kProvisioner).freeze();
  EXPECT_EQ(planProvision(asking().freeze(), storageClass, {}).why, "node \"a\" not found");
  EXPECT_EQ(planProvision(asking().freeze(), {}, {}).why, "storageclass.storage.k8s.io \"local-path\" not found");
}

TEST(Provisioning, AVolumeIsAFolderOnTheNodeThatWasChosen) {
  const auto volume =
      volumeFor(asking().freeze(), makeClass("local-path", kProvisioner).freeze(), nodeWithFolder().freeze()).freeze();
  EXPECT_EQ(volume.name(), "pvc-uid-data");
  auto spec = volume->getSpec();
  EXPECT_EQ(view(spec.getLocal().getPath()), "/var/lib/volumes/pvc-uid-data");
  EXPECT_EQ(view(spec.getPersistentVolumeReclaimPolicy()), "Delete");
  EXPECT_EQ(valueIn(spec.getCapacity(), "storage"), "1Gi");
  auto requirement = spec.getNodeAffinity().getRequired().getNodeSelectorTerms()[0].getMatchExpressions()[0];
  EXPECT_EQ(view(requirement.getKey()), "kubernetes.io/hostname");
  EXPECT_EQ(view(requirement.getValues()[0]), "a");
  EXPECT_EQ(label(volume.meta(), kNode), "a");
  EXPECT_TRUE(hasFinalizer(volume.meta(), kFinalizer));
}

struct VolumeSituation {
  const char* name;
  std::function<void(PersistentVolume::Builder)> edit;
  bool nodeIsThere;
  VolumeAction action;
};

void setLeaving(PersistentVolume::Builder volume) { volume.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); }

const VolumeSituation kVolumes[] = {
    {"in use", [](auto volume) { volume.getStatus().setPhase("Bound"); }, true, VolumeAction::nothing},
    {"released", [](auto) {}, true, VolumeAction::remove},
    {"released, of a node that is gone", [](auto) {}, false, VolumeAction::remove},
    {"released and to be kept", [](auto volume) { volume.getSpec().setPersistentVolumeReclaimPolicy("Retain"); }, true,
     VolumeAction::nothing},
    {"somebody else's", [](auto volume) { volume.getMetadata().disownAnnotations(); }, true, VolumeAction::nothing},
    {"being deleted", setLeaving, true, VolumeAction::nothing},
    {"being deleted, of a node that is gone", setLeaving, false, VolumeAction::abandon},
};

TEST(Provisioning, WhatBecomesOfVolumesIsAsTheTableSays) {
  for (const VolumeSituation& situation : kVolumes) {
    auto volume = makeVolume("pvc-1");
    setAnnotation(volume.meta(), volumes::kProvisionedBy, kProvisioner);
    addFinalizer(volume.meta(), kFinalizer);
    volume->getSpec().setPersistentVolumeReclaimPolicy("Delete");
    volume->getStatus().setPhase("Released");
    situation.edit(*volume);
    EXPECT_EQ(planVolume(std::move(volume).freeze(), situation.nodeIsThere), situation.action) << situation.name;
  }
}

}  // namespace
}  // namespace cleat::local_path
