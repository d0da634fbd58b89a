#include "behavior.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace cleat::autoscaler {
namespace {

using autoscaling_v2::HorizontalPodAutoscalerBehavior;
using autoscaling_v2::HPAScalingRules;
using std::chrono::seconds;

constexpr int32_t kMost = std::numeric_limits<int32_t>::max(), kLeast = std::numeric_limits<int32_t>::min();

const Because kReady{"ReadyForNewScale", "recommended size matches current size"};
const Because kDownStabilized{"ScaleDownStabilized",
                              "recent recommendations were higher than current one, applying the highest recent "
                              "recommendation"};
const Because kUpStabilized{"ScaleUpStabilized",
                            "recent recommendations were lower than current one, applying the lowest recent "
                            "recommendation"};
const Because kTooFew{"TooFewReplicas", "the desired replica count is less than the minimum replica count"};
const Because kTooMany{"TooManyReplicas", "the desired replica count is more than the maximum replica count"};
const Because kTooFastUp{"ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"};
const Because kTooFastDown{"ScaleDownLimit",
                           "the desired replica count is decreasing faster than the maximum scale rate"};
const Because kWithin{"DesiredWithinRange", "the desired count is within the acceptable range"};

int32_t clamped(double replicas) {
  return static_cast<int32_t>(std::clamp(replicas, static_cast<double>(kLeast), static_cast<double>(kMost)));
}

int32_t changedIn(const std::vector<ScaleEvent>& events, int32_t periodSeconds, Instant now) {
  int32_t sum = 0;
  for (const ScaleEvent& event : events) {
    if (event.at > now - seconds(periodSeconds)) sum += event.change;
  }
  return sum;
}

// How far the number may go in one direction by the policies that the rules select from.
int32_t limitOf(const ScalingHistory& history, int32_t current, HPAScalingRules::Reader rules, bool up, Instant now) {
  const std::string_view select = view(rules.getSelectPolicy());
  if (select == "Disabled") return current;
  // The policy that lets it change most, or least.
  const bool most = select != "Min";
  const bool greatest = up == most;
  int32_t limit = greatest ? kLeast : kMost;
  for (auto policy : rules.getPolicies()) {
    const int32_t added = changedIn(history.ups, policy.getPeriodSeconds(), now);
    const int32_t removed = changedIn(history.downs, policy.getPeriodSeconds(), now);
    const double begin = static_cast<double>(current) - added + removed;
    double proposed = 0;
    if (view(policy.getType()) == "Pods") {
      proposed = up ? begin + policy.getValue() : begin - policy.getValue();
    } else {
      const double part = static_cast<double>(policy.getValue()) / 100;
      proposed = up ? std::ceil(begin * (1 + part)) : std::trunc(begin * (1 - part));
    }
    limit = greatest ? std::max(limit, clamped(proposed)) : std::min(limit, clamped(proposed));
  }
  return limit;
}

// The proposal, steadied by those before it that are not older than the direction's window.
int32_t steadied(const ScalingHistory& history, const ScalingArguments& arguments, Duration upWindow,
                 Duration downWindow) {
  int32_t up = arguments.proposed, down = arguments.proposed;
  for (const Recommendation& past : history.recommendations) {
    if (past.at > arguments.now - upWindow) up = std::min(up, past.replicas);
    if (past.at > arguments.now - downWindow) down = std::max(down, past.replicas);
  }
  return std::min(std::max(arguments.current, up), down);
}

void remember(ScalingHistory& history, const ScalingArguments& arguments, Duration longest) {
  std::erase_if(history.recommendations, [&](const Recommendation& past) { return past.at < arguments.now - longest; });
  history.recommendations.push_back({arguments.proposed, arguments.now});
}

Decision within(int32_t wanted, int32_t allowed, const Because& why, bool exceeded) {
  Decision decision{.replicas = wanted, .limited = kWithin};
  if (exceeded) decision = {.replicas = allowed, .isLimited = allowed != wanted, .limited = why};
  return decision;
}

Decision byRules(const ScalingHistory& history, const ScalingArguments& arguments, int32_t wanted,
                 HorizontalPodAutoscalerBehavior::Reader behavior) {
  const int32_t current = arguments.current;
  if (wanted > current) {
    const int32_t limit = std::max(current, limitOf(history, current, behavior.getScaleUp(), true, arguments.now));
    const bool isFast = arguments.max > limit;
    const int32_t allowed = isFast ? limit : arguments.max;
    return within(wanted, allowed, isFast ? kTooFastUp : kTooMany, wanted > allowed);
  }
  if (wanted < current) {
    const int32_t limit = std::min(current, limitOf(history, current, behavior.getScaleDown(), false, arguments.now));
    const bool isFast = arguments.min < limit;
    const int32_t allowed = isFast ? limit : arguments.min;
    return within(wanted, allowed, isFast ? kTooFastDown : kTooFew, wanted < allowed);
  }
  return within(wanted, wanted, kWithin, false);
}

Decision byOldRules(const ScalingArguments& arguments, int32_t wanted) {
  // As a double: twice the most that there can be is more than an int32.
  const int32_t limit = clamped(std::max(2.0 * arguments.current, 4.0));
  const bool isFast = arguments.max > limit;
  const int32_t allowed = isFast ? limit : arguments.max;
  if (wanted < arguments.min) return within(wanted, arguments.min, kTooFew, true);
  return within(wanted, allowed, isFast ? kTooFastUp : kTooMany, wanted > allowed);
}

Duration windowOf(HPAScalingRules::Reader rules, Duration usual) {
  if (!rules.hasStabilizationWindowSeconds()) return usual;
  return seconds(rules.getStabilizationWindowSeconds().getValue());
}

int32_t longestPeriod(HPAScalingRules::Reader rules) {
  int32_t longest = 0;
  for (auto policy : rules.getPolicies()) longest = std::max(longest, policy.getPeriodSeconds());
  return longest;
}

}  // namespace

