// Notices nodes that are not heard of any more, says so in their conditions and in those of their pods, and makes the
// pods leave nodes that are not ready.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>

#include "node_health.h"
#include "zones.h"

using namespace cleat;
using namespace cleat::lifecycle;
using core_v1::Pod;

namespace {

constexpr const char* kByNode = "node";
constexpr const char* kLeaseNamespace = "kube-node-lease";
constexpr const char* kExcludeLabel = "node.kubernetes.io/exclude-disruption";
constexpr int kMostTries = 5;
// All nodes are looked at together, under one key.
constexpr const char* kAllNodes = "nodes";

double numberIn(const Config& config, std::string_view setting) {
  const std::string text = config.string(setting);
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw std::invalid_argument(concat(setting, ": \"", text, "\" is no number that is 0 or more"));
  }
  return number;
}

Grace graceOf(const Config& config) {
  return {config.duration("node_monitor_grace_period"), config.duration("node_startup_grace_period")};
}
Limits limitsOf(const Config& config) {
  return {.perSecond = numberIn(config, "node_eviction_rate"),
          .perSecondWhenPartial = numberIn(config, "secondary_node_eviction_rate"),
          .largeZone = config.integer("large_cluster_size_threshold"),
          .unhealthyPart = numberIn(config, "unhealthy_zone_threshold"),
          .period = config.duration("node_monitor_period")};
}

class NodeLifecycle : public ControllerPlugin {
 public:
  explicit NodeLifecycle(Context& context) : ControllerPlugin(context, "node-lifecycle", {.workers = 1}) {}

