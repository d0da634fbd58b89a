// A pod's volumes: each has a name of its own and one source.
#include "kinds-common/pod_parts.h"
#include "kinds-common/shown_struct.h"

#include <capnp/dynamic.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/quantity.h>

#include "kinds-common/metadata.h"
#include "kinds-common/signer.h"
#include "kinds-common/volume_claims.h"
#include "kinds-common/volume_sources.h"

namespace cleat::kinds {

namespace {

constexpr int32_t kMaxMode = 0777;
constexpr int64_t kMinTokenSeconds = 600, kMaxTokenSeconds = int64_t{1} << 32;
constexpr int32_t kLeastCertificateSeconds = 3600, kMostSecondsOfKubernetes = 86400,
                  kMostCertificateSeconds = 91 * 86400;

void checkMode(meta_v1::Int32Value::Reader mode, const Path& path, Findings& findings) {
  if (!isSet(mode) || (mode.getValue() >= 0 && mode.getValue() <= kMaxMode)) return;
  findings.invalid(path, mode.getValue(), "must be a number between 0 and 0777 (octal), both inclusive");
}

void requireText(capnp::Text::Reader text, const Path& path, Findings& findings) {
  if (text.size() == 0) findings.required(path);
}

void checkItems(capnp::List<core_v1::KeyToPath>::Reader items, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < items.size(); ++i) {
    requireText(items[i].getKey(), path[i] / "key", findings);
    requireText(items[i].getPath(), path[i] / "path", findings);
    checkLocalUnreservedPath(view(items[i].getPath()), path[i] / "path", findings);
    checkMode(items[i].getMode(), path[i] / "mode", findings);
  }
}

// `at`: the path that messages about the whole file have.
void checkDownwardFile(core_v1::DownwardAPIVolumeFile::Reader file, const Path& at, Findings& findings) {
  requireText(file.getPath(), at / "path", findings);
  checkLocalUnreservedPath(view(file.getPath()), at / "path", findings);
  if (file.hasFieldRef()) {
    checkFieldRef(file.getFieldRef(), FieldUse::volume, at / "fieldRef", findings);
    if (file.hasResourceFieldRef()) {
      findings.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
    }
  } else if (file.hasResourceFieldRef()) {
    checkResourceFieldRef(file.getResourceFieldRef(), FieldUse::volume, at / "resourceFieldRef", findings);
  } else {
    findings.required(at, "one of fieldRef and resourceFieldRef is required");
  }
  checkMode(file.getMode(), at / "mode", findings);
}

// The paths that projected sources have taken so far.
class TakenPaths {
 public:
  TakenPaths(const Path& volume, Findings& findings) : volume_(volume), findings_(findings) {}
  void take(std::string_view path, std::string_view shown) {
    if (!path.empty() && !paths_.insert(path).second) findings_.invalid(volume_, shown, "conflicting duplicate paths");
  }

 private:
  const Path& volume_;
  Findings& findings_;
  std::set<std::string_view> paths_;
};

void checkToken(core_v1::ServiceAccountTokenProjection::Reader token, const Path& source, const Path& volume,
                Findings& findings) {
  int64_t seconds = valueOr(token.getExpirationSeconds(), kMinTokenSeconds);
  const Path path = source / "expirationSeconds";
  if (seconds < kMinTokenSeconds) findings.invalid(path, seconds, "may not specify a duration less than 10 minutes");
  if (seconds > kMaxTokenSeconds)
    findings.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds");
  requireText(token.getPath(), volume / "path", findings);
  checkLocalUnreservedPath(view(token.getPath()), volume / "path", findings);
}

template <class Source>
void checkKeyed(Source source, const Path& path, TakenPaths& taken, Findings& findings) {
  requireText(source.getName(), path / "name", findings);
  checkItems(source.getItems(), path / "items", findings);
  for (auto item : source.getItems()) taken.take(view(item.getPath()), view(source.getName()));
}

// A bundle that a signer's name begins belongs to that signer: "example.com:signer:bundle".
void checkTrustBundleName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) findings.required(path, "must be a valid object name");
  const size_t colon = name.rfind(':');
  const std::string_view own = colon == std::string_view::npos ? name : name.substr(colon + 1);
  for (const std::string& wrong : wrongDns1123Subdomain(own)) {
    findings.invalid(path, name, concat("not a valid clustertrustbundlename: ", wrong));
  }
}

