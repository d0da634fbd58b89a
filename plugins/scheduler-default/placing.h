// The scheduler at work: takes in what happens, decides about one pod after the other, and has the decisions written.
// Deciding is done at once, on what is known; only writing waits. A pod counts as placed from when that was decided.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/plugin.h>

#include <map>
#include <memory>

#include "attempts.h"
#include "extensions/extension_set.h"
#include "groups/pod_groups.h"
#include "queue/intake.h"
#include "writes/binder.h"
#include "writes/claim_binder.h"
#include "writes/device_binder.h"
#include "writes/evictions.h"
#include "writes/group_status.h"
#include "writes/refusals.h"

namespace cleat::scheduling {

class Placing : public Plugin {
 public:
  explicit Placing(Context& context) : Plugin(context) {}
  Task<Result<void>> start() override;
  void stop() override {
    if (extensions_) extensions_->stop();
  }

 private:
  void watchPods();
  void watchOthers();
  template <class K, class Known>
  void watchStorage(Informer<K>& informer, Known& known);
  void watchDevices();
  void run();
  void place(QueuedPod& queued);
  void carryOut(QueuedPod& queued, const Decision& decision);
  // What was decided about a pod: it counts as on the node, and what its claims get is nobody else's.
  void grant(const Object<Pod>& pod, const ClassRef& podClass, const std::string& node);
  void carryOut(const Object<Pod>& pod, const ClassRef& podClass, const std::string& node);

  // Pods that are placed together or not at all (placing_groups.cpp).
  Task<Result<void>> watchGroups();
  bool waitsForGroup(const Object<Pod>& pod);
  void groupNews(const std::string& key);
  void retryGangs();
  void sayKept();
  bool isOfGang(const Object<Pod>& pod) const;
  std::vector<QueuedPod*> takeGang(QueuedPod& first);
  struct Attempt;
  void placeGang(const std::vector<QueuedPod*>& pods);
  void tryGang(Attempt& attempt);
  void undo(const Object<Pod>& pod);
  void refuseGang(Attempt& attempt);

  // Pods that extensions have a say in: those that are next are asked about together, decided about when everybody has
  // answered, and bound when nobody minds.
  void gather(QueuedPod& first);
  Task<void> consult(std::vector<std::string> uids);
  Task<void> placeAll(std::vector<std::string> uids);
  // Where others have a say in which room is made for the pod, they have said it when this ends.
  Task<void> placeAgreed(std::string uid);
  QueuedPod* waiting(std::string_view uid);  // null: it does not wait to be placed
  bool takeVerdict(QueuedPod& queued);
  void bind(const Object<Pod>& pod, const std::string& node, std::vector<ClaimChoice> choices);
  // It will be bound there, but something has to be done or waited for first: its status says so meanwhile, so that
  // nobody takes the node for one that is not needed.
  void expect(const Object<Pod>& pod, const std::string& node);
  // What was chosen for a pod's claims while it waited; nobody keeps it any more.
  std::vector<ClaimChoice> takeChoices(std::string_view uid);
  // It is free for others again.
  void dropChoices(std::string_view uid);
  // What was decided about the devices of a pod: kept from others while it is written, and taken back where nothing
  // comes of it.
  void promiseDevices(const ClassRef& podClass, const Object<Pod>& pod, const std::string& node);
  void bindDevices(const Object<Pod>& pod, const std::string& node);
  void writingEnded(std::string_view uid);
  void devicesReady(const Object<Pod>& pod, const std::string& node, std::vector<std::string> claims);
  void dropDevices(std::string_view uid);
  Task<void> releaseAndFail(Object<Pod> pod, std::vector<std::string> claims);
  Task<void> reserve(const Profile& profile, std::vector<ExtensionPlacement> placements);
  Task<void> prepare(const Profile& profile, ExtensionPlacement placement);
  Task<void> bindElsewhere(ExtensionPlacement placement, Extension& binder);
  void takeBack(const Object<Pod>& pod, const std::string& why);
  // `nominated`: as Refusals takes it.
  void postpone(QueuedPod& queued, const std::string& why, const std::optional<std::string>& nominated = std::nullopt);
  void ended(const Object<Pod>& pod, bool bound);
  // Pods of the class found no node because of what extensions say.
  void askAgainAbout(const PodClass& podClass);
  void retryRefusedByExtensions();
  const Profile& profileOf(const PodClass& podClass) const;
  void refuse(QueuedPod& queued, const Refusal& refusal);
  std::vector<ClaimChoice> choicesFor(const PodClass& podClass, const std::string& node) const;
  Binder::Outcomes outcomes();
  ClaimBinder::Outcomes claimOutcomes();
  DeviceBinder::Outcomes deviceOutcomes();
  void bindingFailed(const Object<Pod>& pod);
  void evictionFailed(const std::string& victim, const std::string& preemptor);

  // Of pods that are placed together; nothing where that is not switched on.
  std::unique_ptr<Informer<PodGroup>> podGroups_;
  PodGroups groups_;
  GroupStatus groupStatus_{context()};
  Timer kept_;

  // Set once, in `start`.
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<ExtensionSet> extensions_;
  size_t mostBindings_ = 0;
  bool synced_ = false;

  bool consulting_ = false;
  std::map<uint64_t, ExtensionSet::Answer> answers_;  // by class, while pods are decided about
  std::vector<ExtensionPlacement> decided_;           // of those
  TextTable<std::vector<ClaimChoice>> chosen_;        // for the claims of pods that are under way, by uid
  struct Granted {
    std::vector<DeviceGrant> grants;
    bool writing = false;  // what is on its way to be written is not given to others before that has ended
  };
  TextTable<Granted> granted_;                    // devices of pods that are under way, by uid, until written
  TextTable<std::vector<std::string>> reserved_;  // claims that were written for pods that are being bound, by uid
  size_t underWay_ = 0;                           // decided about, and not yet with the binder
  struct Held {
    const Profile* profile = nullptr;
    ExtensionPlacement placement;
  };
  TextTable<Held> held_;  // by uid: who has to be told of what becomes of the pod
  Timer retry_;
  Instant retryDue_{};  // while it is pending

  SchedulingQueue queue_;
  Attempts attempts_{context(), queue_};
  Informer<Node> nodes_{context()};
  Informer<Namespace> namespaces_{context()};
  Informer<core_v1::Service> services_{context()};
  Informer<Pod> pods_{context()};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<StorageClass> storageClasses_{context()};
  Informer<CSINode> csiNodes_{context()};
  Informer<CSIDriver> csiDrivers_{context()};
  Informer<VolumeAttachment> attachments_{context()};
  Informer<CSIStorageCapacity> capacities_{context()};
  Informer<PodDisruptionBudget> budgets_{context()};
  Informer<ResourceClaim> deviceClaims_{context()};
  Informer<ResourceSlice> slices_{context()};
  Informer<DeviceClass> deviceClasses_{context()};
  Informer<DeviceTaintRule> taintRules_{context()};
  Binder binder_{context(), outcomes()};
  ClaimBinder claimBinder_{context(), claimOutcomes()};
  DeviceBinder deviceBinder_{context(), deviceClaims_, deviceOutcomes()};
  Refusals refusals_{context(), pods_};
  Evictions evictions_{context(), pods_, [this](const std::string& victim, const std::string& preemptor) {
                         evictionFailed(victim, preemptor);
                       }};
  Timer due_;
  Waker waker_{context(), [this] { run(); }};
};

}  // namespace cleat::scheduling
