#include "kinds-common/workload_rules.h"

#include <charconv>
#include <limits>

#include "kinds-common/cells.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

// As Go's Atoi reads it where its error is passed over: the nearest number there is, and 0 for what is none.
int64_t nearestNumber(std::string_view digits) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) {
    return digits.starts_with('-') ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

bool isPercent(meta_v1::IntOrString::Reader value) {
  return value.isStrVal() && wrongPercent(view(value.getStrVal())).empty();
}

}  // namespace

void checkNotNegative(int64_t value, const Path& path, Findings& findings) {
  if (value < 0) findings.invalid(path, value, kNotNegative);
}

void unfit(Findings& findings, const Path& path, std::string_view detail) {
  findings.add({"FieldValueInvalid", concat("Invalid value: ", detail), str(path.text())});
}

int64_t numberIn(meta_v1::IntOrString::Reader value) {
  if (value.isIntVal()) return value.getIntVal();
  std::string_view text = view(value.getStrVal());
  if (isPercent(value)) text.remove_suffix(1);
  return nearestNumber(text);
}

Shown shownNumber(meta_v1::IntOrString::Reader value) {
  return value.isIntVal() ? Shown(value.getIntVal()) : Shown(value.getStrVal());
}

void checkCountOrPercent(meta_v1::IntOrString::Reader value, const Path& path, Findings& findings) {
  if (value.isIntVal()) {
    checkNotNegative(value.getIntVal(), path, findings);
    return;
  }
  Wrongs wrongs = wrongPercent(view(value.getStrVal()));
  if (!wrongs.empty()) findings.invalidEach(path, value.getStrVal(), wrongs);
}

void checkAtMostAll(meta_v1::IntOrString::Reader value, const Path& path, Findings& findings) {
  if (isPercent(value) && numberIn(value) > 100) {
    findings.invalid(path, value.getStrVal(), "must not be greater than 100%");
  }
}

void checkSelector(meta_v1::LabelSelector::Reader selector, std::string_view workload, const Path& path,
                   Findings& findings) {
  checkLabelSelector(selector, path, findings);
  if (isEmptySelector(selector)) {
    findings.invalid(path, shownSelector(selector), concat("empty selector is invalid for ", workload));
  }
}

Result<LabelSelector> selectorOf(meta_v1::LabelSelector::Reader selector, bool present) {
  if (!present) return LabelSelector::nothing();
  // One with wrong names or values finds nothing that it could be held against.
  Findings findings;
  checkLabelSelector(selector, Path("selector"), findings);
  if (!findings.empty()) return fail(Status::badRequest(violationsText(findings)));
  return LabelSelector::compile(selector);
}

void checkSelected(core_v1::PodTemplateSpec::Reader pod, const LabelSelector& selector, const Path& path,
                   Findings& findings) {
  auto labels = pod.getMetadata().getLabels();
  if (!selector.matches(labels)) {
    findings.invalid(path / "metadata" / "labels", shownMap(labels), "`selector` does not match template `labels`");
  }
}

void checkKeptRunning(core_v1::PodSpec::Reader spec, std::string_view kind, const Path& path, Findings& findings) {
  std::string_view policy = view(spec.getRestartPolicy());
  if (policy != "Always") findings.notSupported(path / "restartPolicy", policy, {"Always"});
  if (isSet(spec.getActiveDeadlineSeconds())) {
    findings.forbidden(path / "activeDeadlineSeconds", concat("activeDeadlineSeconds in ", kind, " is not Supported"));
  }
}

void checkNotDecremented(meta_v1::Int32Value::Reader now, meta_v1::Int32Value::Reader before, const Path& path,
                         Findings& findings) {
  const bool gone = isSet(before) && !isSet(now);
  if (gone || (isSet(before) && now.getValue() < before.getValue())) {
    findings.invalid(path, valueOr(now, 0), "cannot be decremented");
  }
}

void checkReplicaCounts(int32_t replicas, const Count& updated, const Count& ready, const Count& available,
                        Findings& findings) {
  const Path path("status");
  checkNotNegative(replicas, path / "replicas", findings);
  for (const Count& count : {updated, ready, available}) {
    checkNotNegative(count.value, path / count.field, findings);
    if (count.value > replicas) {
      findings.invalid(path / count.field, count.value, "cannot be greater than status.replicas");
    }
  }
  if (available.value > ready.value) {
    findings.invalid(path / available.field, available.value, "cannot be greater than readyReplicas");
  }
}

}  // namespace cleat::kinds
