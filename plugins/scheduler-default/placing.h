// The scheduler at work: takes in what happens, decides about one pod after the other, and has the decisions written.
// Deciding is done at once, on what is known; only writing waits. A pod counts as placed from when that was decided.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/plugin.h>

#include <memory>

#include "queue/intake.h"
#include "writes/binder.h"
#include "writes/claim_binder.h"
#include "writes/evictions.h"
#include "writes/refusals.h"

namespace cleat::scheduling {

class Placing : public Plugin {
 public:
  explicit Placing(Context& context) : Plugin(context) {}
  Task<Result<void>> start() override;

 private:
  void watchPods();
  void watchOthers();
  template <class K>
  void watchStorage(Informer<K>& informer, KnownObjects<K>& known);
  void run();
  void place(QueuedPod& queued);
  void refuse(QueuedPod& queued, const Refusal& refusal);
  std::vector<ClaimChoice> choicesFor(const PodClass& podClass, const std::string& node) const;
  Binder::Outcomes outcomes();
  ClaimBinder::Outcomes claimOutcomes();
  void bindingFailed(const Object<Pod>& pod);
  void evictionFailed(const std::string& victim, const std::string& preemptor);

  // Set once, in `start`.
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Intake> intake_;
  size_t mostBindings_ = 0;
  bool synced_ = false;

  SchedulingQueue queue_;
  Informer<Node> nodes_{context()};
  Informer<Namespace> namespaces_{context()};
  Informer<Pod> pods_{context()};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<StorageClass> storageClasses_{context()};
  Informer<CSINode> csiNodes_{context()};
  Informer<PodDisruptionBudget> budgets_{context()};
  Binder binder_{context(), outcomes()};
  ClaimBinder claimBinder_{context(), claimOutcomes()};
  Refusals refusals_{context(), pods_};
  Evictions evictions_{context(), pods_, [this](const std::string& victim, const std::string& preemptor) {
                         evictionFailed(victim, preemptor);
                       }};
  Timer due_;
  Waker waker_{context(), [this] { run(); }};
};

}  // namespace cleat::scheduling