void checkTrustBundle(core_v1::ClusterTrustBundleProjection::Reader bundle, const Path& path, TakenPaths& taken,
                      Findings& findings) {
  const std::string_view name = view(bundle.getName()), signer = view(bundle.getSignerName());
  if (bundle.hasName() && bundle.hasSignerName()) {
    findings.invalid(path, shownWhole(bundle, {"Name", "SignerName", "LabelSelector", "Optional", "Path", "User"}),
                     "only one of name and signerName may be used");
  } else if (bundle.hasName()) {
    checkTrustBundleName(name, path / "name", findings);
    if (bundle.hasLabelSelector()) {
      findings.invalid(path / "labelSelector", shownStruct(bundle.getLabelSelector()),
                       "labelSelector must be unset if name is specified");
    }
  } else if (bundle.hasSignerName()) {
    if (signer.empty()) findings.required(path / "signerName", "must be a valid signer name");
    checkSignerName(signer, path / "signerName", findings);
    checkLabelSelector(bundle.getLabelSelector(), path / "labelSelector", findings);
  } else {
    findings.required(path, "either name or signerName must be specified");
  }
  requireText(bundle.getPath(), path / "path", findings);
  checkLocalUnreservedPath(view(bundle.getPath()), path / "path", findings);
  taken.take(view(bundle.getPath()), view(bundle.getPath()));
}

void checkCertificateLifetime(core_v1::PodCertificateProjection::Reader certificate, const Path& path,
                              Findings& findings) {
  if (!isSet(certificate.getMaxExpirationSeconds())) return;
  const int32_t seconds = certificate.getMaxExpirationSeconds().getValue();
  const int32_t most =
      isKubernetesSigner(view(certificate.getSignerName())) ? kMostSecondsOfKubernetes : kMostCertificateSeconds;
  if (seconds < kLeastCertificateSeconds) {
    findings.invalid(path, seconds, concat("if provided, maxExpirationSeconds must be >= ", kLeastCertificateSeconds));
  }
  if (seconds > most) findings.invalid(path, seconds, concat("if provided, maxExpirationSeconds must be <= ", most));
}

void checkPodCertificate(core_v1::PodCertificateProjection::Reader certificate, const Path& path, TakenPaths& taken,
                         Findings& findings) {
  checkSignerName(view(certificate.getSignerName()), path / "signerName", findings);
  const size_t before = findings.causes().size();
  checkAnnotations(certificate.getUserAnnotations(), path / "userAnnotations", findings);
  for (auto annotation : certificate.getUserAnnotations()) {
    if (findings.causes().size() != before || view(annotation.getKey()).find('/') != std::string_view::npos) continue;
    findings.invalid(path / "userAnnotations", annotation.getKey(),
                     "must be a domain-prefixed key (such as \"acme.io/foo\")");
  }
  checkOneOf(view(certificate.getKeyType()), path / "keyType",
             {"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"}, findings);
  checkCertificateLifetime(certificate, path / "maxExpirationSeconds", findings);
  int files = 0;
  auto file = [&](std::string_view text, std::string_view field) {
    if (text.empty()) return;
    ++files;
    checkLocalUnreservedPath(text, path / field, findings);
    taken.take(text, text);
  };
  file(view(certificate.getCredentialBundlePath()), "credentialBundlePath");
  file(view(certificate.getKeyPath()), "keyPath");
  file(view(certificate.getCertificateChainPath()), "certificateChainPath");
  if (files == 0) {
    findings.required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
  }
}

void checkProjected(core_v1::ProjectedVolumeSource::Reader projected, const Path& path, Findings& findings) {
  checkMode(projected.getDefaultMode(), path / "defaultMode", findings);
  TakenPaths taken(path, findings);
  auto sources = projected.getSources();
  for (uint32_t i = 0; i < sources.size(); ++i) {
    auto source = sources[i];
    const Path at = (path / "sources")[i];
    int count = 0;
    if (source.hasSecret() && ++count) checkKeyed(source.getSecret(), at / "secret", taken, findings);
    if (source.hasConfigMap() && ++count) checkKeyed(source.getConfigMap(), at / "configMap", taken, findings);
    if (source.hasDownwardAPI() && ++count) {
      for (auto file : source.getDownwardAPI().getItems()) {
        checkDownwardFile(file, at / "downwardAPI", findings);
        taken.take(view(file.getPath()), view(file.getPath()));
      }
    }
    if (source.hasServiceAccountToken() && ++count) {
      checkToken(source.getServiceAccountToken(), at / "serviceAccountToken", path, findings);
    }
    if (source.hasClusterTrustBundle() && ++count) {
      checkTrustBundle(source.getClusterTrustBundle(), at / "clusterTrustBundle", taken, findings);
    }
    if (source.hasPodCertificate() && ++count) {
      checkPodCertificate(source.getPodCertificate(), at / "podCertificate", taken, findings);
    }
    if (count > 1) findings.forbidden(at, "may not specify more than 1 volume type per source");
  }
}

