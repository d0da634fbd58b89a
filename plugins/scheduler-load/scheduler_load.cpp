// scheduler-load: has the scheduler place pods by what nodes really use, instead of what is requested of them. It reads
// the metrics API every so often, and remembers what was placed since.
#include <cleat/schema/role/scheduler_extension.interface.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/kinds/metrics_v1beta1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/own_metrics.h>
#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/scheduler_extension.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "load_settings.h"
#include "load_verdict.h"
#include "node_loads.h"

namespace cleat::load {
namespace {

using core_v1::Node;
using core_v1::Pod;
using metrics_v1beta1::NodeMetrics;

// What an answer of the metrics API may take, before pods that wait for it are worth trying again.
constexpr Duration kAnswerTime = std::chrono::seconds(1);
// An API that comes and goes is complained about so often at most; the plugin's health says it at all times.
constexpr Duration kBetweenComplaints = std::chrono::minutes(10);

// Nothing where one of its amounts or its time is missing.
std::optional<Measurement> measurementIn(NodeMetrics::Reader metrics) {
  Measurement measurement;
  const auto at = parseTime(metrics.getTimestamp());
  const auto cpu = Quantity::parse(lookup(metrics.getUsage(), "cpu").value_or(""));
  const auto memory = Quantity::parse(lookup(metrics.getUsage(), "memory").value_or(""));
  if (!at || !cpu || !memory) return std::nullopt;
  measurement.at = *at;
  measurement.window = std::max(parseDuration(view(metrics.getWindow())).value_or(Duration()), Duration());
  measurement.use = {static_cast<double>(cpu->milliValue()), static_cast<double>(memory->value())};
  return measurement;
}

// When it was given its node: by a scheduler, or when it was made.
WallTime placedAt(const Object<Pod>& pod) {
  const auto condition = findCondition(pod->getStatus().getConditions(), "PodScheduled");
  if (condition && view(condition->getStatus()) == "True") {
    if (const auto at = parseTime(condition->getLastTransitionTime())) return *at;
  }
  return parseTime(pod.meta().getCreationTimestamp()).value_or(WallTime{});
}

class SchedulerLoad : public SchedulerExtensionPlugin {
 public:
  using SchedulerExtensionPlugin::SchedulerExtensionPlugin;

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(settings_, readSettings(config()));
    loads_ = NodeLoads(settings_.staleAfter, settings_.warmUp);
    OwnMetrics& metrics = metricsOf(context());
    measuredNodes_ =
        &metrics.gauge("scheduler_load_measured_nodes", "Nodes of which metrics are known that are fresh.");
    for (size_t resource = 0; resource < kResources; ++resource) {
      used_[resource] =
          &metrics.gauge("scheduler_load_used_ratio", "How much of it nodes were measured to use on average.",
                         {{"resource", kResourceNames[resource]}});
    }
    // Whoever places pods, and whoever did before this plugin was there.
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { seen(before, now); });
    spawn(follow());
    co_await pods_.waitSynced();
    co_return Result<void>();
  }

  ExtensionPoints points() override { return {.judges = true, .reserves = true}; }

  void nodesChanged(const std::vector<uint32_t>& numbers) override {
    loads_.resize(nodes().size());
    for (const uint32_t number : numbers) {
      const Object<Node>& node = nodes()[number];
      if (!node) {
        loads_.setNode(number, "", {});
        continue;
      }
      const ResourceAmounts all = amountsIn(node->getStatus().getAllocatable());
      loads_.setNode(number, node.name(), {static_cast<double>(all.milliCpu), static_cast<double>(all.memory)});
    }
  }

  Task<Result<void>> judge(PodGroup& group) override {
    load::judge(group, settings_, loads_, context().wallNow());
    if (settings_.limit > 0) {
      group.askAgainAfter(std::max(nextReading_ - context().now(), Duration::zero()) + kAnswerTime);
    }
    co_return {};
  }

  // Groups that are judged together do not know of each other, so the limit is looked at once more.
  Task<Result<void>> reserve(const Placement& placement) override {
    const WallTime now = context().wallNow();
    if (const auto number = loads_.find(placement.node)) {
      const std::string over = namesOf(overLimit(settings_, loads_, *number, now));
      if (!over.empty()) {
        const auto limit = static_cast<int64_t>(settings_.limit);
        co_return fail(
            Status::forbidden(concat("node ", placement.node, " was used above ", limit, " percent of its ", over)));
      }
    }
    loads_.placed(placement.pod.uid(), placement.node, settings_.askedBy(placement.pod->getSpec()), now, now);
    co_return {};
  }

