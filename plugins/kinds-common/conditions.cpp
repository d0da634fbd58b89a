#include "kinds-common/conditions.h"

#include <set>

#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr size_t kMaxReason = 1024, kMaxMessage = 32 * 1024;

void checkCondition(meta_v1::Condition::Reader condition, const Path& path, Findings& findings) {
  const std::string_view status = view(condition.getStatus()), reason = view(condition.getReason());
  if (condition.getType().size() == 0) {
    findings.required(path / "type", "is required");
  } else {
    checkLabelName(view(condition.getType()), path / "type", findings);
  }
  if (status.empty()) {
    findings.required(path / "status");
  } else {
    checkOneOf(status, path / "status", {"False", "True", "Unknown"}, findings);
  }
  if (condition.getObservedGeneration() < 0) {
    findings.invalid(path / "observedGeneration", condition.getObservedGeneration(),
                     "must be greater than or equal to zero");
  }
  if (condition.getLastTransitionTime().size() == 0) findings.required(path / "lastTransitionTime");
  if (reason.empty()) {
    findings.required(path / "reason");
  } else {
    findings.invalidEach(path / "reason", reason, wrongConditionReason(reason));
    if (reason.size() > kMaxReason) findings.tooLong(path / "reason", kMaxReason);
  }
  if (condition.getMessage().size() > kMaxMessage) findings.tooLong(path / "message", kMaxMessage);
}

}  // namespace

void checkConditions(capnp::List<meta_v1::Condition>::Reader conditions, const Path& path, Findings& findings) {
  std::set<std::string_view> types;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    if (!types.insert(view(conditions[i].getType())).second) findings.duplicate(path[i], conditions[i].getType());
    checkCondition(conditions[i], path[i], findings);
  }
}

}  // namespace cleat::kinds
