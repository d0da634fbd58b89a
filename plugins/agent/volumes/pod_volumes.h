// The volumes of one pod on this node: made before its containers, kept current while it runs, and taken away when it
// is gone. Level-triggered: `prepare` brings the files to what the pod and the objects it refers to say now, and costs
// nothing when that is what they are. Strand only; files are touched on the pool for blocking work.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pod/env.h"
#include "volumes/atomic_writer.h"
#include "volumes/claim_volumes.h"
#include "volumes/pod_certificates.h"
#include "volumes/pod_driver_volumes.h"
#include "volumes/token_cache.h"
#include "volumes/volume_content.h"

namespace cleat::agent {

// One volume as it is to be on the disk.
struct VolumeState {
  enum class Kind { emptyDir, content, hostPath, local, driver } kind = Kind::emptyDir;
  std::string name;
  std::string path;  // of the volume on this node
  bool inMemory = false;
  uint64_t sizeBytes = 0;
  VolumeFiles files;
  std::string hostPathType;
  // Of a local one: the folder that is made for it, below which other folder. Empty: it must be there.
  std::string folder, root;
  std::optional<uint32_t> group;
  bool groupOnMismatchOnly = false;
  bool operator==(const VolumeState&) const = default;
};

// Brings one volume to that state. Blocks.
Result<void> applyVolume(const VolumeState& volume, const std::string& stamp);

class PodVolumes {
 public:
  // `folder` is the pod's own below the agent's data directory.
  PodVolumes(Context& context, TokenCache& tokens, PodCertificates& certificates, ClaimVolumes& claims,
             DriverServices& drivers, std::string folder, std::function<bool()> isEnding)
      : context_(context), tokens_(tokens), certificates_(certificates), claims_(claims), folder_(std::move(folder)),
        byDriver_(drivers, folder_, std::move(isEnding)) {}

  Task<Result<void>> prepare(Object<core_v1::Pod> pod, ReferencedObjects objects, PodFacts facts);

  // Where a volume of the pod is on this node. An error for a claim's that was not prepared.
  Result<std::string> pathOf(core_v1::Volume::Reader volume) const;
  // Whether it is a device, which a container has as such.
  bool isDevice(std::string_view volume) const;
  // Whether drivers have mounted something that is to be looked at again from time to time.
  bool hasDrivers() const { return !byDriver_.empty(); }
  // Makes a subPath of it a mount of its own; gives where.
  Task<Result<std::string>> bind(core_v1::Volume::Reader volume, std::string subPath, std::string container,
                                 uint32_t index);

  // Unmounts and removes everything of the pod on this node.
  Task<Result<void>> remove();

 private:
  // What only the pod may have, for its volumes: asked for where it is not here yet.
  struct Secrets {
    std::map<std::string, std::string> tokens;
    std::map<std::pair<std::string, uint32_t>, PodCredential> credentials;
  };
  Task<Result<Secrets>> obtain(Object<core_v1::Pod> pod);
  std::string shownName(std::string_view volume) const;
  Task<Result<void>> findClaims(Object<core_v1::Pod> pod);
  Result<VolumeState> stateOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume,
                              const ContentSources& sources) const;

  Context& context_;
  TokenCache& tokens_;
  PodCertificates& certificates_;
  ClaimVolumes& claims_;
  std::string folder_;
  LastingVolumes lasting_;  // by volume: what its claim has turned out to be
  PodDriverVolumes byDriver_;
  std::map<std::string, size_t> applied_;  // by volume: a hash of the state that was brought about
};

}  // namespace cleat::agent
