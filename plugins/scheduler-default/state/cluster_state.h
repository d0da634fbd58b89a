// What the scheduler knows of the cluster: the nodes, the pods on them (bound, or about to be), the pods that room is
// being made for, namespaces, storage and devices. The journal says what changed, so that nobody has to look at all.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "devices/device_state.h"
#include "state/journal.h"
#include "state/node_table.h"
#include "state/pod_services.h"
#include "state/volume_state.h"

namespace cleat::scheduling {

using core_v1::Namespace;

// Where the pods of one class are: how many on each node, and how many of these are being deleted.
struct ClassPlaces {
  struct Here {
    int32_t pods = 0, leaving = 0;
  };
  ClassRef podClass;
  std::unordered_map<NodeIndex, Here> nodes;  // no zeros
};

class ClusterState {
 public:
  using PlacesByClass = std::unordered_map<uint64_t, ClassPlaces>;

  // Return the node's number. Whether the node is another one to pods, by its labels or taints, is in the journal.
  NodeIndex setNode(const Object<Node>& node);
  void removeNode(std::string_view name);

  // A pod with its node; called again when it changed. Finished pods hold nothing.
  void setPod(const Object<Pod>& pod, std::string_view node);
  void removePod(std::string_view uid);
  // Whether a placed pod is about to be deleted to make room.
  void setEvicted(std::string_view uid, bool evicted);
  const PlacedPod* placed(std::string_view uid) const;
  size_t pods() const { return placed_.size(); }

  // Pods of the group ("namespace/name") are disrupted together or not at all.
  void setTogether(const std::string& group, bool together);
  bool anyTogether() const { return !together_.empty(); }
  // The placed pods that go when this one does, itself included.
  std::vector<const PlacedPod*> goTogether(const PlacedPod& pod) const;

  // A pod that waits for room on a node; one nomination a pod.
  void nominate(const Object<Pod>& pod, std::string_view node);
  void withdrawNomination(std::string_view uid);
  const Nomination* nomination(std::string_view uid) const;
  bool hasNominations() const { return !nominations_.empty(); }

  // A class of devices: pods may get extended resources from them.
  void setDeviceClass(const Object<DeviceClass>& deviceClass);
  void removeDeviceClass(const std::string& name);
  // Before nodes are judged for pods of the class.
  void prepareFor(const PodClass& podClass);
  // Whether devices have a part in where such pods go.
  bool wantsDevices(const PodClass& podClass) const;

  void setNamespace(const Object<Namespace>& ns);
  void removeNamespace(std::string_view name);
  TextMapReader namespaceLabels(std::string_view ns) const;
  // Grows with every change of a namespace's labels.
  uint64_t namespacesVersion() const { return namespacesVersion_; }

  NodeTable& nodes() { return nodes_; }
  const NodeTable& nodes() const { return nodes_; }
  PodClasses& classes() { return classes_; }
  const PodClasses& classes() const { return classes_; }
  const Journal& journal() const { return journal_; }
  VolumeState& volumes() { return volumes_; }
  const VolumeState& volumes() const { return volumes_; }
  PodServices& services() { return services_; }
  const PodServices& services() const { return services_; }
  DeviceState& devices() { return devices_; }
  const DeviceState& devices() const { return devices_; }

  const TextTable<PlacesByClass>& placesByNamespace() const { return places_; }
  const std::unordered_set<const ClassPlaces*>& placesWithTerms() const { return withTerms_; }
  // How many placed pods use a claim.
  int claimUsers(const std::string& key) const;

 private:
  void apply(const PlacedPod& placed, int sign);
  void count(const PlacedPod& placed, int sign);
  void readDeviceResources();
  void note(NodeIndex node, JournalEntry::What what) { journal_.add({node, what, 0, false, nullptr}); }

  PodClasses classes_;
  NodeTable nodes_;
  Journal journal_;
  TextTable<PlacedPod> placed_;  // by uid
  TextTable<Nomination> nominations_;
  TextTable<PlacesByClass> places_;  // no empty ones
  std::unordered_set<const ClassPlaces*> withTerms_;
  TextTable<int> claimUsers_;
  TextTable<std::vector<const PlacedPod*>> groups_;  // of placed pods, by their group; no empty ones
  std::set<std::string, std::less<>> together_;
  TextTable<Object<Namespace>> namespaces_;
  uint64_t namespacesVersion_ = 0;
  VolumeState volumes_;
  PodServices services_;
  DeviceState devices_;
  size_t resourcesRead_ = 0;  // of those with a number: whether devices provide them
};

}  // namespace cleat::scheduling
