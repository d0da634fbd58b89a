#include "state/volume_state.h"

#include "volume-common/volume_match.h"

namespace cleat::scheduling {

const std::vector<Object<PersistentVolume>>& VolumeState::volumesOfClass(const std::string& name) const {
  if (byClassVersion_ != version) byClass_.clear();
  byClassVersion_ = version;
  auto [at, added] = byClass_.try_emplace(name);
  if (!added) return at->second;
  volumes.forEach([&](const Object<PersistentVolume>& volume) {
    const bool isFree = !volume->getSpec().hasClaimRef() || view(volume->getStatus().getPhase()) == "Available";
    if (isFree && volumes::classOf(volume) == name) at->second.push_back(volume);
  });
  return at->second;
}

}  // namespace cleat::scheduling
