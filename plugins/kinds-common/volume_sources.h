// What each kind of storage cannot do without. A pod's volumes and PersistentVolumes have mostly the same sources, or
// twins that differ in how they name a Secret: the rules are the same.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/kinds/core_v1_storage.capnp.h>

#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

inline constexpr std::string_view kOneSource = "may not specify more than 1 volume type";

// One of the sources that a Volume or a PersistentVolumeSpec may have.
template <class Holder>
struct SourceRule {
  const char* field;
  const char* at;  // what errors within it call it
  bool (*isSet)(Holder);
  void (*check)(Holder, const Path&, Findings&);
};

// Of both.
void checkSource(core_v1::AWSElasticBlockStoreVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::AzureDiskVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::FCVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::FlockerVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::GCEPersistentDiskVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::HostPathVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::NFSVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::PhotonPersistentDiskVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::PortworxVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::QuobyteVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::VsphereVirtualDiskVolumeSource::Reader source, const Path& path, Findings& findings);

// Of a pod's volumes.
void checkSource(core_v1::AzureFileVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CSIVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CephFSVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CinderVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::FlexVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::GlusterfsVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::ISCSIVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::RBDVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::ScaleIOVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::StorageOSVolumeSource::Reader source, const Path& path, Findings& findings);

// Of PersistentVolumes.
void checkSource(core_v1::AzureFilePersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CSIPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CephFSPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::CinderPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::FlexPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::GlusterfsPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::ISCSIPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::LocalVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::RBDPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::ScaleIOPersistentVolumeSource::Reader source, const Path& path, Findings& findings);
void checkSource(core_v1::StorageOSPersistentVolumeSource::Reader source, const Path& path, Findings& findings);

// sourceRule<Volume::Reader, &Volume::Reader::hasNfs, &Volume::Reader::getNfs>("nfs").
template <class Holder, auto has, auto get>
constexpr SourceRule<Holder> sourceRule(const char* field, const char* at = nullptr) {
  return {field, at == nullptr ? field : at, [](Holder holder) { return (holder.*has)(); },
          [](Holder holder, const Path& path, Findings& findings) { checkSource((holder.*get)(), path, findings); }};
}

// What Kubernetes fills into the sources of a Volume's or a PersistentVolumeSpec's builder.
template <class Holder>
void setSourceDefaults(Holder holder) {
  if (holder.hasIscsi() && holder.getIscsi().getIscsiInterface().size() == 0) {
    holder.getIscsi().setIscsiInterface("default");
  }
  if (holder.hasRbd()) {
    auto rbd = holder.getRbd();
    if (rbd.getPool().size() == 0) rbd.setPool("rbd");
    if (rbd.getUser().size() == 0) rbd.setUser("admin");
    if (rbd.getKeyring().size() == 0) rbd.setKeyring("/etc/ceph/keyring");
  }
  if (holder.hasScaleIO()) {
    auto scale = holder.getScaleIO();
    if (scale.getStorageMode().size() == 0) scale.setStorageMode("ThinProvisioned");
    if (scale.getFsType().size() == 0) scale.setFsType("xfs");
  }
  if (holder.hasAzureDisk()) {
    auto disk = holder.getAzureDisk();
    if (!disk.hasCachingMode()) disk.setCachingMode("ReadWrite");
    if (!disk.hasFsType()) disk.setFsType("ext4");
    if (!disk.hasReadOnly()) disk.initReadOnly().setValue(false);
    if (!disk.hasKind()) disk.setKind("Shared");
  }
}

// The name of a CSI driver: a DNS subdomain, in which capitals are allowed.
void checkCsiDriverName(std::string_view name, const Path& path, Findings& findings);

}  // namespace cleat::kinds
