#include "kinds-common/conditions.h"

#include <algorithm>
#include <set>

#include "kinds-common/metadata.h"

namespace cleat::kinds {

namespace {

constexpr size_t kMaxReason = 1024, kMaxMessage = 32 * 1024;
constexpr const char* kWrongReason =
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or "
    "'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is "
    "'[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

constexpr bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool isWord(char c) { return isLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool isReason(std::string_view text) {
  return isLetter(text.front()) && isWord(text.back()) &&
         std::ranges::all_of(text, [](char c) { return isWord(c) || c == ',' || c == ':'; });
}

void checkReason(std::string_view reason, const Path& path, Findings& findings) {
  if (reason.empty()) return findings.required(path);
  if (!isReason(reason)) findings.invalid(path, reason, kWrongReason);
  if (reason.size() > kMaxReason) findings.tooLong(path, kMaxReason);
}

void checkMetaCondition(meta_v1::Condition::Reader condition, const Path& path, Findings& findings) {
  if (condition.getType().size() == 0) {
    findings.required(path / "type", "is required");
  } else {
    checkLabelName(view(condition.getType()), path / "type", findings);
  }
  if (condition.getStatus().size() == 0) {
    findings.required(path / "status");
  } else {
    checkOneOf(view(condition.getStatus()), path / "status", {"False", "True", "Unknown"}, findings);
  }
  if (condition.getObservedGeneration() < 0) {
    findings.invalid(path / "observedGeneration", condition.getObservedGeneration(),
                     "must be greater than or equal to zero");
  }
  if (condition.getLastTransitionTime().size() == 0) findings.required(path / "lastTransitionTime");
  checkReason(view(condition.getReason()), path / "reason", findings);
  if (condition.getMessage().size() > kMaxMessage) findings.tooLong(path / "message", kMaxMessage);
}

}  // namespace

void checkConditions(capnp::List<meta_v1::Condition>::Reader conditions, const Path& path, Findings& findings) {
  std::set<std::string_view> types;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    if (!types.insert(view(conditions[i].getType())).second) findings.duplicate(path[i], conditions[i].getType());
    checkMetaCondition(conditions[i], path[i], findings);
  }
}

}  // namespace cleat::kinds
