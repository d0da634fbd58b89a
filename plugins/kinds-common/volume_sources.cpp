#include "kinds-common/volume_sources.h"

#include <cleat/sdk/lists.h>

#include <cctype>

#include "kinds-common/iscsi_names.h"
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

constexpr size_t kDriverNameMaxLength = 63, kTenantMaxLength = 64;
constexpr int32_t kMostPartitions = 255, kMostUnits = 255;
constexpr std::string_view kHostPorts = "must be a host:port pair or multiple pairs separated by commas";

void need(capnp::Text::Reader text, const Path& path, Findings& findings) {
  if (text.size() == 0) findings.required(path);
}
void needAny(capnp::List<capnp::Text>::Reader texts, const Path& path, Findings& findings) {
  if (texts.size() == 0) findings.required(path);
}

void checkPartition(int32_t partition, const Path& path, Findings& findings) {
  if (partition < 0 || partition > kMostPartitions) findings.invalid(path, partition, rangeError(1, kMostPartitions));
}

// A reference to a Secret of the pod's namespace, or one that names the namespace.
template <class Reference>
void checkSecretNamed(bool set, Reference secret, const Path& path, Findings& findings) {
  if (!set) return;
  need(secret.getName(), path / "name", findings);
  if constexpr (requires { secret.getNamespace(); }) need(secret.getNamespace(), path / "namespace", findings);
}

template <class Source>
void checkAzureFile(Source source, const Path& path, Findings& findings) {
  need(source.getSecretName(), path / "secretName", findings);
  need(source.getShareName(), path / "shareName", findings);
}

template <class Source>
void checkFlex(Source source, const Path& path, Findings& findings) {
  need(source.getDriver(), path / "driver", findings);
  for (auto option : source.getOptions()) {
    const std::string_view key = view(option.getKey());
    const std::string domain = concat(".", lowerCase(key.substr(0, key.find('/'))));
    if (!domain.ends_with(".kubernetes.io") && !domain.ends_with(".k8s.io")) continue;
    findings.invalid((path / "options")[key], key, "kubernetes.io and k8s.io namespaces are reserved");
  }
}

template <class Source>
void checkGlusterfs(Source source, const Path& path, Findings& findings) {
  need(source.getEndpoints(), path / "endpoints", findings);
  need(source.getPath(), path / "path", findings);
}

template <class Source>
void checkRbd(Source source, const Path& path, Findings& findings) {
  needAny(source.getMonitors(), path / "monitors", findings);
  need(source.getImage(), path / "image", findings);
}

template <class Source>
void checkScaleIo(Source source, const Path& path, Findings& findings) {
  need(source.getGateway(), path / "gateway", findings);
  need(source.getSystem(), path / "system", findings);
  need(source.getVolumeName(), path / "volumeName", findings);
}

template <class Source>
void checkStorageOs(Source source, const Path& path, Findings& findings) {
  need(source.getVolumeName(), path / "volumeName", findings);
  if (source.getVolumeName().size() > 0) checkDnsLabel(view(source.getVolumeName()), path / "volumeName", findings);
  if (source.getVolumeNamespace().size() > 0) {
    checkDnsLabel(view(source.getVolumeNamespace()), path / "volumeNamespace", findings);
  }
  checkSecretNamed(source.hasSecretRef(), source.getSecretRef(), path / "secretRef", findings);
}

// `unknown`: what is said of a name that has none of the three forms.
void checkIscsiName(std::string_view name, std::string_view unknown, const Path& path, Findings& findings) {
  if (!hasIscsiPrefix(name)) {
    findings.invalid(path, name, unknown);
  } else if (!isIscsiName(name)) {
    findings.invalid(path, name, "must be valid format");
  }
}

template <class Source>
void checkIscsi(Source source, std::string_view unknown, const Path& path, Findings& findings) {
  need(source.getTargetPortal(), path / "targetPortal", findings);
  need(source.getIqn(), path / "iqn", findings);
  if (source.getIqn().size() > 0) checkIscsiName(view(source.getIqn()), unknown, path / "iqn", findings);
  if (source.getLun() < 0 || source.getLun() > kMostUnits) {
    findings.invalid(path / "lun", source.getLun(), rangeError(0, kMostUnits));
  }
  if ((source.getChapAuthDiscovery() || source.getChapAuthSession()) && !source.hasSecretRef()) {
    findings.required(path / "secretRef");
  }
}

template <class Source>
void checkIscsiInitiator(Source source, std::string_view unknown, const Path& path, Findings& findings) {
  if (!source.hasInitiatorName()) return;
  checkIscsiName(view(source.getInitiatorName()), unknown, path / "initiatorname", findings);
}

// As Go's net.SplitHostPort reads it: "host:port", "[host]:port"; either part may be empty.
bool isHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (host.find(']') != host.size() - 1) return false;
    host = host.substr(1, host.size() - 2);
    return host.find('[') == std::string_view::npos && text.substr(colon).find_first_of("[]") == std::string_view::npos;
  }
  return host.find_first_of(":[]") == std::string_view::npos &&
         text.substr(colon).find_first_of("[]") == std::string_view::npos;
}

