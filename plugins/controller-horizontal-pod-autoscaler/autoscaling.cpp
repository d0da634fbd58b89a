#include "autoscaling.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::autoscaler {
namespace {

using autoscaling_v2::HorizontalPodAutoscalerBehavior;
using autoscaling_v2::HorizontalPodAutoscalerCondition;

constexpr const char* kAble = "AbleToScale";
constexpr const char* kActive = "ScalingActive";
constexpr const char* kLimited = "ScalingLimited";
constexpr const char* kToZero = "ScaledToZero";

double toleranceOf(autoscaling_v2::HPAScalingRules::Reader rules, double usual) {
  if (!rules.hasTolerance()) return usual;
  return static_cast<double>(Quantity::parseOrZero(rules.getTolerance()).milliValue()) / 1000;
}

}  // namespace

std::vector<std::string> AutoscalerMemory::othersOf(const std::string& key, std::string_view ns,
                                                    const Pods& pods) const {
  std::vector<std::string> others;
  for (const auto& [other, entry] : entries_) {
    if (other == key || !entry.selector || splitKey(other).ns != ns) continue;
    if (std::ranges::any_of(pods, [&](const Object<Pod>& pod) { return entry.selector->matches(pod); })) {
      others.push_back(other);
    }
  }
  return others;
}

std::optional<HorizontalPodAutoscalerBehavior::Reader> Autoscaling::behavior() const {
  if (!read_->getSpec().hasBehavior()) return std::nullopt;
  return read_->getSpec().getBehavior();
}

Tolerances Autoscaling::tolerances() const {
  const double usual = tools_.settings.tolerance;
  const auto rules = behavior();
  if (!rules) return {usual, usual};
  return {toleranceOf(rules->getScaleDown(), usual), toleranceOf(rules->getScaleUp(), usual)};
}

// Something is measured that is there without pods.
bool Autoscaling::measuresBesidePods() const {
  for (auto metric : read_->getSpec().getMetrics()) {
    if (view(metric.getType()) == "Object" || view(metric.getType()) == "External") return true;
  }
  return false;
}

void Autoscaling::condition(const char* type, const char* status, std::string reason, std::string message) {
  const std::string now = formatTime(tools_.context.wallNow());
  setCondition<HorizontalPodAutoscalerCondition>(draft_->getStatus(),
                                                 {type, status, std::move(reason), std::move(message), now});
}

Task<Result<void>> Autoscaling::run() {
  const auto spec = read_->getSpec();
  min_ = spec.hasMinReplicas() ? spec.getMinReplicas().getValue() : 1;
  max_ = spec.getMaxReplicas();
  const bool found = co_await findTarget();
  if (!found) co_return co_await writeStatusIfChanged();
  std::optional<Change> change = co_await chooseReplicas();
  if (!change) {
    tellNumbers(current_, draft_->getStatus().getDesiredReplicas(), false);
  } else if (change->rescale) {
    const int32_t replicas = change->replicas;
    const bool done = co_await rescale(std::move(*change));
    tellNumbers(current_, done ? replicas : draft_->getStatus().getDesiredReplicas(), done);
  } else {
    tellNumbers(current_, current_, false);
  }
  co_return co_await writeStatusIfChanged();
}

Task<bool> Autoscaling::findTarget() {
  const auto reference = read_->getSpec().getScaleTargetRef();
  auto asked = tools_.targets.find(str(read_.ns()), str(reference.getApiVersion()), str(reference.getKind()),
                                   str(reference.getName()));
  Result<Scaled> found = co_await std::move(asked);
  if (!found) {
    tools_.events.warning(read_, "FailedGetScale", found.error().message);
    condition(kAble, "False", "FailedGetScale",
              concat("the HPA controller was unable to get the target's current scale: ", found.error().message));
    co_return false;
  }
  condition(kAble, "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale");
  target_ = std::move(*found);
  current_ = target_->scale->getSpec().getReplicas();
  ScalingHistory& history = tools_.memory.of(key_).history;
  // What there was when it was first seen steadies the first proposals.
  if (history.recommendations.empty()) history.recommendations.push_back({current_, tools_.context.now()});
  co_return true;
}

