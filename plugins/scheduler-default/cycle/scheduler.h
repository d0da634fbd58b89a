// The decisions, without anything that reads or writes the cluster: where a pod goes, or why it goes nowhere and who
// would have to go for it.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cycle/class_view.h"
#include "preemption/preemption.h"
#include "preemption/room_offer.h"

namespace cleat::scheduling {

// Why a pod goes nowhere.
struct Refusal {
  std::string message;    // as Kubernetes' events say it
  JudgeSet judges = 0;    // who rejected a node
  std::string nominated;  // where room is being made
  std::vector<Object<Pod>> victims;
  bool givesUpNomination = false;    // nowhere is any room to be made any more
  std::string deallocates;           // the key of a claim whose devices are better given back
  std::vector<std::string> outdone;  // uids of pods that lost their nomination to it
  std::vector<RoomOffer> offers;     // what room could be made: `makeRoom` goes on from here
  std::string aside;                 // what the message says besides, where no room is made
};

// Whether room is made as soon as it is known where, or somebody has to agree first.
enum class MakesRoom : uint8_t { atOnce, whenAgreed };

struct Decision {
  std::string node;  // empty: refused
  Refusal refusal;
};

class Scheduler {
 public:
  explicit Scheduler(std::vector<Profile> profiles = {Profile()}) : profiles_(std::move(profiles)) {}

  ClusterState& state() { return state_; }
  Budgets& budgets() { return budgets_; }
  // A resource that profiles leave to others to judge: those named, or all.
  void ignore(const std::string& resource, const std::vector<std::string>& profiles);
  const std::vector<Profile>& profiles() const { return profiles_; }
  // Null for a name that is not its own.
  const Profile* profileOf(std::string_view schedulerName) const;

  // Notes nothing of a placement: that is the caller's to do, by `state().setPod`. A nomination is noted.
  Decision decide(const Object<Pod>& pod, const ClassRef& podClass, MakesRoom room = MakesRoom::atOnce);
  // Chooses among what is left of a refusal's offers, or ends it with what was said instead.
  void makeRoom(const Object<Pod>& pod, const ClassRef& podClass, const Result<std::vector<RoomOffer>>& agreed,
                Refusal& refusal);
  // What is known of the nodes for a class, up to date.
  ClassView& viewOf(const ClassRef& podClass);

 private:
  struct Known {
    std::unique_ptr<ClassView> view;
    std::unique_ptr<Preemption> preemption;  // once it was needed
    std::list<uint64_t>::iterator use;
    bool refused = false;  // at `mark`, with `refusal`
    ClassView::Mark mark;
    Refusal refusal;
  };
  Known& knownOf(const ClassRef& podClass);
  // What refusing a pod depends on besides its class.
  struct Attempt {
    const Object<Pod>& pod;
    std::string nominatedBefore;
    MakesRoom room = MakesRoom::atOnce;
    bool sharable = false;  // what is said of it holds for equal pods
  };
  // Says why each node is none for the class. Returns those where less important pods may make room.
  std::vector<NodeIndex> explain(ClassView& view, Refusal& refusal) const;
  Refusal refuse(Known& known, Attempt& attempt);
  std::string preempt(Known& known, const Attempt& attempt, const std::vector<NodeIndex>& nodes, Refusal& refusal);
  // Who has to go for the pod goes; returns how that is said.
  std::string take(const Object<Pod>& pod, int32_t priority, const PreemptionCandidate& chosen, Refusal& refusal);
  // What DynamicResources says when nothing else helps; empty: nothing.
  std::string tryDeallocation(const ClassView& view, const Object<Pod>& pod, Refusal& refusal) const;
  bool waitsForVictims(ClassView& view, const std::string& node) const;

  std::vector<Profile> profiles_;
  ClusterState state_;
  Budgets budgets_;
  std::unordered_map<uint64_t, Known> views_;
  std::list<uint64_t> uses_;  // the latest first
  NodeIndex last_ = 0;        // where the last pod went, so that equals take turns
  size_t offset_ = 0;
};

}  // namespace cleat::scheduling