void checkSecretOfDriver(bool set, core_v1::SecretReference::Reader secret, const Path& path, Findings& findings) {
  if (!set) return;
  need(secret.getName(), path / "name", findings);
  if (secret.getName().size() > 0) checkDnsSubdomain(view(secret.getName()), path / "name", findings);
  need(secret.getNamespace(), path / "namespace", findings);
  if (secret.getNamespace().size() > 0) checkDnsLabel(view(secret.getNamespace()), path / "namespace", findings);
}

}  // namespace

void checkSource(core_v1::AWSElasticBlockStoreVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getVolumeID(), path / "volumeID", findings);
  checkPartition(source.getPartition(), path / "partition", findings);
}

void checkSource(core_v1::AzureDiskVolumeSource::Reader source, const Path& path, Findings& findings) {
  const std::string_view uri = view(source.getDiskURI()), kind = view(source.getKind());
  need(source.getDiskName(), path / "diskName", findings);
  need(source.getDiskURI(), path / "diskURI", findings);
  if (source.hasCachingMode()) {
    checkOneOf(view(source.getCachingMode()), path / "cachingMode", {"None", "ReadOnly", "ReadWrite"}, findings);
  }
  if (!source.hasKind()) return;
  checkOneOf(kind, path / "kind", {"Dedicated", "Managed", "Shared"}, findings);
  if (kind == "Managed" && !uri.starts_with("/subscriptions/")) {
    findings.notSupported(path / "diskURI", uri,
                          {"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
                           "{disk-id}"});
  } else if (kind != "Managed" && !uri.starts_with("https://")) {
    findings.notSupported(path / "diskURI", uri,
                          {"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"});
  }
}

void checkSource(core_v1::FCVolumeSource::Reader source, const Path& path, Findings& findings) {
  const bool targets = source.getTargetWWNs().size() > 0, ids = source.getWwids().size() > 0;
  if (!targets && !ids) {
    findings.required(path / "targetWWNs", "must specify either targetWWNs or wwids, but not both");
  }
  if (targets && ids) {
    findings.invalid(path / "targetWWNs", Shown::list(strings(source.getTargetWWNs())),
                     "targetWWNs and wwids can not be specified simultaneously");
  }
  if (!targets) return;
  if (!isSet(source.getLun())) {
    findings.required(path / "lun", "lun is required if targetWWNs is specified");
  } else if (source.getLun().getValue() < 0 || source.getLun().getValue() > kMostUnits) {
    findings.invalid(path / "lun", source.getLun().getValue(), rangeError(0, kMostUnits));
  }
}

void checkSource(core_v1::FlockerVolumeSource::Reader source, const Path& path, Findings& findings) {
  const bool named = source.getDatasetName().size() > 0, identified = source.getDatasetUUID().size() > 0;
  if (!named && !identified) findings.required(path, "one of datasetName and datasetUUID is required");
  if (named && identified) {
    findings.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
  }
  if (view(source.getDatasetName()).find('/') != std::string_view::npos) {
    findings.invalid(path / "datasetName", source.getDatasetName(), "must not contain '/'");
  }
}

void checkSource(core_v1::GCEPersistentDiskVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getPdName(), path / "pdName", findings);
  checkPartition(source.getPartition(), path / "partition", findings);
}

void checkSource(core_v1::HostPathVolumeSource::Reader source, const Path& path, Findings& findings) {
  if (source.getPath().size() == 0) {
    findings.required(path / "path");
    return;
  }
  checkNoBacksteps(view(source.getPath()), path / "path", findings);
  checkOneOf(view(source.getType()), path / "type",
             {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"},
             findings);
}

void checkSource(core_v1::NFSVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getServer(), path / "server", findings);
  need(source.getPath(), path / "path", findings);
  if (!view(source.getPath()).starts_with('/')) {
    findings.invalid(path / "path", source.getPath(), "must be an absolute path");
  }
}

void checkSource(core_v1::PhotonPersistentDiskVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getPdID(), path / "pdID", findings);
}

void checkSource(core_v1::PortworxVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getVolumeID(), path / "volumeID", findings);
}

void checkSource(core_v1::QuobyteVolumeSource::Reader source, const Path& path, Findings& findings) {
  std::string_view registry = view(source.getRegistry());
  if (registry.empty()) {
    findings.required(path / "registry", kHostPorts);
  } else if (source.getTenant().size() > kTenantMaxLength) {
    findings.required(path / "tenant", "must be a UUID and may not exceed a length of 64 characters");
  } else {
    for (size_t begin = 0; begin <= registry.size();) {
      const size_t end = std::min(registry.find(',', begin), registry.size());
      if (!isHostPort(registry.substr(begin, end - begin))) findings.invalid(path / "registry", registry, kHostPorts);
      begin = end + 1;
    }
  }
  need(source.getVolume(), path / "volume", findings);
}

