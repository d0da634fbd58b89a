// What is to be attached to a node, what is to be detached from it, and what is to be said of both, by the pods that
// are bound to it and what they refer to. Pure: the controller does it.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::attach_detach {

using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;
using storage_v1::CSIDriver;
using storage_v1::VolumeAttachment;

// How long a node that is not ready may say that it uses a volume before the volume is taken from it all the same.
inline constexpr Duration kLongestUnmount = std::chrono::minutes(6);
// How long a driver may take before it is said that it has not attached a volume.
inline constexpr Duration kAttachLimit = std::chrono::minutes(2);

// What the plan looks up. Objects that are not there refer to nothing.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual Object<Node> node(std::string_view name) const = 0;
  // Those bound to the node that may have volumes to attach.
  virtual std::vector<Object<Pod>> podsOn(std::string_view node) const = 0;
  virtual std::vector<Object<Pod>> podsWith(std::string_view ns, std::string_view claim) const = 0;
  virtual Object<PersistentVolumeClaim> claim(std::string_view ns, std::string_view name) const = 0;
  virtual Object<PersistentVolume> volume(std::string_view name) const = 0;
  virtual Object<CSIDriver> driver(std::string_view name) const = 0;
  virtual std::vector<Object<VolumeAttachment>> attachmentsOn(std::string_view node) const = 0;
  virtual std::vector<Object<VolumeAttachment>> attachmentsOf(std::string_view volume) const = 0;
};

// A volume that pods on the node want attached there.
struct Wanted {
  std::string attachment;  // its name
  std::string driver, handle;
  Object<PersistentVolume> volume;
  std::vector<Object<Pod>> pods;
};

// What is known of a node's attachment from earlier looks. The controller keeps it.
struct Watched {
  Instant waitingSince{};                // it is wanted, and not attached
  std::optional<Instant> unwantedSince;  // no pod on its node wants it
  std::string toldError;                 // the failure that pods were told of last
  bool isWaiting = false;                // so that whoever waits is told when it is attached
  bool toldElsewhere = false;            // pods know that it is attached to another node
};
// Those of one node, by their names.
using WatchedAttachments = std::map<std::string, Watched, std::less<>>;

// An event, about each of the pods.
struct Note {
  std::vector<Object<Pod>> pods;
  bool isWarning = false;
  std::string reason, message;
};

struct NodePlan {
  std::vector<Wanted> attach;
  std::vector<Object<VolumeAttachment>> detach;
  // What is attached, by the unique names that the node's status has, in their order.
  std::vector<std::string> attached;
  std::vector<Note> notes;
  Duration lookAgain{};  // zero: only when something changes
};

// `watched` is the node's own, and brought up to date.
NodePlan planNode(std::string_view node, const Surroundings& around, WatchedAttachments& watched, Instant now);

}  // namespace cleat::attach_detach