void checkClaimTemplate(core_v1::EphemeralVolumeSource::Reader source, const Path& path, Findings& findings) {
  const Path at = path / "volumeClaimTemplate";
  if (!source.hasVolumeClaimTemplate()) {
    findings.required(at);
    return;
  }
  checkClaimTemplateMetadata(source.getVolumeClaimTemplate().getMetadata(), at, findings);
  checkClaimSpec(source.getVolumeClaimTemplate().getSpec(), at / "spec", findings);
}

using PodVolume = core_v1::Volume::Reader;
template <auto has, auto get>
constexpr SourceRule<PodVolume> storage(const char* field, const char* at = nullptr) {
  return sourceRule<PodVolume, has, get>(field, at);
}

// The sources that hold storage of their own.
constexpr SourceRule<PodVolume> kStorage[] = {
    storage<&PodVolume::hasHostPath, &PodVolume::getHostPath>("hostPath"),
    storage<&PodVolume::hasGcePersistentDisk, &PodVolume::getGcePersistentDisk>("gcePersistentDisk", "persistentDisk"),
    storage<&PodVolume::hasAwsElasticBlockStore, &PodVolume::getAwsElasticBlockStore>("awsElasticBlockStore"),
    storage<&PodVolume::hasNfs, &PodVolume::getNfs>("nfs"),
    storage<&PodVolume::hasIscsi, &PodVolume::getIscsi>("iscsi"),
    storage<&PodVolume::hasGlusterfs, &PodVolume::getGlusterfs>("glusterfs"),
    storage<&PodVolume::hasRbd, &PodVolume::getRbd>("rbd"),
    storage<&PodVolume::hasCinder, &PodVolume::getCinder>("cinder"),
    storage<&PodVolume::hasCephfs, &PodVolume::getCephfs>("cephfs"),
    storage<&PodVolume::hasFlocker, &PodVolume::getFlocker>("flocker"),
    storage<&PodVolume::hasFc, &PodVolume::getFc>("fc"),
    storage<&PodVolume::hasAzureFile, &PodVolume::getAzureFile>("azureFile"),
    storage<&PodVolume::hasFlexVolume, &PodVolume::getFlexVolume>("flexVolume"),
    storage<&PodVolume::hasVsphereVolume, &PodVolume::getVsphereVolume>("vsphereVolume"),
    storage<&PodVolume::hasQuobyte, &PodVolume::getQuobyte>("quobyte"),
    storage<&PodVolume::hasAzureDisk, &PodVolume::getAzureDisk>("azureDisk"),
    storage<&PodVolume::hasPhotonPersistentDisk, &PodVolume::getPhotonPersistentDisk>("photonPersistentDisk"),
    storage<&PodVolume::hasPortworxVolume, &PodVolume::getPortworxVolume>("portworxVolume"),
    storage<&PodVolume::hasScaleIO, &PodVolume::getScaleIO>("scaleIO"),
    storage<&PodVolume::hasStorageos, &PodVolume::getStorageos>("storageos"),
    storage<&PodVolume::hasCsi, &PodVolume::getCsi>("csi"),
};

void checkStorage(core_v1::Volume::Reader volume, std::string_view source, const Path& path, Findings& findings) {
  for (const auto& rule : kStorage) {
    if (rule.field == source) rule.check(volume, path / rule.at, findings);
  }
  if (source == "persistentVolumeClaim") {
    requireText(volume.getPersistentVolumeClaim().getClaimName(), path / "persistentVolumeClaim" / "claimName",
                findings);
  }
  if (source == "gitRepo") {
    requireText(volume.getGitRepo().getRepository(), path / "gitRepo" / "repository", findings);
    checkLocalPath(view(volume.getGitRepo().getDirectory()), path / "gitRepo" / "directory", findings);
  }
  if (source == "ephemeral") checkClaimTemplate(volume.getEphemeral(), path / "ephemeral", findings);
}