void checkSource(core_v1::VsphereVirtualDiskVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getVolumePath(), path / "volumePath", findings);
}

void checkSource(core_v1::AzureFileVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkAzureFile(source, path, findings);
}
void checkSource(core_v1::AzureFilePersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkAzureFile(source, path, findings);
  if (source.hasSecretNamespace()) need(source.getSecretNamespace(), path / "secretNamespace", findings);
}

void checkSource(core_v1::CSIVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkCsiDriverName(view(source.getDriver()), path / "driver", findings);
  if (!source.hasNodePublishSecretRef()) return;
  auto name = source.getNodePublishSecretRef().getName();
  need(name, path / "nodePublishSecretRef" / "name", findings);
  if (name.size() > 0) checkDnsSubdomain(view(name), path / "name", findings);
}
void checkSource(core_v1::CSIPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkCsiDriverName(view(source.getDriver()), path / "driver", findings);
  need(source.getVolumeHandle(), path / "volumeHandle", findings);
  checkSecretOfDriver(source.hasControllerPublishSecretRef(), source.getControllerPublishSecretRef(),
                      path / "controllerPublishSecretRef", findings);
  checkSecretOfDriver(source.hasControllerExpandSecretRef(), source.getControllerExpandSecretRef(),
                      path / "controllerExpandSecretRef", findings);
  checkSecretOfDriver(source.hasNodePublishSecretRef(), source.getNodePublishSecretRef(), path / "nodePublishSecretRef",
                      findings);
  checkSecretOfDriver(source.hasNodeExpandSecretRef(), source.getNodeExpandSecretRef(), path / "nodeExpandSecretRef",
                      findings);
}

void checkSource(core_v1::CephFSVolumeSource::Reader source, const Path& path, Findings& findings) {
  needAny(source.getMonitors(), path / "monitors", findings);
}
void checkSource(core_v1::CephFSPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  needAny(source.getMonitors(), path / "monitors", findings);
}

void checkSource(core_v1::CinderVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getVolumeID(), path / "volumeID", findings);
  checkSecretNamed(source.hasSecretRef(), source.getSecretRef(), path / "secretRef", findings);
}
void checkSource(core_v1::CinderPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getVolumeID(), path / "volumeID", findings);
  checkSecretNamed(source.hasSecretRef(), source.getSecretRef(), path / "secretRef", findings);
}

void checkSource(core_v1::FlexVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkFlex(source, path, findings);
}
void checkSource(core_v1::FlexPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkFlex(source, path, findings);
}

void checkSource(core_v1::GlusterfsVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkGlusterfs(source, path, findings);
}
void checkSource(core_v1::GlusterfsPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkGlusterfs(source, path, findings);
  if (!source.hasEndpointsNamespace()) return;
  const Path at = path / "endpointsNamespace";
  const std::string_view ns = view(source.getEndpointsNamespace());
  if (ns.empty()) {
    findings.invalid(at, ns, "if the endpointnamespace is set, it must be a valid namespace name");
  } else {
    checkDnsLabel(ns, at, findings);
  }
}

void checkSource(core_v1::ISCSIVolumeSource::Reader source, const Path& path, Findings& findings) {
  constexpr std::string_view kUnknown = "must be valid format starting with iqn, eui, or naa";
  checkIscsi(source, kUnknown, path, findings);
  checkIscsiInitiator(source, kUnknown, path, findings);
}
void checkSource(core_v1::ISCSIPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  constexpr std::string_view kUnknown = "must be valid format";
  checkIscsi(source, kUnknown, path, findings);
  if (source.hasSecretRef()) need(source.getSecretRef().getName(), path / "secretRef" / "name", findings);
  checkIscsiInitiator(source, kUnknown, path, findings);
}

void checkSource(core_v1::LocalVolumeSource::Reader source, const Path& path, Findings& findings) {
  need(source.getPath(), path / "path", findings);
  checkNoBacksteps(view(source.getPath()), path / "path", findings);
}

void checkSource(core_v1::RBDVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkRbd(source, path, findings);
}
void checkSource(core_v1::RBDPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkRbd(source, path, findings);
}

void checkSource(core_v1::ScaleIOVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkScaleIo(source, path, findings);
}
void checkSource(core_v1::ScaleIOPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkScaleIo(source, path, findings);
}

void checkSource(core_v1::StorageOSVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkStorageOs(source, path, findings);
}
void checkSource(core_v1::StorageOSPersistentVolumeSource::Reader source, const Path& path, Findings& findings) {
  checkStorageOs(source, path, findings);
}

void checkCsiDriverName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) {
    findings.required(path);
    return;
  }
  if (name.size() > kDriverNameMaxLength) findings.tooLong(path, kDriverNameMaxLength);
  Wrongs wrongs = wrongDns1123Subdomain(lowerCase(name));
  if (!wrongs.empty()) findings.invalidEach(path, name, wrongs);
}

}  // namespace cleat::kinds
