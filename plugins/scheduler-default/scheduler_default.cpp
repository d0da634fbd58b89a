// Binds pods to nodes.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <map>
#include <set>

#include "cluster_state.h"
#include "filters.h"
#include "scores.h"

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
    strategy_ = scoring == "pack" ? Strategy::pack : Strategy::spread;
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) {
      if (now) {
        state_.setNode(now);
      } else {
        state_.removeNode(std::string(before.name()));
      }
      if (!now || !before || matters(before, now)) retryAll();
    });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { podChanged(before, now); });
    controller_.watch(pods_, [this](const Object<Pod>& pod) { return waits(pod) ? pod.key() : std::string(); });
    co_await nodes_.waitSynced();
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
      unschedulable_.erase(pod.key());
      if (held) retryAll();
      return;
    }
    if (now->getSpec().getNodeName().size() == 0) return;
    unschedulable_.erase(now.key());
    state_.setPod(now, str(now->getSpec().getNodeName()));
    if (held && !state_.knowsPod(uid)) retryAll();
  }

  // Something changed that may have made room.
  void retryAll() {
    for (const std::string& key : unschedulable_) controller_.enqueue(key);
  }

  Task<Result<Reconciled>> schedule(std::string key) {
    Object<Pod> pod = pods_.get(key);
    if (!pod || !waits(pod) || state_.knowsPod(std::string(pod.uid()))) co_return Reconciled();
    std::map<std::string, int> reasons;
    const std::string node = choose(pod, reasons);
    if (node.empty()) co_return co_await refuse(pod, std::move(reasons));
    // Taken at once, so that the next pod sees it; the informer confirms it or the failure takes it back.
    state_.setPod(pod, node);
    unschedulable_.erase(key);
    Draft<core_v1::Binding> binding;
    binding.meta().setName(str(pod.name()));
    binding.meta().setNamespace(str(pod.ns()));
    binding.meta().setUid(str(pod.uid()));
    auto target = binding->initTarget();
    target.setKind("Node");
    target.setName(node);
    auto bound = co_await client_.createSubresource<Pod>(pod.ns(), pod.name(), "binding", std::move(binding));
    if (!bound) {
      state_.removePod(std::string(pod.uid()));
      retryAll();
      if (bound.error().is(404)) co_return Reconciled();
      events_.warning(pod, "FailedScheduling", concat("binding rejected: ", bound.error().message));
      co_return fail(bound.error());
    }
    events_.normal(pod, "Scheduled", concat("Successfully assigned ", pod.key(), " to ", node));
    co_return Reconciled();
  }

  // The best node; among equals they take turns. Empty if none fits: `reasons` counts why.
  std::string choose(const Object<Pod>& pod, std::map<std::string, int>& reasons) {
    const Candidate candidate = candidateOf(pod);
    std::vector<const std::string*> best;
    int64_t bestScore = 0;
    for (const auto& [name, node] : state_.nodes()) {
      if (!node.node) continue;
      if (auto reason = whyNot(candidate, node)) {
        ++reasons[*reason];
        continue;
      }
      const int64_t score = scoreOf(candidate, node, strategy_);
      if (best.empty() || score > bestScore) {
        best.clear();
        bestScore = score;
      }
      if (score == bestScore) best.push_back(&name);
    }
    return best.empty() ? std::string() : *best[turn_++ % best.size()];
  }

  Task<Result<Reconciled>> refuse(Object<Pod> pod, std::map<std::string, int> reasons) {
    unschedulable_.insert(pod.key());
    int total = 0;
    for (const auto& [name, node] : state_.nodes()) total += node.node ? 1 : 0;
    std::string message = concat("0/", total, " nodes are available");
    if (total == 0) message = "no nodes available to schedule pods";
    const char* separator = ": ";
    for (const auto& [reason, count] : reasons) {
      message += concat(separator, count, " ", reason);
      separator = ", ";
    }
    if (total > 0) message += ".";
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

  std::string name_;
  Strategy strategy_ = Strategy::spread;
  uint64_t turn_ = 0;
  ClusterState state_;
  std::set<std::string> unschedulable_;
  Client client_{context()};
  EventRecorder events_{context(), "default-scheduler"};
  Informer<Node> nodes_{context()};
  Informer<Pod> pods_{context()};
  // Many bindings may be under way: a choice is noted before its binding is sent, so each pod sees the ones before.
  ControllerOptions options_{.workers = 16};
  Controller controller_{context(), "scheduler", [this](std::string key) { return schedule(std::move(key)); }, options_};
};

}  // namespace

CLEAT_PLUGIN(DefaultScheduler, .name = "scheduler-default", .version = "0.1.0", .maturity = "beta",
             .roles = "scheduler",
             .grants = "- pods,nodes get,list,watch\n- pods/binding create\n- pods/status update\n"
                       "- events create,patch,update\n",
             .configSchema = "scheduler_name string default-scheduler # pods with this spec.schedulerName are its own\n"
                             "scoring string spread # spread or pack\n");
