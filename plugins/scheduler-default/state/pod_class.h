// Pods that are the same to a scheduler: what they ask for of nodes and of other pods, and what others look at in them.
// Replicas of one template are of one class, so what is worked out for one of them holds for all.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/pod_request.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "state/node_features.h"
#include "state/pod_terms.h"
#include "state/resources.h"

namespace cleat::scheduling {

// A disk of the old kinds, which may not be used twice on one node.
struct DirectDisk {
  std::string identity;
  bool readOnly = false;
  bool shareable = false;  // while all who use it only read
  bool operator==(const DirectDisk&) const = default;
};

struct ClaimUse {
  std::string name;        // in the pod's namespace
  bool ephemeral = false;  // made for this pod alone
};

struct PodClass {
  uint64_t id = 0;
  Object<Pod> sample;  // any pod of the class
  std::string ns;
  std::string owner;  // the uid of its controller, or nothing
  int32_t priority = 0;
  bool preempts = true;
  Amounts requests;
  int64_t scoredCpu = 0, scoredMemory = 0;  // with what containers without requests are taken to need
  std::vector<HostPort> ports;
  std::shared_ptr<const PodTerms> terms;  // null for none
  std::vector<SpreadConstraint> spread;
  bool spreadByDefault = false;  // the constraints are not the pod's own
  std::vector<uint32_t> images;  // one for each container
  std::vector<ClaimUse> claims;
  std::vector<DirectDisk> disks;
  bool wantsDevices = false;  // it claims some
  bool selectsNodes = false;  // by labels or names
  NodeFeatures features = 0;  // that a node has to declare

  core_v1::PodSpec::Reader spec() const { return sample->getSpec(); }
  bool hasVolumes() const { return !claims.empty() || !disks.empty(); }
};
using ClassRef = std::shared_ptr<const PodClass>;

// Finds the class of a pod. A class lives as long as somebody refers to it.
class PodClasses {
 public:
  ClassRef of(const Object<Pod>& pod);
  // Somebody else has a say in the pods of that scheduler name, and may see a difference where the scheduler sees none.
  void tellApart(const std::string& schedulerName) { toldApart_.insert(schedulerName); }
  ResourceNames& resources() { return resources_; }
  const ResourceNames& resources() const { return resources_; }
  Interner& images() { return images_; }
  size_t size() const { return classes_.size(); }

 private:
  std::shared_ptr<PodClass> read(const Object<Pod>& pod);
  void sweep();

  ResourceNames resources_;
  Interner images_;
  TextTable<std::weak_ptr<const PodClass>> classes_;
  std::set<std::string, std::less<>> toldApart_;
  size_t sweepAt_ = 1024;
  uint64_t nextId_ = 1;
};

// "nginx" is "nginx:latest".
std::string imageName(std::string_view image);

}  // namespace cleat::scheduling