  Result<void> watch() override {
    health_ = NodeHealth(graceOf(config()));
    zones_ = Zones(limitsOf(config()));
    period_ = config().duration("node_monitor_period");
    if (period_ <= Duration::zero()) return fail(Status::badRequest("node_monitor_period must be more than 0"));
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) {
      if (!now) forget(before);
    });
    pods_.addIndex(kByNode, [](const Object<Pod>& pod) { return std::vector{str(pod->getSpec().getNodeName())}; });
    controller().needs(nodes_);
    controller().needs(leases_);
    controller().needs(pods_);
    controller().enqueueAfter(kAllNodes, Duration::zero());
    return {};
  }

 private:
  void forget(const Object<Node>& node) {
    health_.forget(node.name());
    std::erase(waiting_, node.name());
    if (known_.erase(str(node.name())) == 0) return;
    tell(node, "RemovingNode", concat("Removing Node ", node.name(), " from Controller"));
  }

  void tell(const Object<Node>& node, std::string_view reason, std::string_view what) {
    events_.normal(node, reason, concat("Node ", node.name(), " event: ", what));
  }

  // A write that fails is tried again at the next look.
  Task<Result<Reconciled>> reconcile(std::string) override {
    listen();
    std::map<std::string, ZoneCount> counts;
    std::vector<Object<Node>> nodes = nodes_.list();
    for (Object<Node>& node : nodes) {
      node = co_await judged(std::move(node));
      if (label(node.meta(), kExcludeLabel)) continue;
      ZoneCount& count = counts[zoneOf(node)];
      ++(readiness(node) == "True" ? count.ready : count.notReady);
    }
    co_await considerZones(zones_.update(counts), nodes);
    for (const Object<Node>& node : nodes) co_await settleTaints(node);
    co_await taintWaiting();
    for (const Object<Node>& node : nodes) co_await tellOfReadiness(node);
    co_return Reconciled{period_};
  }

  // A process that was stopped for a time has heard of nobody meanwhile.
  void listen() {
    const Instant now = context().now();
    const Duration deaf = lastLook_ == Instant() ? Duration::zero() : now - lastLook_ - period_;
    if (deaf > period_) health_.excuse(deaf);
    lastLook_ = now;
  }

  Task<Object<Node>> judged(Object<Node> node) {
    const Instant now = context().now();
    health_.see(node, leases_.get(kLeaseNamespace, node.name()), now, context().wallNow());
    if (known_.try_emplace(str(node.name()), str(readiness(node))).second) {
      tell(node, "RegisteredNode", concat("Registered Node ", node.name(), " in Controller"));
    }
    if (!health_.isSilent(node, now)) co_return node;
    auto draft = silenced(node, context().wallNow());
    if (!draft) co_return node;
    const bool silent = co_await isSilentIndeed(node);
    if (!silent) co_return node;
    log().warn("the node ", node.name(), " is not heard of any more");
    auto written = co_await client_.updateStatus<Node>(std::move(*draft));
    if (!written) {
      complain(node, written.error());
      co_return node;
    }
    (void)co_await nodes_.waitFor(written->revision());
    co_return *written;
  }

  // What is shown here of its Lease may be old: the server knows. Where that cannot be asked nobody is judged.
  Task<bool> isSilentIndeed(Object<Node> node) {
    auto live = co_await client_.get<Lease>(kLeaseNamespace, node.name());
    if (!live) co_return live.error().is(404);
    const Object<Lease> shown = leases_.get(kLeaseNamespace, node.name());
    if (!shown) co_return false;
    co_return shown.revision() == live->revision();
  }

  Task<void> considerZones(Zones::Change change, const std::vector<Object<Node>>& nodes) {
    if (change == Zones::Change::stopped) {
      log().warn("no node is ready: no pods are moved until one is");
      waiting_.clear();
      for (const Object<Node>& node : nodes) {
        if (!hasTaint(node, kUnreachableTaint) && !hasTaint(node, kNotReadyTaint)) continue;
        const Object<Node> now = nodes_.get(node.name());
        if (now) co_await taint(now, "");
      }
    }
    if (change == Zones::Change::resumed) {
      log().info("a node is ready again: pods are moved as usual");
      health_.beginAnew(context().now());
    }
  }

  // -- Taints --

  static std::string_view taintFor(const Object<Node>& node) {
    const std::string_view ready = readiness(node);
    if (ready == "False") return kNotReadyTaint;
    return ready == "Unknown" ? kUnreachableTaint : std::string_view();
  }

  // One that is ready has neither taint, at once; one that has the wrong one of them gets the other.
  Task<void> settleTaints(Object<Node> node) {
    if (readiness(node).empty()) co_return;
    const std::string_view wanted = taintFor(node);
    if (wanted.empty()) {
      std::erase(waiting_, node.name());
      co_await taint(node, "");
      co_return;
    }
    if (zones_.areStopped() || hasTaint(node, wanted)) co_return;
    if (hasTaint(node, wanted == kNotReadyTaint ? kUnreachableTaint : kNotReadyTaint)) {
      co_await taint(node, wanted);
    } else if (std::ranges::find(waiting_, node.name()) == waiting_.end()) {
      waiting_.emplace_back(node.name());
    }
  }

  Task<void> taintWaiting() {
    const std::vector<std::string> waiting = waiting_;
    for (const std::string& name : waiting) {
      const Object<Node> node = nodes_.get(name);
      const std::string_view wanted = node ? taintFor(node) : std::string_view();
      if (wanted.empty() || hasTaint(node, wanted)) {
        std::erase(waiting_, name);
        continue;
      }
      if (!zones_.take(zoneOf(node), context().now())) continue;
      log().info("the pods of the node ", name, " are to leave it: ", wanted);
      co_await taint(node, wanted);
    }
  }

  // Others write taints as well, and at the same time: for the same reason.
  Task<void> taint(Object<Node> node, std::string_view key) {
    for (int attempt = 1;; ++attempt) {
      auto draft = withTaint(node, key, context().wallNow());
      if (!draft) co_return;
      auto written = co_await client_.update<Node>(std::move(*draft));
      if (written) {
        std::erase(waiting_, node.name());
        co_return;
      }
      if (!written.error().is(409) || attempt == kMostTries) {
        complain(node, written.error());
        co_return;
      }
      auto current = co_await client_.get<Node>(node.name());
      // Whether it still is to have the taint is for the next look to say.
      if (!current || current->uid() != node.uid() || taintFor(*current) != taintFor(node)) co_return;
      node = *current;
    }
  }

  // -- Pods --

  // The pods of a node that nobody hears of are taken as not ready, also those that say otherwise later. One that says
  // itself that it is not ready has an agent that looks after its pods: that is told once.
  Task<void> tellOfReadiness(Object<Node> node) {
    const std::string ready = str(readiness(node));
    auto known = known_.find(str(node.name()));
    if (known == known_.end()) co_return;  // deleted meanwhile
    const bool turned = known->second == "True" && ready != "True";
    known->second = ready;
    if (turned) {
      events_.normal(node, "NodeNotReady", concat("Node ", node.name(), " status is now: NodeNotReady"));
    }
    if (!turned && ready != "Unknown") co_return;
    const std::vector<Object<Pod>> pods = pods_.byIndex(kByNode, node.name());
    for (const Object<Pod>& pod : pods) {
      if (!conditionIs(pod->getStatus().getConditions(), "Ready", "True")) continue;
      co_await markNotReady(pod);
    }
  }

  Task<void> markNotReady(Object<Pod> pod) {
    auto before = findCondition(pod->getStatus().getConditions(), "Ready");
    Draft<Pod> draft(pod);
    setCondition<core_v1::PodCondition>(draft->getStatus(), {.type = "Ready",
                                                             .status = "False",
                                                             .reason = str(before->getReason()),
                                                             .message = str(before->getMessage()),
                                                             .lastTransitionTime = formatTime(context().wallNow())});
    events_.warning(pod, "NodeNotReady", "Node is not ready");
    auto written = co_await client_.updateStatus<Pod>(std::move(draft));
    if (!written && !written.error().is(404) && !written.error().is(409)) {
      log().warn("cannot mark the pod ", pod.key(), " as not ready: ", written.error());
    }
  }

  void complain(const Object<Node>& node, const Status& error) {
    if (error.is(404) || error.is(409)) return;
    log().warn("cannot write the node ", node.name(), ": ", error);
  }

  Client client_{context()};
  EventRecorder events_{context(), "node-controller"};
  Informer<Node> nodes_{context()};
  Informer<Lease> leases_{context(), {.ns = kLeaseNamespace}};
  Informer<Pod> pods_{context(), {.only = isBound}};
  NodeHealth health_{Grace()};
  Zones zones_{Limits()};
  std::map<std::string, std::string> known_;  // nodes by name, and their readiness at the last look
  std::vector<std::string> waiting_;          // nodes that are to lose their pods, in the order in which they failed
  Duration period_{};
  Instant lastLook_{};
};

}  // namespace

CLEAT_PLUGIN(NodeLifecycle, .name = "controller-node-lifecycle", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- nodes get,list,watch,update\n- nodes/status update\n- pods list,watch\n- pods/status update\n"
                 "coordination.k8s.io leases get,list,watch\n- events create,patch,update\n",
             .configSchema =
                 "node_monitor_period duration 5s # how often all nodes are looked at\n"
                 "node_monitor_grace_period duration 50s # how long a node may say nothing\n"
                 "node_startup_grace_period duration 60s # how long a node that has never posted its status may\n"
                 "node_eviction_rate string 0.1 # nodes a second, of each zone, that lose their pods\n"
                 "secondary_node_eviction_rate string 0.01 # of a large zone, much of which has failed\n"
                 "large_cluster_size_threshold int 50 # a zone with more nodes than this is large\n"
                 "unhealthy_zone_threshold string 0.55 # so much of a zone is much of it\n");
