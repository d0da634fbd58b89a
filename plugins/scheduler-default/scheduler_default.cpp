// Binds pods to nodes.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <unordered_map>

#include "cluster_state.h"
#include "filters.h"
#include "placement.h"
#include "waiting_pods.h"

using namespace cleat;
using namespace cleat::scheduling;

namespace {

class DefaultScheduler : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    name_ = config().string("scheduler_name");
    const std::string scoring = config().string("scoring");
    if (scoring != "spread" && scoring != "pack") {
      co_return fail(Status::badRequest("scoring: \"" + scoring + "\" is neither \"spread\" nor \"pack\""));
    }
    placer_ = Placer(scoring == "pack" ? Strategy::pack : Strategy::spread);
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) {
      if (now) {
        state_.setNode(now);
      } else {
        state_.removeNode(std::string(before.name()));
      }
      if (!now || !before || matters(before, now)) retryAll();
    });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { podChanged(before, now); });
    namespaces_.onChange(
        [this](const Object<Namespace>& before, const Object<Namespace>& now) { namespaceChanged(before, now); });
    controller_.watch(pods_, [this](const Object<Pod>& pod) { return waits(pod) ? pod.key() : std::string(); });
    co_await nodes_.waitSynced();
    co_await namespaces_.waitSynced();
    co_await pods_.waitSynced();
    controller_.run();
    co_return Result<void>();
  }

 private:
  bool waits(const Object<Pod>& pod) const {
    return pod->getSpec().getNodeName().size() == 0 && view(pod->getSpec().getSchedulerName()) == name_ &&
           !deletionPending(pod.meta()) && pod->getSpec().getSchedulingGates().size() == 0;
  }

  // Heartbeats do not make room.
  static bool matters(const Object<Node>& before, const Object<Node>& now) {
    return !(capnp::toAny(before->getSpec()) == capnp::toAny(now->getSpec())) ||
           !(capnp::toAny(before.meta().getLabels()) == capnp::toAny(now.meta().getLabels())) ||
           !(capnp::toAny(before->getStatus().getAllocatable()) == capnp::toAny(now->getStatus().getAllocatable())) ||
           readiness(before) != readiness(now);
  }

  void podChanged(const Object<Pod>& before, const Object<Pod>& now) {
    const Object<Pod>& pod = now ? now : before;
    const std::string uid = str(pod.uid());
    const bool held = state_.knowsPod(uid);
    if (!now) {
      state_.removePod(uid);
      unsure_.erase(uid);
      waiting_.erase(pod.key());
      if (held) retryAll();
      return;
    }
    if (now->getSpec().getNodeName().size() == 0) return;
    waiting_.erase(now.key());
    unsure_.erase(uid);
    state_.setPod(now, str(now->getSpec().getNodeName()));
    if (held && !state_.knowsPod(uid)) return retryAll();
    const bool wasBound = before && before->getSpec().getNodeName().size() > 0;
    for (const std::string& key : waiting_.helpedBy(wasBound ? before : Object<Pod>(), now, state_)) {
      controller_.enqueue(key);
    }
  }

  // Which pods a term means may depend on the labels of their namespace.
  void namespaceChanged(const Object<Namespace>& before, const Object<Namespace>& now) {
    const std::string name = str(now ? now.name() : before.name());
    if (now) {
      state_.setNamespace(now);
    } else {
      state_.removeNamespace(name);
    }
    if (now && before && capnp::toAny(before.meta().getLabels()) == capnp::toAny(now.meta().getLabels())) return;
    for (const std::string& key : waiting_.concernedBy(name)) controller_.enqueue(key);
  }

  // Something changed that may have made room.
  void retryAll() {
    for (const std::string& key : waiting_.all()) controller_.enqueue(key);
  }

  Task<Result<Reconciled>> schedule(std::string key) {
    Object<Pod> pod = pods_.get(key);
    if (!pod || !waits(pod)) co_return Reconciled();
    if (auto open = unsure_.find(str(pod.uid())); open != unsure_.end()) {
      const Unsure binding = open->second;
      co_return co_await settle(pod, binding.node, binding.why);
    }
    if (state_.knowsPod(std::string(pod.uid()))) co_return Reconciled();
    const Candidate candidate = candidateOf(pod);
    const Placement placement = placer_.place(candidate, state_);
    if (placement.node.empty()) {
      waiting_.add(candidate);
      co_return co_await refuse(pod, placement.explanation());
    }
    // Taken at once, so that the next pod sees it; the informer confirms it, or the failure takes it back.
    state_.setPod(pod, placement.node);
    waiting_.erase(key);
    co_return co_await bind(pod, placement.node);
  }

  Task<Result<Reconciled>> bind(Object<Pod> pod, std::string node) {
    Draft<core_v1::Binding> binding;
    binding.meta().setName(str(pod.name()));
    binding.meta().setNamespace(str(pod.ns()));
    binding.meta().setUid(str(pod.uid()));
    auto target = binding->initTarget();
    target.setKind("Node");
    target.setName(node);
    auto bound = co_await client_.createSubresource<Pod>(pod.ns(), pod.name(), "binding", std::move(binding));
    if (!bound) co_return co_await settle(pod, std::move(node), bound.error());
    events_.normal(pod, "Scheduled", concat("Successfully assigned ", pod.key(), " to ", node));
    co_return Reconciled();
  }

  // A binding without a good answer may have been made all the same, or another's before it. What it was to take stays
  // taken until the pod itself has said where it is.
  Task<Result<Reconciled>> settle(Object<Pod> pod, std::string node, Status why) {
    const std::string uid = str(pod.uid());
    auto live = co_await client_.get<Pod>(pod.ns(), pod.name());
    if (!live && !live.error().is(404)) {
      unsure_[uid] = {std::move(node), why};
      co_return fail(live.error());
    }
    unsure_.erase(uid);
    // It may have gone while this was asked, and nothing would take away then what is noted of it now.
    const Object<Pod> seen = pods_.get(pod.key());
    const bool gone = !live || live->uid() != pod.uid() || !seen || seen.uid() != pod.uid();
    if (!gone && (*live)->getSpec().getNodeName().size() > 0) {
      const std::string on = str((*live)->getSpec().getNodeName());
      state_.setPod(*live, on);
      if (on == node) events_.normal(pod, "Scheduled", concat("Successfully assigned ", pod.key(), " to ", node));
      if (on != node) retryAll();
      co_return Reconciled();
    }
    state_.removePod(uid);
    retryAll();
    if (gone) co_return Reconciled();
    events_.warning(pod, "FailedScheduling", concat("binding rejected: ", why.message));
    co_return fail(why);
  }

  Task<Result<Reconciled>> refuse(Object<Pod> pod, std::string message) {
    auto condition = findCondition(pod->getStatus().getConditions(), "PodScheduled");
    if (condition && view(condition->getMessage()) == message) co_return Reconciled();
    events_.warning(pod, "FailedScheduling", message);
    Draft<Pod> draft(pod);
    ConditionUpdate update{"PodScheduled", "False", "Unschedulable", message, formatTime(context().wallNow())};
    setCondition<core_v1::PodCondition>(draft->getStatus(), update);
    auto updated = co_await client_.updateStatus<Pod>(std::move(draft));
    if (!updated && !updated.error().is(404) && !updated.error().is(409)) co_return fail(updated.error());
    co_return Reconciled();
  }

  // A binding that was sent and of which it is not known whether it was made.
  struct Unsure {
    std::string node;
    Status why;
  };

  std::string name_;
  ClusterState state_;
  std::unordered_map<std::string, Unsure> unsure_;  // by the pod's uid
  Placer placer_;
  WaitingPods waiting_;
  Client client_{context()};
  EventRecorder events_{context(), "default-scheduler"};
  Informer<Node> nodes_{context()};
  Informer<Namespace> namespaces_{context()};
  Informer<Pod> pods_{context()};
  // Many bindings may be under way: a choice is noted before its binding is sent, so each pod sees the ones before.
  ControllerOptions options_{.workers = 16};
  Controller controller_{context(), "scheduler", [this](std::string key) { return schedule(std::move(key)); },
                         options_};
};

}  // namespace

CLEAT_PLUGIN(DefaultScheduler, .name = "scheduler-default", .version = "0.1.0", .maturity = "beta",
             .roles = "scheduler",
             .grants =
                 "- namespaces,nodes,pods get,list,watch\n- pods/binding create\n- pods/status update\n"
                 "- events create,patch,update\n",
             .configSchema =
                 "scheduler_name string default-scheduler # pods with this spec.schedulerName are its own\n"
                 "scoring string spread # spread or pack\n");
