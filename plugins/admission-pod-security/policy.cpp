#include "policy.h"

#include <charconv>

namespace cleat::pod_security {
namespace {

constexpr std::string_view kPrefix = "pod-security.kubernetes.io/";

std::string_view nameOf(Level level) {
  switch (level) {
    case Level::privileged: return "privileged";
    case Level::baseline: return "baseline";
    case Level::restricted: return "restricted";
  }
  return {};
}

std::string labelOf(const char* mode, const char* suffix = "") { return concat(kPrefix, mode, suffix); }

// Reads the two labels of one mode; whether the level's label is there, and can be read.
struct Read {
  bool says = false, good = false;
};
Read read(TextMapReader labels, const char* mode, Level whenWrong, LevelVersion& into,
          std::vector<StatusCause>& wrongs) {
  auto wrong = [&](const std::string& label, std::string_view value, const char* rule) {
    wrongs.push_back({"FieldValueInvalid", concat("Invalid value: \"", value, "\": ", rule),
                      concat("metadata.labels[", label, "]")});
  };
  Read result;
  const std::string levelLabel = labelOf(mode), versionLabel = labelOf(mode, "-version");
  if (auto value = lookup(labels, levelLabel)) {
    const std::optional<Level> level = parseLevel(*value);
    result = {true, level.has_value()};
    into.level = level.value_or(whenWrong);
    if (!level) wrong(levelLabel, *value, kLevelRule);
  }
  if (auto value = lookup(labels, versionLabel)) {
    const std::optional<int> version = parseVersion(*value);
    into.minor = version.value_or(LevelVersion::kLatest);
    if (!version) wrong(versionLabel, *value, kVersionRule);
  }
  return result;
}

}  // namespace

std::string text(const LevelVersion& levelVersion) {
  const std::string version =
      levelVersion.minor == LevelVersion::kLatest ? "latest" : concat("v1.", levelVersion.minor);
  return concat(nameOf(levelVersion.level), ":", version);
}

std::optional<Level> parseLevel(std::string_view text) {
  for (Level level : {Level::privileged, Level::baseline, Level::restricted}) {
    if (text == nameOf(level)) return level;
  }
  return std::nullopt;
}

std::optional<int> parseVersion(std::string_view text) {
  constexpr std::string_view kMajor = "v1.";
  if (text == "latest") return LevelVersion::kLatest;
  if (!text.starts_with(kMajor)) return std::nullopt;
  text.remove_prefix(kMajor.size());
  if (text.empty() || text.front() == '-' || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  int minor = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minor);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return minor;
}

PolicyOf policyOf(TextMapReader labels, const Policy& defaults) {
  PolicyOf found{defaults, {}};
  Policy& policy = found.policy;
  const Read enforce = read(labels, "enforce", Level::restricted, policy.enforce, found.wrongs);
  read(labels, "audit", Level::privileged, policy.audit, found.wrongs);
  const Read warn = read(labels, "warn", Level::privileged, policy.warn, found.wrongs);
  // Who says what is enforced, and no more, is warned of it where a pod is not refused: in a workload's template.
  if (!warn.says && enforce.good && policy.enforce.level > policy.warn.level) policy.warn = policy.enforce;
  return found;
}

std::string exemptionWarning(std::string_view ns, const Policy& policy, const Policy& defaults, TextMapReader labels) {
  if (policy.isPrivileged() || policy == defaults) return {};
  std::string asked;
  auto add = [&](const char* mode, const LevelVersion& levelVersion) {
    const bool says = lookup(labels, labelOf(mode)) || lookup(labels, labelOf(mode, "-version"));
    if (levelVersion.level == Level::privileged || !says) return;
    asked += concat(asked.empty() ? "" : ", ", mode, "=", text(levelVersion));
  };
  add("enforce", policy.enforce);
  add("audit", policy.audit);
  add("warn", policy.warn);
  return concat("namespace \"", ns, "\" is exempt from Pod Security, and the policy (", asked, ") will be ignored");
}

}  // namespace cleat::pod_security
