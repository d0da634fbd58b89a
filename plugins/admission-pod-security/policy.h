// Policy: which level of the Pod Security Standards a namespace asks for, in which version, for each of the three
// things that can be done about a pod that is below it.
//
//   PolicyOf found = policyOf(ns.meta().getLabels(), defaults);
//   if (!found.wrongs.empty()) …   // labels that cannot be read; the policy is the stricter for it
#pragma once

#include <cleat/sdk/meta.h>
#include <cleat/sdk/status.h>

#include <compare>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::pod_security {

enum class Level { privileged, baseline, restricted };  // each stricter than the one before

// A version of the standards is that of Kubernetes: 1.N.
struct LevelVersion {
  static constexpr int kLatest = std::numeric_limits<int>::max();
  Level level = Level::privileged;
  int minor = kLatest;
  auto operator<=>(const LevelVersion&) const = default;
};
// "restricted:latest", "baseline:v1.30".
std::string text(const LevelVersion& levelVersion);

struct Policy {
  LevelVersion enforce, audit, warn;
  bool operator==(const Policy&) const = default;
  bool isPrivileged() const {
    return enforce.level == Level::privileged && audit.level == Level::privileged && warn.level == Level::privileged;
  }
};

// None for what is none.
std::optional<Level> parseLevel(std::string_view text);
std::optional<int> parseVersion(std::string_view text);

inline constexpr const char* kLevelRule = "must be one of privileged, baseline, restricted";
inline constexpr const char* kVersionRule = "must be \"latest\" or \"v1.x\"";

// What the namespace's labels say, and the defaults where they say nothing. What they say wrongly is a cause of 422,
// and is taken for the strictest level where it is enforced, for none where it is only spoken of.
struct PolicyOf {
  Policy policy;
  std::vector<StatusCause> wrongs;
};
PolicyOf policyOf(TextMapReader labels, const Policy& defaults);

// That the namespace is exempt and its labels are in vain; empty where they ask for nothing of their own.
std::string exemptionWarning(std::string_view ns, const Policy& policy, const Policy& defaults, TextMapReader labels);

}  // namespace cleat::pod_security
