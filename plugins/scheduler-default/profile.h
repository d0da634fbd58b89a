// What a scheduler name stands for: which of Kubernetes' scheduling plugins judge its pods, and with what weight.
#pragma once

#include <cleat/sdk/config.h>
#include <cleat/sdk/status.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::scheduling {

// In the order in which they are asked; the first that rejects a node is the one that says why.
enum class Judge : uint8_t {
  schedulingGates,  // keeps pods from being asked about at all
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  dynamicResources,
  nodeDeclaredFeatures,
  defaultPreemption,
  balancedAllocation,
  imageLocality,
  extensions,  // all of those that the settings name
};
constexpr size_t kJudges = 19;

std::string_view nameOf(Judge judge);  // "NodeResourcesFit"
std::optional<Judge> judgeNamed(std::string_view name);

using JudgeSet = uint32_t;
constexpr JudgeSet bit(Judge judge) { return JudgeSet(1) << static_cast<unsigned>(judge); }

enum class Scoring : uint8_t { leastAllocated, mostAllocated, requestedToCapacityRatio };

struct Profile {
  std::string schedulerName;
  JudgeSet enabled = (JudgeSet(1) << kJudges) - 1;
  std::array<int64_t, kJudges> weights{};  // 0 where it scores nothing
  Scoring scoring = Scoring::leastAllocated;
  std::vector<std::pair<std::string, int64_t>> resources = {{"cpu", 1}, {"memory", 1}};
  // Of requestedToCapacityRatio: how good so many hundredths in use are, 0 to 10, rising in the first.
  std::vector<std::pair<int64_t, int64_t>> shape = {{0, 0}, {100, 10}};

  std::vector<uint32_t> ignored;  // resources that are no business of the scheduler's own

  Profile();
  bool has(Judge judge) const { return (enabled & bit(judge)) != 0; }
  int64_t weight(Judge judge) const { return has(judge) ? weights[static_cast<size_t>(judge)] : 0; }
};

// From the settings of the README. An entry of a list may begin with "SCHEDULER/" and is then for that profile alone.
Result<std::vector<Profile>> readProfiles(const Config& config);

}  // namespace cleat::scheduling
