// The nodes as pods of one class see them: which are for them, why the others are not, and how good they are. Kept from
// pod to pod; before each use it reads in the journal what has changed since and works out only that anew.
#pragma once

#include <memory>
#include <vector>

#include "cycle/extension_verdict.h"
#include "filters/device_fit.h"
#include "filters/neighbours.h"
#include "filters/room.h"
#include "filters/volume_filters.h"
#include "scores/node_scores.h"
#include "scores/relative_scores.h"

namespace cleat::scheduling {

class ClassView {
 public:
  ClassView(ClassRef podClass, ClusterState& state, const Profile& profile);

  const PodClass& podClass() const { return *class_; }
  const ClassRef& classRef() const { return class_; }
  const Profile& profile() const { return profile_; }

  // Before anything is asked after a change of the state.
  void catchUp();
  // Up to which point of the journal, and of what is not in it, it has caught up: equal for an equal state.
  struct Mark {
    uint64_t journal = 0, namespaces = 0, services = 0, volumes = 0, devices = 0, verdict = 0;
    bool operator==(const Mark&) const = default;
  };
  Mark mark() const { return mark_; }

  // What extensions say from now on; null: nobody is asked, or what was said is of no use any more.
  void setVerdict(std::shared_ptr<ExtensionVerdict> verdict);
  const ExtensionVerdict* verdict() const { return verdict_.get(); }
  // The nodes that nothing that stays speaks against, as a bitmap: bit n%8 of byte n/8. None where no node is for the
  // class.
  std::vector<uint8_t> candidates() const;
  // One of its pods has been given to the node.
  void took(NodeIndex node) {
    if (!verdict_) return;
    verdict_->take(node);
    sumUp(node);
  }

  // What keeps the class from every node, whichever it is.
  const std::optional<VolumeObstacle>& obstacle() const { return obstacle_; }
  // Null for pods that claim no devices, or where nobody judges that.
  const DeviceFit* devices() const { return devices_.get(); }
  // The first reason against the node; nothing for one that fits. Nominated pods count.
  MaybeWhy whyNot(NodeIndex node);
  // The nodes that fit, with their scores.
  Options options();
  // The best of them; of equals the first behind `last`, or the first of all. kNoNode: none fits.
  NodeIndex best(NodeIndex last);

  // Whether a node may be right or wrong for what is on another one.
  bool dependsOnOthers() const { return neighbours_.required() || class_->hasVolumes(); }

  // For trying what would be without some pods: takes them away from what their neighbours count, or brings them back.
  void imagine(const PlacedPod& pod, int64_t sign) { neighbours_.apply(*pod.podClass, pod.node, pod.leaving, sign); }
  // The first reason against a node when what is left of it is `room`, and pods that are imagined away are `without`.
  MaybeWhy whyNotWith(NodeIndex node, const Room& room, const std::vector<const PlacedPod*>& without);

 private:
  enum Fits : uint8_t { kNo, kYes };
  void lookAtClasses();  // whether devices have a part in it
  void rebuild();
  void resize();
  void readJournal(uint64_t from);
  void lookAtNode(NodeIndex node);  // what it is
  void lookAtRoom(NodeIndex node);  // what is left of it
  void readImages();
  MaybeWhy whyNotNeighbours(NodeIndex node);
  bool rejectsAll() const;
  // Whether nothing but a node itself matters, so that there is nothing to compare.
  bool isSimple() const;
  bool fitsByItself(NodeIndex node) const { return fits_[node] == kYes; }
  // Puts together what is known of the node without looking at others.
  void sumUp(NodeIndex node);
  bool hasRoom(NodeIndex node);
  MaybeWhy whyNotLast(NodeIndex node);
  MaybeWhy whyNotFeatures(NodeIndex node) const;
  MaybeWhy whyNotDevices(NodeIndex node);
  void findObstacle();

  ClassRef class_;
  ClusterState& state_;
  const Profile& profile_;
  NodeScores scores_;
  Neighbours neighbours_;
  std::unique_ptr<DeviceFit> devices_;
  std::optional<VolumeObstacle> obstacle_;
  std::shared_ptr<ExtensionVerdict> verdict_;
  Mark mark_;
  bool begun_ = false;
  uint64_t imagesSeen_ = ~uint64_t(0);
  size_t presentSeen_ = 0;

  // By node.
  std::vector<uint8_t> itself_, room_, knowsWhy_;
  std::vector<uint8_t> fits_;                   // itself, its room, and for extensions
  std::vector<Why> whys_;                       // the first reason, where it is known
  std::vector<int64_t> base_;                   // what does not depend on other nodes, weighted
  std::vector<int64_t> sum_;                    // and what extensions say
  std::vector<int64_t> storage_;                // by the storage that is there for claims, weighted
  std::vector<int64_t> unwelcome_, preferred_;  // raw
  std::vector<int64_t> images_;                 // empty: none has any
  size_t unwelcomeNodes_ = 0;
  bool anyPreference_ = false;
};

}  // namespace cleat::scheduling
