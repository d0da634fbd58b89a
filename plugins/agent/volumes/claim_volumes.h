// Finds out what a pod's claims are on this node: the volume that each is bound to, and where that is. A node reads
// only what its pods refer to, one by one. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

#include <map>
#include <optional>
#include <string>

#include "node/own_node.h"
#include "volumes/volume_drivers.h"

namespace cleat::agent {

// A volume that lasts, as one of a pod's volumes has it.
struct LastingVolume {
  std::string name;  // of the PersistentVolume
  std::string path;  // on this node
  bool isLocal = false;
  // Of the class local-path: the folder below the root, which is made where it is not there. Empty: none of these.
  std::string folder;
  std::string hostPathType;
  bool block = false;                  // the device itself is wanted
  std::optional<DriverVolume> driver;  // that mounts it; then there is no path yet
  bool operator==(const LastingVolume&) const = default;
};

class ClaimVolumes {
 public:
  ClaimVolumes(Context& context, OwnNode& self) : client_(context), self_(self) {}

  // Where volumes of the class local-path are on this node.
  void setRoot(std::string root) { root_ = std::move(root); }
  const std::string& root() const { return root_; }

  // Of a volume that refers to a claim, or has one made for it. The error is what the pod's event says.
  Task<Result<LastingVolume>> find(Object<core_v1::Pod> pod, std::string volume);
  // The pod uses nothing any more.
  void release(const std::string& podUid);

 private:
  using Claim = Object<core_v1::PersistentVolumeClaim>;
  using Volume = Object<core_v1::PersistentVolume>;
  Task<Result<Claim>> findClaim(Object<core_v1::Pod> pod, core_v1::Volume::Reader volume, std::string claim);
  Task<Result<Volume>> findVolume(Claim claim);
  Task<Result<void>> checkReach(Volume volume);
  Result<void> take(const Claim& claim, std::string_view podUid);
  Result<LastingVolume> placeOf(const Volume& volume) const;

  Client client_;
  OwnNode& self_;
  std::string root_;
  std::map<std::string, std::string> exclusive_;  // by claims that are for one pod: whose they are
};

// The claim that the volume refers to, or that is made for it; empty: it has none.
std::string claimNameOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume);

}  // namespace cleat::agent
