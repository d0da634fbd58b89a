// Deletes pods that no node will ever finish with, and those that have ended when there are too many.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_conditions.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <map>
#include <tuple>

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

namespace {

constexpr const char* kByNode = "node";
constexpr const char* kEnded = "ended";
// The key under which all pods that have ended are looked at together; no pod is called so.
constexpr const char* kAllEnded = "//ended";
constexpr const char* kOutOfService = "node.kubernetes.io/out-of-service";
// Many pods that end at the same time are one look.
constexpr Duration kLookAtEndedAfter = std::chrono::seconds(20);

bool isOutOfService(const Object<Node>& node) {
  if (conditionIs(node->getStatus().getConditions(), "Ready", "True")) return false;
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getKey()) == kOutOfService) return true;
  }
  return false;
}

bool isEvicted(const Object<Pod>& pod) {
  return view(pod->getStatus().getPhase()) == "Failed" && view(pod->getStatus().getReason()) == "Evicted";
}

// A force that a finalizer holds up is not repeated.
bool isDone(const Object<Pod>& pod) {
  return isTerminal(pod) && deletionPending(pod.meta()) && isSet(pod.meta().getDeletionGracePeriodSeconds()) &&
         pod.meta().getDeletionGracePeriodSeconds().getValue() == 0;
}

// One that waits for a node is left alone.
bool mayBeCollected(const AnyRef& any) {
  const Object<Pod> pod(any);
  return isBound(any) || isTerminal(pod) || deletionPending(pod.meta());
}

class PodCollector : public ControllerPlugin {
 public:
  explicit PodCollector(Context& context) : ControllerPlugin(context, "pod-gc") {}

  Result<void> watch() override {
    quarantine_ = config().duration("quarantine");
    threshold_ = config().integer("terminated_pod_threshold");
    if (threshold_ < 0) return fail(Status::badRequest("terminated_pod_threshold must not be negative"));
    pods_.addIndex(kByNode, [](const Object<Pod>& pod) { return std::vector{str(pod->getSpec().getNodeName())}; });
    pods_.addIndex(kEnded, [](const Object<Pod>& pod) {
      return isTerminal(pod) ? std::vector<std::string>{""} : std::vector<std::string>();
    });
    pods_.onChange([this](const Object<Pod>&, const Object<Pod>& now) {
      if (now && threshold_ > 0 && isTerminal(now)) controller().enqueueAfter(kAllEnded, kLookAtEndedAfter);
    });
    // Those that stay on a node that is there are none of its business.
    controller().watch(pods_, [this](const Object<Pod>& pod) {
      const std::string_view node = view(pod->getSpec().getNodeName());
      const bool stays = !deletionPending(pod.meta()) && (node.empty() || nodes_.get(node));
      return stays ? std::string() : pod.key();
    });
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) {
      if (before && now && isOutOfService(before) == isOutOfService(now)) return;
      for (const auto& pod : pods_.byIndex(kByNode, (now ? now : before).name())) controller().enqueue(pod.key());
    });
    controller().needs(nodes_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    if (key == kAllEnded) co_return co_await thinOut();
    const Object<Pod> pod = pods_.get(key);
    if (!pod) co_return Reconciled();
    const bool leaving = deletionPending(pod.meta());
    const std::string name = str(pod->getSpec().getNodeName());
    if (name.empty()) {
      if (!leaving) co_return Reconciled();
      co_return co_await collect(pod, "it has no node", false);
    }
    if (const Object<Node> node = nodes_.get(name)) {
      missing_.erase(name);
      if (!leaving || !isOutOfService(node)) co_return Reconciled();
      co_return co_await collect(pod, "its node is out of service", false);
    }
    co_return co_await withoutNode(pod, name);
  }

  // A node may be deleted and join again under its name, with its pods still running.
  Task<Result<Reconciled>> withoutNode(Object<Pod> pod, std::string name) {
    const Instant since = missing_.try_emplace(name, context().now()).first->second;
    const Duration left = since + quarantine_ - context().now();
    if (left > Duration::zero()) co_return Reconciled{left};
    auto node = co_await client_.get<Node>(name);
    if (node) co_return Reconciled{quarantine_};  // the informer will show it
    if (!node.error().is(404)) co_return fail(node.error());
    Result<Reconciled> done = co_await collect(pod, "its node is not there any more", true);
    const auto others = pods_.byIndex(kByNode, name);
    if (done && std::ranges::all_of(others, [&](const auto& other) { return other.uid() == pod.uid(); })) {
      missing_.erase(name);
    }
    co_return done;
  }

  Task<Result<Reconciled>> thinOut() {
    std::vector<Object<Pod>> ended = pods_.byIndex(kEnded, "");
    const auto surplus = static_cast<int64_t>(ended.size()) - threshold_;
    if (surplus <= 0) co_return Reconciled();
    std::ranges::sort(ended, {}, [](const Object<Pod>& pod) {
      return std::make_tuple(!isEvicted(pod), str(pod.meta().getCreationTimestamp()), pod.key());
    });
    ended.resize(static_cast<size_t>(surplus));
    for (const Object<Pod>& pod : ended) {
      CLEAT_CO_TRY(co_await collect(pod, "too many pods have ended", false));
    }
    co_return Reconciled();
  }

  Task<Result<Reconciled>> collect(Object<Pod> pod, std::string_view why, bool lost) {
    if (isDone(pod)) co_return Reconciled();
    log().info("deletes the pod ", pod.key(), ": ", why);
    if (!isTerminal(pod)) {
      // Nobody else would ever say that it has ended.
      Draft<Pod> draft(pod);
      draft->getStatus().setPhase("Failed");
      if (lost) {
        setPodCondition(draft, {"DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists",
                                formatTime(context().wallNow())});
      }
      auto marked = co_await client_.updateStatus<Pod>(std::move(draft));
      if (!marked && marked.error().is(404)) co_return Reconciled();
      if (!marked) co_return fail(marked.error());
    }
    DeleteOptions options;
    options.gracePeriodSeconds = 0;
    options.preconditionUid = pod.uid();
    auto removed = co_await client_.remove<Pod>(pod.ns(), pod.name(), options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<Pod> pods_{context(), {.only = mayBeCollected}};
  Informer<Node> nodes_{context()};
  std::map<std::string, Instant> missing_;  // nodes that pods are bound to, and since when they are not there
  Duration quarantine_{};
  int64_t threshold_ = 0;
};

}  // namespace

CLEAT_PLUGIN(PodCollector, .name = "controller-pod-gc", .version = "0.1.0", .maturity = "beta", .roles = "controller",
             .grants = "- pods list,watch,delete\n- pods/status update\n- nodes get,list,watch\n",
             .configSchema =
                 "quarantine duration 40s # how long a node has to be missing before its pods are deleted\n"
                 "terminated_pod_threshold int 12500 # as many pods that have ended may stay; 0: any number\n");
