#include "state/volume_state.h"

#include "volume-common/volume_match.h"

namespace cleat::scheduling {

void KnownAttachments::set(const Object<VolumeAttachment>& attachment) {
  const std::string name = str(attachment.name());
  const std::string node = str(attachment->getSpec().getNodeName());
  erase(name);
  nodes_[name] = node;
  byNode_[node][name] = attachment;
}

void KnownAttachments::erase(const std::string& name) {
  auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  auto there = byNode_.find(found->second);
  there->second.erase(name);
  if (there->second.empty()) byNode_.erase(there);
  nodes_.erase(found);
}

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