void checkPlain(core_v1::Volume::Reader volume, std::string_view source, const Path& path, Findings& findings) {
  if (source == "emptyDir" && volume.getEmptyDir().getSizeLimit().size() > 0) {
    auto limit = Quantity::parse(volume.getEmptyDir().getSizeLimit());
    if (!limit || *limit < Quantity()) {
      findings.forbidden(path / "emptyDir" / "sizeLimit", "SizeLimit field must be a valid resource quantity");
    }
  }
  if (source == "secret") {
    requireText(volume.getSecret().getSecretName(), path / "secret" / "secretName", findings);
    checkMode(volume.getSecret().getDefaultMode(), path / "secret" / "defaultMode", findings);
    checkItems(volume.getSecret().getItems(), path / "secret" / "items", findings);
  }
  if (source == "configMap") {
    requireText(volume.getConfigMap().getName(), path / "configMap" / "name", findings);
    checkMode(volume.getConfigMap().getDefaultMode(), path / "configMap" / "defaultMode", findings);
    checkItems(volume.getConfigMap().getItems(), path / "configMap" / "items", findings);
  }
  if (source == "downwardAPI") {
    checkMode(volume.getDownwardAPI().getDefaultMode(), path / "downwardAPI" / "defaultMode", findings);
    for (auto file : volume.getDownwardAPI().getItems()) checkDownwardFile(file, path / "downwardAPI", findings);
  }
  if (source == "projected") checkProjected(volume.getProjected(), path / "projected", findings);
  if (source == "image") {
    requireText(volume.getImage().getReference(), path / "image" / "reference", findings);
    checkOneOf(view(volume.getImage().getPullPolicy()), path / "image" / "pullPolicy",
               {"Always", "IfNotPresent", "Never"}, findings);
  }
}

// In the order in which Kubernetes looks: the first that is set is the one that may be.
constexpr const char* kKindsOfVolumes[] = {"emptyDir",
                                           "hostPath",
                                           "gitRepo",
                                           "gcePersistentDisk",
                                           "awsElasticBlockStore",
                                           "secret",
                                           "nfs",
                                           "iscsi",
                                           "glusterfs",
                                           "flocker",
                                           "rbd",
                                           "cinder",
                                           "cephfs",
                                           "persistentVolumeClaim",
                                           "quobyte",
                                           "downwardAPI",
                                           "fc",
                                           "flexVolume",
                                           "configMap",
                                           "azureFile",
                                           "vsphereVolume",
                                           "photonPersistentDisk",
                                           "portworxVolume",
                                           "azureDisk",
                                           "storageos",
                                           "projected",
                                           "scaleIO",
                                           "csi",
                                           "ephemeral",
                                           "image"};

// The first source is looked at, and there may be no other.
void checkSource(core_v1::Volume::Reader volume, const Path& path, Findings& findings) {
  const capnp::DynamicStruct::Reader fields = volume;
  bool found = false;
  for (const char* source : kKindsOfVolumes) {
    if (!fields.has(source)) continue;
    if (std::exchange(found, true)) {
      findings.forbidden(path / source, kOneSource);
    } else {
      checkPlain(volume, source, path, findings);
      checkStorage(volume, source, path, findings);
    }
  }
  if (!found) findings.required(path, "must specify a volume type");
}

}  // namespace

bool stepsBack(std::string_view path) {
  while (true) {
    const size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

void checkNoBacksteps(std::string_view text, const Path& path, Findings& findings) {
  if (stepsBack(text)) findings.invalid(path, text, "must not contain '..'");
}

void checkLocalPath(std::string_view text, const Path& path, Findings& findings) {
  if (text.starts_with('/')) findings.invalid(path, text, "must be a relative path");
  checkNoBacksteps(text, path, findings);
}

void checkLocalUnreservedPath(std::string_view text, const Path& path, Findings& findings) {
  checkLocalPath(text, path, findings);
  if (text.starts_with("..") && !text.starts_with("../") && text != "..") {
    findings.invalid(path, text, "must not start with '..'");
  }
}

Volumes checkVolumes(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  Volumes right;
  auto volumes = spec.getVolumes();
  for (uint32_t i = 0; i < volumes.size(); ++i) {
    auto volume = volumes[i];
    const Path at = path[i];
    size_t before = findings.causes().size();
    checkSource(volume, at, findings);
    std::string_view name = view(volume.getName());
    if (name.empty()) {
      findings.required(at / "name");
    } else {
      checkDnsLabel(name, at / "name", findings);
    }
    if (right.contains(name)) findings.duplicate(at / "name", name);
    if (findings.causes().size() == before) right.emplace(name, volume);
  }
  return right;
}

}  // namespace cleat::kinds
