// Deletes pods from nodes whose NoExecute taints they do not tolerate, or tolerate for a time only.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_conditions.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/taints.h>

#include <algorithm>
#include <map>
#include <optional>

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

namespace {

constexpr const char* kByNode = "node";
// A hundred years: beyond that the clock's own range is near, and nobody waits to see the difference.
constexpr int64_t kMostSeconds = int64_t{100} * 365 * 86400;

// Of several that tolerate the taint the first counts.
std::optional<core_v1::Toleration::Reader> tolerationOf(core_v1::PodSpec::Reader spec, core_v1::Taint::Reader taint) {
  for (auto toleration : spec.getTolerations()) {
    if (tolerates(toleration, taint)) return toleration;
  }
  return std::nullopt;
}

// How long the pod may stay on the node: nothing if it may for ever.
std::optional<Duration> timeToStay(core_v1::PodSpec::Reader spec, core_v1::NodeSpec::Reader node) {
  std::optional<Duration> shortest;
  for (auto taint : node.getTaints()) {
    if (view(taint.getEffect()) != "NoExecute") continue;
    auto toleration = tolerationOf(spec, taint);
    if (!toleration) return Duration::zero();
    if (!toleration->hasTolerationSeconds()) continue;
    const int64_t seconds = toleration->getTolerationSeconds().getValue();
    const Duration limit = std::chrono::seconds(std::clamp<int64_t>(seconds, 0, kMostSeconds));
    shortest = std::min(shortest.value_or(limit), limit);
  }
  return shortest;
}

class TaintEvictionController : public ControllerPlugin {
 public:
  explicit TaintEvictionController(Context& context) : ControllerPlugin(context, "taint-eviction") {}

  Result<void> watch() override {
    pods_.addIndex(kByNode, [](const Object<Pod>& pod) { return std::vector{str(pod->getSpec().getNodeName())}; });
    // A change of a pod on a node without taints is nothing to see to; its node's are those of all its pods.
    controller().watch(pods_, [this](const Object<Pod>& pod) {
      const std::string key = pod.key();
      const Object<Node> node = nodes_.get("", view(pod->getSpec().getNodeName()));
      return (node && node->getSpec().getTaints().size() > 0) || waiting_.contains(key) ? key : std::string();
    });
    controller().watch(nodes_, [this](const Object<Node>& node) {
      std::vector<std::string> keys;
      for (const auto& pod : pods_.byIndex(kByNode, node.name())) keys.push_back(keyOf(pod.ns(), pod.name()));
      return keys;
    });
    return {};
  }

 private:
  // A pod whose time runs.
  struct Waiting {
    std::string uid;
    Instant since;
  };

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Pod> pod = pods_.get(key);
    auto waiting = waiting_.find(key);
    // Another pod of the same name has its own time.
    if (waiting != waiting_.end() && (!pod || waiting->second.uid != view(pod.meta().getUid()))) {
      waiting_.erase(waiting);
      waiting = waiting_.end();
    }
    if (!pod || pod->getSpec().getNodeName().size() == 0 || pod.meta().getDeletionTimestamp().size() > 0) {
      co_return Reconciled();
    }
    Object<Node> node = nodes_.get("", view(pod->getSpec().getNodeName()));
    std::optional<Duration> stay = node ? timeToStay(pod->getSpec(), node->getSpec()) : std::nullopt;
    if (!stay) {
      if (waiting != waiting_.end()) {
        waiting_.erase(waiting);
        events_.normal(pod, "TaintManagerEviction", concat("Cancelling deletion of Pod ", key));
      }
      co_return Reconciled();
    }
    if (waiting == waiting_.end()) {
      waiting = waiting_.emplace(key, Waiting{str(pod.meta().getUid()), context().now()}).first;
    }
    const Duration left = waiting->second.since + *stay - context().now();
    if (left > Duration::zero()) co_return Reconciled{.requeueAfter = left};
    auto pending = evict(std::move(pod), key);
    co_return co_await std::move(pending);
  }

  Task<Result<Reconciled>> evict(Object<Pod> pod, std::string key) {
    Draft<Pod> draft(pod);
    setPodCondition(draft, {"DisruptionTarget", "True", "DeletionByTaintManager",
                            "Taint manager: deleting due to NoExecute taint", formatTime(context().wallNow())});
    auto marking = client_.updateStatus(std::move(draft));
    auto marked = co_await std::move(marking);
    if (!marked && marked.error().is(404)) co_return Reconciled();
    CLEAT_CO_TRY(marked);
    events_.normal(pod, "TaintManagerEviction", concat("Marking for deletion Pod ", key));
    DeleteOptions only;
    only.preconditionUid = view(pod.meta().getUid());
    auto removing = client_.remove<Pod>(pod.ns(), pod.name(), only);
    auto removed = co_await std::move(removing);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Client client_{context()};
  EventRecorder events_{context(), "taint-eviction-controller"};
  Informer<Pod> pods_{context(), {.only = isBound}};
  Informer<Node> nodes_{context()};
  std::map<std::string, Waiting> waiting_;
};

}  // namespace

CLEAT_PLUGIN(TaintEvictionController, .name = "controller-taint-eviction", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- nodes get,list,watch\n"
                 "- pods get,list,watch,delete\n"
                 "- pods/status update\n"
                 "- events create,patch,update\n");
