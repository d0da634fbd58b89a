#include "profile.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/try.h>

#include <algorithm>
#include <functional>

namespace cleat::scheduling {
namespace {

constexpr std::array<std::string_view, kJudges> kNames = {"SchedulingGates",
                                                          "NodeUnschedulable",
                                                          "NodeName",
                                                          "TaintToleration",
                                                          "NodeAffinity",
                                                          "NodePorts",
                                                          "NodeResourcesFit",
                                                          "VolumeRestrictions",
                                                          "NodeVolumeLimits",
                                                          "VolumeBinding",
                                                          "VolumeZone",
                                                          "PodTopologySpread",
                                                          "InterPodAffinity",
                                                          "DynamicResources",
                                                          "NodeDeclaredFeatures",
                                                          "DefaultPreemption",
                                                          "NodeResourcesBalancedAllocation",
                                                          "ImageLocality",
                                                          "Extensions"};
constexpr int64_t kMostWeight = 1000;

using Profiles = std::vector<Profile>;
using Apply = std::function<Result<void>(Profile& profile, std::string_view entry)>;

// Gives each entry of the list to the profiles that it is for.
Result<void> forEach(const Config& config, std::string_view setting, Profiles& profiles, const Apply& apply) {
  for (const std::string& entry : config.list(setting)) {
    std::string_view text = entry;
    std::string_view scheduler;
    if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
      scheduler = text.substr(0, slash);
      const bool known = std::ranges::any_of(profiles, [&](const Profile& p) { return p.schedulerName == scheduler; });
      // A resource may have a slash in its name, too.
      if (known) text.remove_prefix(slash + 1);
      if (!known && setting != "resources") {
        return fail(Status::badRequest(concat(setting, ": there is no profile ", inQuotes(scheduler))));
      }
      if (!known) scheduler = {};
    }
    for (Profile& profile : profiles) {
      if (!scheduler.empty() && profile.schedulerName != scheduler) continue;
      if (auto applied = apply(profile, text); !applied) {
        return fail(Status::badRequest(concat(setting, ": ", inQuotes(entry), " ", applied.error().message)));
      }
    }
  }
  return {};
}

Result<std::pair<std::string_view, int64_t>> assignment(std::string_view entry, int64_t least, int64_t most) {
  const size_t equals = entry.rfind('=');
  const auto value = equals == std::string_view::npos ? std::nullopt : parseInteger<int64_t>(entry.substr(equals + 1));
  if (!value || *value < least || *value > most) {
    return fail(Status::badRequest(concat("is not NAME=NUMBER with a number from ", least, " to ", most)));
  }
  return std::pair(entry.substr(0, equals), *value);
}

Result<Judge> judge(std::string_view name) {
  if (auto found = judgeNamed(name)) return *found;
  return fail(Status::badRequest("is no scheduling plugin"));
}

Result<void> setWeight(Profile& profile, std::string_view entry) {
  CLEAT_TRY(auto named, assignment(entry, 0, kMostWeight));
  CLEAT_TRY(Judge which, judge(named.first));
  int64_t& weight = profile.weights[static_cast<size_t>(which)];
  if (weight == 0) return fail(Status::badRequest("scores nothing"));
  weight = named.second;
  return {};
}

Result<void> setScoring(Profile& profile, std::string_view name) {
  if (name == "LeastAllocated" || name == "spread") {
    profile.scoring = Scoring::leastAllocated;
  } else if (name == "MostAllocated" || name == "pack") {
    profile.scoring = Scoring::mostAllocated;
  } else if (name == "RequestedToCapacityRatio") {
    profile.scoring = Scoring::requestedToCapacityRatio;
  } else {
    return fail(Status::badRequest("is neither LeastAllocated, MostAllocated nor RequestedToCapacityRatio"));
  }
  // "pack" means more than Kubernetes' own word: a packed node is neither balanced nor kept free of replicas.
  if (name == "pack") {
    profile.enabled &= ~bit(Judge::balancedAllocation);
    profile.weights[static_cast<size_t>(Judge::podTopologySpread)] = 0;
  }
  return {};
}

Result<void> readLists(const Config& config, Profiles& profiles) {
  for (Profile& profile : profiles) {
    const std::string scoring = config.string("scoring");
    if (auto set = setScoring(profile, scoring); !set) {
      return fail(Status::badRequest(concat("scoring: ", inQuotes(scoring), " ", set.error().message)));
    }
  }
  CLEAT_TRY(forEach(config, "profile_scoring", profiles, setScoring));
  CLEAT_TRY(forEach(config, "disabled", profiles, [](Profile& profile, std::string_view name) -> Result<void> {
    CLEAT_TRY(Judge which, judge(name));
    profile.enabled &= ~bit(which);
    return {};
  }));
  CLEAT_TRY(forEach(config, "weights", profiles, setWeight));
  for (Profile& profile : profiles) {
    if (config.has("resources")) profile.resources.clear();
    if (config.has("shape")) profile.shape.clear();
  }
  CLEAT_TRY(forEach(config, "resources", profiles, [](Profile& profile, std::string_view entry) -> Result<void> {
    CLEAT_TRY(auto named, assignment(entry, 1, 100));
    profile.resources.emplace_back(named.first, named.second);
    return {};
  }));
  return forEach(config, "shape", profiles, [](Profile& profile, std::string_view entry) -> Result<void> {
    CLEAT_TRY(auto point, assignment(entry, 0, 10));
    const auto share = parseInteger<int64_t>(point.first);
    const bool rises = profile.shape.empty() || (share && *share > profile.shape.back().first);
    if (!share || *share < 0 || *share > 100 || !rises) {
      return fail(Status::badRequest("does not rise from 0 to 100"));
    }
    profile.shape.emplace_back(*share, point.second);
    return {};
  });
}

}  // namespace

Profile::Profile() {
  const std::pair<Judge, int64_t> defaults[] = {
      {Judge::taintToleration, 3},    {Judge::nodeAffinity, 2},     {Judge::nodeResourcesFit, 1},
      {Judge::podTopologySpread, 2},  {Judge::interPodAffinity, 2}, {Judge::dynamicResources, 2},
      {Judge::balancedAllocation, 1}, {Judge::imageLocality, 1},    {Judge::volumeBinding, 1}};
  for (const auto& [which, weight] : defaults) weights[static_cast<size_t>(which)] = weight;
}

std::string_view nameOf(Judge judge) { return kNames[static_cast<size_t>(judge)]; }

std::optional<Judge> judgeNamed(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Judge>(found - kNames.begin());
}

Result<std::vector<Profile>> readProfiles(const Config& config) {
  std::vector<std::string> names = config.list("profiles");
  names.insert(names.begin(), config.string("scheduler_name"));
  Profiles profiles;
  for (const std::string& name : names) {
    const bool twice = std::ranges::any_of(profiles, [&](const Profile& p) { return p.schedulerName == name; });
    if (name.empty() || twice) {
      return fail(Status::badRequest(concat("profiles: ", inQuotes(name), " is empty or named twice")));
    }
    profiles.emplace_back().schedulerName = name;
  }
  CLEAT_TRY(readLists(config, profiles));
  return profiles;
}

}  // namespace cleat::scheduling
