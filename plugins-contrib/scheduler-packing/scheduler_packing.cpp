// Packs pods: each goes to the fullest node that still has room for it, so that nodes which nobody needs stay empty.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/pod_request.h>

#include <algorithm>
#include <map>

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

bool within(const ResourceAmounts& amounts, const ResourceAmounts& all) {
  for (const auto& [name, value] : amounts.others) {
    auto has = all.others.find(name);
    if (value > (has == all.others.end() ? 0 : has->second)) return false;
  }
  return amounts.milliCpu <= all.milliCpu && amounts.memory <= all.memory && amounts.storage <= all.storage &&
         amounts.pods <= all.pods;
}

double shareOf(const ResourceAmounts& amounts, const ResourceAmounts& all) {
  auto share = [](int64_t part, int64_t whole) { return whole > 0 ? double(part) / double(whole) : 1.0; };
  return share(amounts.milliCpu, all.milliCpu) + share(amounts.memory, all.memory);
}

bool open(const Object<Node>& node) {
  bool open = !node->getSpec().getUnschedulable();
  for (auto taint : node->getSpec().getTaints()) open = open && view(taint.getEffect()) == "PreferNoSchedule";
  return open;
}

class PackingScheduler : public ControllerPlugin {
 public:
  explicit PackingScheduler(Context& context) : ControllerPlugin(context, "packing") {}

 private:
  Result<void> watch() override {
    name_ = config().string("scheduler_name");
    pods_.addIndex("node", [this](const Object<Pod>& pod) { return std::vector{nodeOf(pod)}; });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
      if (!now || !nodeOf(now).empty()) bound_.erase(std::string((now ? now : before).uid()));
    });
    // Whatever changes on a node may have made room for all that wait.
    controller().watch(nodes_, [this](const Object<Node>&) { return waiting(); });
    controller().watch(
        pods_, [this](const Object<Pod>& pod) { return nodeOf(pod).empty() ? std::vector{pod.key()} : waiting(); });
    return {};
  }

  // Finished pods are on no node: they take no room, and they do not wait for any.
  static std::string nodeOf(const Object<Pod>& pod) {
    std::string_view phase = view(pod->getStatus().getPhase());
    return phase == "Succeeded" || phase == "Failed" ? "(finished)" : str(pod->getSpec().getNodeName());
  }
  bool waits(const Object<Pod>& pod) const {
    auto spec = pod->getSpec();
    return nodeOf(pod).empty() && view(spec.getSchedulerName()) == name_ && spec.getSchedulingGates().size() == 0 &&
           !deletionPending(pod.meta()) && !bound_.contains(std::string(pod.uid()));
  }
  std::vector<std::string> waiting() const {
    std::vector<std::string> keys;
    for (const auto& pod : pods_.byIndex("node", "")) {
      if (waits(pod)) keys.push_back(pod.key());
    }
    return keys;
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Pod> pod = pods_.get(key);
    if (!pod || !waits(pod)) co_return Reconciled();
    const std::string node = fullest(pod);
    if (node.empty()) co_return Reconciled();
    Draft<core_v1::Binding> binding;
    binding.meta().setName(str(pod.name()));
    binding.meta().setNamespace(str(pod.ns()));
    binding.meta().setUid(str(pod.uid()));
    binding->initTarget().setKind("Node");
    binding->getTarget().setName(node);
    // Known from here on, not only when the informer has seen it: the next pod must not take the same room.
    const std::string uid(pod.uid());
    bound_[uid] = {node, requestOf(pod->getSpec())};
    auto answer = co_await client_.createSubresource<Pod>(pod.ns(), pod.name(), "binding", std::move(binding));
    if (answer) co_return Reconciled();
    bound_.erase(uid);
    co_return fail(answer.error());
  }

  std::string fullest(const Object<Pod>& pod) const {
    std::string best;
    double bestShare = -1;
    nodes_.forEach([&](const Object<Node>& node) {
      if (!open(node) || !matchesNodeSelection(pod->getSpec(), node)) return;
      ResourceAmounts taken = requestOf(pod->getSpec());
      for (const auto& other : pods_.byIndex("node", node.name())) taken.add(requestOf(other->getSpec()), 1);
      for (const auto& [uid, one] : bound_) {
        if (one.node == node.name()) taken.add(one.request, 1);
      }
      const ResourceAmounts all = amountsIn(node->getStatus().getAllocatable());
      if (!within(taken, all) || shareOf(taken, all) <= bestShare) return;
      best = node.name();
      bestShare = shareOf(taken, all);
    });
    return best;
  }

  struct Bound {
    std::string node;
    ResourceAmounts request;
  };
  std::string name_;
  std::map<std::string, Bound> bound_;  // by uid: those that the informer still shows without a node
  Client client_{context()};
  Informer<Node> nodes_{context()};
  Informer<Pod> pods_{context()};
};

}  // namespace

CLEAT_PLUGIN(PackingScheduler, .name = "scheduler-packing", .version = "0.1.0", .maturity = "alpha",
             .roles = "scheduler", .grants = "- pods,nodes get,list,watch\n- pods/binding create\n",
             .configSchema = "scheduler_name string packing # pods with this spec.schedulerName are its own\n");