  Task<Result<void>> unreserve(const Placement& placement) override {
    loads_.gone(placement.pod.uid());
    co_return {};
  }

 private:
  void seen(const Object<Pod>& before, const Object<Pod>& now) {
    if (before && (!now || before.uid() != now.uid())) loads_.gone(before.uid());
    if (!now) return;
    if (isTerminal(now)) return loads_.gone(now.uid());
    const std::string_view node = view(now->getSpec().getNodeName());
    if (node.empty()) return;
    const WallTime at = placedAt(now), wall = context().wallNow();
    if (wall - at >= settings_.longestCount()) return;
    loads_.placed(now.uid(), node, settings_.askedBy(now->getSpec()), at, wall);
  }

  Task<void> follow() {
    for (;;) {
      co_await read();
      nextReading_ = context().now() + settings_.resolution;
      co_await context().sleep(settings_.resolution);
    }
  }

  Task<void> read() {
    auto listed = co_await client_.list<NodeMetrics>();
    std::map<std::string, Measurement> all;
    if (listed) {
      for (const Object<NodeMetrics>& metrics : listed->items) {
        if (const auto measurement = measurementIn(*metrics)) all.emplace(metrics.name(), *measurement);
      }
    }
    take(all);
    if (!listed) {
      const std::string why = listed.error().is(404) ? "metrics.k8s.io is not served" : listed.error().message;
      say(concat("what nodes use cannot be read, and without that all are as good: ", why));
      co_return;
    }
    // Where it has not been asked yet, it does not know whether there are any.
    const bool lacksAll = nodes().size() > 0 && loads_.measuredNodes() == 0;
    say(lacksAll ? "no node has metrics that are fresh, and without those all are as good" : "");
  }

  // What is older goes in any case.
  void take(const std::map<std::string, Measurement>& all) {
    const WallTime now = context().wallNow();
    loads_.measured(all, now);
    measuredNodes_->set(static_cast<double>(loads_.measuredNodes()));
    const std::optional<Amounts> average = loads_.average(now);
    for (size_t resource = 0; resource < kResources; ++resource) {
      used_[resource]->set(average ? (*average)[resource] / 100 : 0);
    }
  }

  void say(std::string text) {
    if (text == said_) return;
    said_ = std::move(text);
    context().report(said_);
    const Instant now = context().now();
    if (said_.empty()) {
      log().info("what nodes use is known again");
    } else if (!complained_ || now - *complained_ >= kBetweenComplaints) {
      complained_ = now;
      log().warn(said_);
    }
  }

  LoadSettings settings_;
  NodeLoads loads_;
  MetricNumber* measuredNodes_ = nullptr;
  std::array<MetricNumber*, kResources> used_{};
  Client client_{context()};
  Informer<Pod> pods_{context()};
  Instant nextReading_{};
  std::string said_;  // of what is wrong; empty: nothing
  std::optional<Instant> complained_;
};

}  // namespace
}  // namespace cleat::load

CLEAT_PLUGIN(cleat::load::SchedulerLoad, .name = "scheduler-load", .version = "0.1.0", .maturity = "alpha",
             .roles = "scheduler-extension",
             .grants =
                 "metrics.k8s.io nodes list\n"
                 "- pods get,list,watch\n",
             .configSchema =
                 "strategy string least-used # the emptier a node the better; or target: best at target_utilization\n"
                 "target_utilization int 60 # percent\n"
                 "limit_utilization int 0 # percent: nodes that are used more get no pods; 0: no limit\n"
                 "resources list cpu,memory # what counts, of these two\n"
                 "default_cpu string 100m # what a pod counts for that requests none\n"
                 "default_memory string 200Mi # the same of memory\n"
                 "resolution duration 15s # how often the metrics are read\n"
                 "stale_after duration 1m # older metrics of a node count for nothing\n"
                 "warm_up duration 30s # how long a pod takes, once placed, to use what it will\n");
CLEAT_BRINGS(cleat::role::schedulerExtension);