Decision decide(ScalingHistory& history, const ScalingArguments& arguments,
                std::optional<HorizontalPodAutoscalerBehavior::Reader> behavior) {
  Duration upWindow{}, downWindow = arguments.downscaleStabilization;
  if (behavior) {
    upWindow = windowOf(behavior->getScaleUp(), Duration{});
    downWindow = windowOf(behavior->getScaleDown(), arguments.downscaleStabilization);
  }
  // Of old, past proposals keep the number up and never down; the present number has no part in it.
  int32_t wanted = arguments.proposed;
  if (behavior) {
    wanted = steadied(history, arguments, upWindow, downWindow);
  } else {
    for (const Recommendation& past : history.recommendations) {
      if (past.at > arguments.now - downWindow) wanted = std::max(wanted, past.replicas);
    }
  }
  remember(history, arguments, std::max(upWindow, downWindow));
  Decision decision = behavior ? byRules(history, arguments, wanted, *behavior) : byOldRules(arguments, wanted);
  const bool isUp = behavior && arguments.proposed >= arguments.current;
  decision.able = wanted == arguments.proposed ? kReady : isUp ? kUpStabilized : kDownStabilized;
  return decision;
}

void noteScaled(ScalingHistory& history, int32_t before, int32_t after, Instant now,
                std::optional<HorizontalPodAutoscalerBehavior::Reader> behavior) {
  if (!behavior || before == after) return;
  const bool up = after > before;
  std::vector<ScaleEvent>& events = up ? history.ups : history.downs;
  const int32_t period = longestPeriod(up ? behavior->getScaleUp() : behavior->getScaleDown());
  std::erase_if(events, [&](const ScaleEvent& event) { return event.at < now - seconds(period); });
  events.push_back({up ? after - before : before - after, now});
}

}  // namespace cleat::autoscaler
