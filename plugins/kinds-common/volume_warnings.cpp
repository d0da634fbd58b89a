// Volumes that are no more, and those in which one file is in another's way.
#include <cleat/sdk/meta.h>

#include <vector>

#include "kinds-common/pod_warnings.h"

namespace cleat::kinds {

namespace {

using core_v1::Volume;

struct OldVolume {
  bool (Volume::Reader::*has)() const;
  std::string_view field, message;
};
constexpr OldVolume kOldVolumes[] = {
    {&Volume::Reader::hasPhotonPersistentDisk, "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
    {&Volume::Reader::hasGitRepo, "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"},
    {&Volume::Reader::hasScaleIO, "scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
    {&Volume::Reader::hasFlocker, "flocker", "deprecated in v1.22, non-functional in v1.25+"},
    {&Volume::Reader::hasStorageos, "storageOS", "deprecated in v1.22, non-functional in v1.25+"},
    {&Volume::Reader::hasQuobyte, "quobyte", "deprecated in v1.22, non-functional in v1.25+"},
    {&Volume::Reader::hasGlusterfs, "glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
    {&Volume::Reader::hasCephfs, "cephfs", "deprecated in v1.28, non-functional in v1.31+"},
    {&Volume::Reader::hasRbd, "rbd", "deprecated in v1.28, non-functional in v1.31+"},
};

// A file of a volume, and what brings it.
struct File {
  std::string path, source;

  std::string text() const { return concat(quoted(path), source.empty() ? "" : concat(" (", source, ")")); }
};

// The volume's files so far.
class Files {
 public:
  Files(std::string_view volume, std::string_view kind, Findings& findings)
      : volume_(volume), kind_(kind), findings_(findings) {}

  template <class Items>
  void addItems(Items items, const std::string& source) {
    for (auto item : items) add(view(item.getPath()), source);
  }
  void add(std::string_view path, std::string source) {
    const size_t last = path.find_last_not_of('/');
    File file{std::string(path.substr(0, last == std::string_view::npos ? 0 : last + 1)), std::move(source)};
    for (const File& other : files_) {
      if (!overlap(file.path, other.path)) continue;
      findings_.warn(concat("volume ", quoted(volume_), " (", kind_, "): overlapping paths: ", file.text(), " with ",
                            other.text()));
    }
    files_.push_back(std::move(file));
  }

 private:
  static bool overlap(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return false;
    return (a + "/").starts_with(b + "/") || (b + "/").starts_with(a + "/");
  }

  std::string volume_, kind_;
  Findings& findings_;
  std::vector<File> files_;
};

std::string sourceNamed(std::string_view kind, std::string_view name) { return concat(kind, " ", quoted(name)); }

void addProjected(core_v1::VolumeProjection::Reader source, std::string_view volume, Files& files, Findings& findings) {
  if (source.hasConfigMap()) {
    files.addItems(source.getConfigMap().getItems(), sourceNamed("ConfigMap", view(source.getConfigMap().getName())));
  } else if (source.hasSecret()) {
    files.addItems(source.getSecret().getItems(), sourceNamed("Secret", view(source.getSecret().getName())));
  } else if (source.hasDownwardAPI()) {
    files.addItems(source.getDownwardAPI().getItems(), "DownwardAPI");
  } else if (source.hasServiceAccountToken()) {
    files.add(view(source.getServiceAccountToken().getPath()), "ServiceAccountToken");
  } else if (source.hasClusterTrustBundle()) {
    auto bundle = source.getClusterTrustBundle();
    files.add(view(bundle.getPath()),
              sourceNamed("ClusterTrustBundle", view(bundle.hasName() ? bundle.getName() : bundle.getSignerName())));
  } else if (source.hasPodCertificate()) {
    auto certificate = source.getPodCertificate();
    files.add(view(certificate.getCertificateChainPath()), "PodCertificate chain");
    files.add(view(certificate.getKeyPath()), "PodCertificate key");
    files.add(view(certificate.getCredentialBundlePath()), "PodCertificate credential bundle");
  } else {
    findings.warn(concat("volume ", quoted(volume), " (Projected) has no sources provided"));
  }
}

void warnOfOverlaps(Volume::Reader volume, Findings& findings) {
  const std::string_view name = view(volume.getName());
  if (volume.hasConfigMap()) {
    Files files(name, sourceNamed("ConfigMap", view(volume.getConfigMap().getName())), findings);
    files.addItems(volume.getConfigMap().getItems(), "");
  }
  if (volume.hasSecret()) {
    Files files(name, sourceNamed("Secret", view(volume.getSecret().getSecretName())), findings);
    files.addItems(volume.getSecret().getItems(), "");
  }
  if (volume.hasDownwardAPI()) {
    Files files(name, "DownwardAPI", findings);
    files.addItems(volume.getDownwardAPI().getItems(), "");
  }
  Files projected(name, "Projected", findings);
  for (auto source : volume.getProjected().getSources()) addProjected(source, name, projected, findings);
}

}  // namespace

void warnOfVolumes(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto volumes = spec.getVolumes();
  for (uint32_t i = 0; i < volumes.size(); ++i) {
    for (const OldVolume& old : kOldVolumes) {
      if (!(volumes[i].*old.has)()) continue;
      findings.warn(concat(((path / "volumes")[i] / old.field).text(), ": ", old.message));
    }
  }
  for (auto volume : volumes) warnOfOverlaps(volume, findings);
}

}  // namespace cleat::kinds