Task<std::optional<Autoscaling::Change>> Autoscaling::chooseReplicas() {
  const bool broughtToZero = conditionIs(read_->getStatus().getConditions(), kToZero, "True");
  // Whoever else sets the target to nothing wants it to stay so.
  if (current_ == 0 && (!broughtToZero || (min_ == 0 && !measuresBesidePods()))) {
    condition(kActive, "False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
    co_return Change{.rescale = false};
  }
  if (current_ > max_) co_return Change{max_, "Current number of replicas above Spec.MaxReplicas"};
  if (current_ != 0 && current_ < min_) co_return Change{min_, "Current number of replicas below Spec.MinReplicas"};
  auto asked = askMetrics();
  std::optional<Wanted> wanted = co_await std::move(asked);
  if (!wanted) co_return std::nullopt;
  co_return normalised(*wanted);
}

std::optional<Autoscaling::Change> Autoscaling::normalised(const Wanted& wanted) {
  std::string reason;
  if (wanted.replicas > current_) reason = concat(wanted.metric, " above target");
  if (wanted.replicas < current_) reason = "All metrics below target";
  const ScalingArguments arguments{.current = current_,
                                   .proposed = wanted.replicas,
                                   .min = min_,
                                   .max = max_,
                                   .now = tools_.context.now(),
                                   .downscaleStabilization = tools_.settings.downscaleStabilization};
  Decision decision = decide(tools_.memory.of(key_).history, arguments, behavior());
  condition(kAble, "True", decision.able.reason, decision.able.message);
  condition(kLimited, decision.isLimited ? "True" : "False", decision.limited.reason, decision.limited.message);
  // From nothing it is at least so many, however fast the number may rise.
  if (current_ == 0 && decision.replicas < min_) {
    decision.replicas = min_;
    if (reason.empty()) reason = "Current number of replicas below Spec.MinReplicas";
  }
  return Change{decision.replicas, std::move(reason), decision.replicas != current_};
}

// The pods that the metrics are of. False where the scale does not say which they are.
Task<bool> Autoscaling::setScene() {
  const auto refuse = [&](const char* event, const char* reason, std::string told, std::string message) {
    tools_.events.warning(read_, event, told);
    condition(kActive, "False", reason, std::move(message));
    tools_.events.warning(read_, "FailedComputeMetricsReplicas", told);
    return false;
  };
  scene_.selector = str(target_->scale->getStatus().getSelector());
  if (scene_.selector.empty()) {
    co_return refuse("SelectorRequired", "InvalidSelector", "selector is required",
                     "the HPA target's scale is missing a selector");
  }
  Result<LabelSelector> selector = LabelSelector::parse(scene_.selector);
  if (!selector) {
    const std::string why =
        concat("couldn't convert selector into a corresponding internal selector object: ", selector.error().message);
    co_return refuse("InvalidSelector", "InvalidSelector", why, why);
  }
  scene_.ns = str(read_.ns());
  const ListOptions options{.ns = scene_.ns, .labelSelector = scene_.selector};
  auto pods = co_await tools_.client.list<Pod>(options);
  if (!pods) {
    const std::string why = concat("unable to get pods while calculating replica count: ", pods.error().message);
    co_return refuse("FailedGetPods", "FailedGetPods", why,
                     concat("the HPA was unable to compute the replica count: ", why));
  }
  scene_.pods = std::move(pods->items);
  AutoscalerMemory::Entry& entry = tools_.memory.of(key_);
  entry.selector = std::move(*selector);
  const std::vector<std::string> others = tools_.memory.othersOf(key_, scene_.ns, scene_.pods);
  if (!others.empty()) {
    const std::string why = concat("pods by selector ", scene_.selector, " are controlled by more than one HPA (e.g. [",
                                   key_, " ", others.front(), "])");
    co_return refuse("AmbiguousSelector", "AmbiguousSelector", why, why);
  }
  scene_.specReplicas = current_;
  scene_.statusReplicas = target_->scale->getStatus().getReplicas();
  scene_.tolerances = tolerances();
  scene_.rules = {tools_.settings.cpuInitialization, tools_.settings.initialReadiness, tools_.context.wallNow()};
  co_return true;
}

// The greatest of the proposals. Where some metrics cannot be read the others may raise the number, and not lower it.
Task<std::optional<Autoscaling::Wanted>> Autoscaling::askMetrics() {
  const bool isSet = co_await setScene();
  if (!isSet) co_return std::nullopt;
  Wanted wanted;
  size_t failed = 0;
  MetricFailure first;
  const auto metrics = read_->getSpec().getMetrics();
  for (auto spec : metrics) {
    auto asked = tools_.proposals.of(spec, scene_);
    ProposalOrFailure proposal = co_await std::move(asked);
    if (!proposal) {
      if (failed++ == 0) first = proposal.error();
      tools_.events.warning(read_, proposal.error().reason, proposal.error().error);
      continue;
    }
    if (wanted.replicas == 0 || proposal->replicas > wanted.replicas) {
      wanted = {proposal->replicas, proposal->name};
    }
    measured_.push_back(std::move(*proposal));
  }
  if (failed > 0 && (failed >= metrics.size() || wanted.replicas < current_)) {
    condition(kActive, "False", first.reason, first.message);
    tools_.events.warning(
        read_, "FailedComputeMetricsReplicas",
        concat("invalid metrics (", failed, " invalid out of ", metrics.size(), "), first error is: ", first.told));
    co_return std::nullopt;
  }
  condition(kActive, "True", "ValidMetricFound",
            concat("the HPA was able to successfully calculate a replica count from ", wanted.metric));
  co_return wanted;
}

Task<bool> Autoscaling::rescale(Change change) {
  auto asked = tools_.targets.set(*target_, change.replicas);
  Result<void> done = co_await std::move(asked);
  if (!done) {
    tools_.events.warning(
        read_, "FailedRescale",
        concat("New size: ", change.replicas, "; reason: ", change.reason, "; error: ", done.error().message));
    condition(kAble, "False", "FailedUpdateScale",
              concat("the HPA controller was unable to update the target scale: ", done.error().message));
    co_return false;
  }
  condition(kAble, "True", "SucceededRescale",
            concat("the HPA controller was able to update the target scale to ", change.replicas));
  tools_.events.normal(read_, "SuccessfulRescale", concat("New size: ", change.replicas, "; reason: ", change.reason));
  if (current_ > 0 && change.replicas == 0 && min_ == 0 && measuresBesidePods()) {
    condition(kToZero, "True", "ScaledToZero", "the HPA controller scaled the workload to zero");
  } else {
    condition(kToZero, "False", "NotScaledToZero", "the HPA controller did not scale the workload to zero");
  }
  noteScaled(tools_.memory.of(key_).history, current_, change.replicas, tools_.context.now(), behavior());
  co_return true;
}

void Autoscaling::tellNumbers(int32_t current, int32_t desired, bool scaled) {
  auto status = draft_->getStatus();
  status.initObservedGeneration().setValue(read_.meta().getGeneration());
  status.setCurrentReplicas(current);
  status.setDesiredReplicas(desired);
  if (scaled) status.setLastScaleTime(formatTime(tools_.context.wallNow()));
  if (measured_.empty()) {
    status.disownCurrentMetrics();
    return;
  }
  auto metrics = status.initCurrentMetrics(static_cast<uint32_t>(measured_.size()));
  for (uint32_t i = 0; i < metrics.size(); ++i) measured_[i].fill(metrics[i]);
}

Task<Result<void>> Autoscaling::writeStatusIfChanged() {
  auto written = writeStatus<HorizontalPodAutoscaler>(tools_.client, read_, std::move(draft_));
  co_return co_await std::move(written);
}

}  // namespace cleat::autoscaler
