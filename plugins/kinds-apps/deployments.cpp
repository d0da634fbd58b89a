// Deployments: replicas of a pod that are replaced step by step when the template changes.
#include <cleat/sdk/meta.h>

#include <charconv>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::apps {

namespace {

constexpr int32_t kHistoryLimit = 10, kProgressSeconds = 600;
constexpr const char* kDefaultStep = "25%";

void setDefaults(apps_v1::Deployment::Builder deployment, const Change<apps_v1::Deployment>& change) {
  if (change.isDelete()) return;
  auto spec = deployment.getSpec();
  if (!spec.hasReplicas()) spec.initReplicas().setValue(1);
  if (!spec.hasRevisionHistoryLimit()) spec.initRevisionHistoryLimit().setValue(kHistoryLimit);
  if (!spec.hasProgressDeadlineSeconds()) spec.initProgressDeadlineSeconds().setValue(kProgressSeconds);
  auto strategy = spec.getStrategy();
  if (strategy.getType().size() == 0) strategy.setType("RollingUpdate");
  if (view(strategy.getType().asReader()) == "RollingUpdate") {
    auto rolling = strategy.getRollingUpdate();
    if (!rolling.hasMaxUnavailable()) rolling.initMaxUnavailable().setStrVal(kDefaultStep);
    if (!rolling.hasMaxSurge()) rolling.initMaxSurge().setStrVal(kDefaultStep);
  }
  setPodSpecDefaults(spec.getTemplate().getSpec());
}

// A count, or the percentage in a text; nothing when it is neither.
std::optional<int64_t> numberIn(meta_v1::IntOrString::Reader value) {
  if (value.isIntVal()) return value.getIntVal();
  std::string_view text = view(value.getStrVal());
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end == text.end() || *end != '%') return std::nullopt;
  return number;
}

void checkStep(meta_v1::IntOrString::Reader value, const Path& path, Findings& findings) {
  if (value.isIntVal()) {
    checkNotNegative(value.getIntVal(), path, findings);
    return;
  }
  Wrongs wrongs = wrongPercent(view(value.getStrVal()));
  if (!wrongs.empty()) findings.invalidEach(path, value.getStrVal(), wrongs);
}

void checkRolling(apps_v1::RollingUpdateDeployment::Reader rolling, const Path& path, Findings& findings) {
  auto unavailable = rolling.getMaxUnavailable();
  auto surge = rolling.getMaxSurge();
  checkStep(unavailable, path / "maxUnavailable", findings);
  checkStep(surge, path / "maxSurge", findings);
  if (numberIn(unavailable) == 0 && numberIn(surge) == 0) {
    Shown shown = unavailable.isIntVal() ? Shown(unavailable.getIntVal()) : Shown(unavailable.getStrVal());
    findings.invalid(path / "maxUnavailable", shown, "may not be 0 when `maxSurge` is 0");
  }
  if (unavailable.isStrVal() && numberIn(unavailable).value_or(0) > 100) {
    findings.invalid(path / "maxUnavailable", unavailable.getStrVal(), "must not be greater than 100%");
  }
}

void checkStrategy(apps_v1::DeploymentStrategy::Reader strategy, const Path& path, Findings& findings) {
  std::string_view type = view(strategy.getType());
  if (type == "Recreate") {
    if (strategy.hasRollingUpdate()) {
      findings.forbidden(path / "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
    }
  } else if (type == "RollingUpdate") {
    if (strategy.hasRollingUpdate()) {
      checkRolling(strategy.getRollingUpdate(), path / "rollingUpdate", findings);
    } else {
      findings.required(path / "rollingUpdate", "this should be defaulted and never be nil");
    }
  } else {
    findings.notSupported(path, type, {"Recreate", "RollingUpdate"});
  }
}

void checkStatus(apps_v1::DeploymentStatus::Reader status, Findings& findings) {
  const Path path("status");
  checkNotNegative(status.getObservedGeneration(), path / "observedGeneration", findings);
  checkNotNegative(status.getUnavailableReplicas(), path / "unavailableReplicas", findings);
  checkNotNegative(status.getCollisionCount(), path / "collisionCount", findings);
  checkReplicaCounts(status, {"updatedReplicas", status.getUpdatedReplicas()}, findings);
}

void validate(const Change<apps_v1::Deployment>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change.object.getStatus(), findings);
    return;
  }
  auto spec = change.object.getSpec();
  const Path path("spec");
  checkNotNegative(spec.getReplicas(), path / "replicas", findings);
  checkSelector(spec.getSelector(), spec.hasSelector(), path / "selector", findings);
  checkTemplate(spec.getTemplate(), spec.getSelector(), path / "template", findings);
  checkStrategy(spec.getStrategy(), path / "strategy", findings);
  checkNotNegative(spec.getMinReadySeconds(), path / "minReadySeconds", findings);
  checkNotNegative(spec.getRevisionHistoryLimit(), path / "revisionHistoryLimit", findings);
  if (isSet(spec.getProgressDeadlineSeconds())) {
    int32_t seconds = spec.getProgressDeadlineSeconds().getValue();
    checkNotNegative(seconds, path / "progressDeadlineSeconds", findings);
    if (seconds <= spec.getMinReadySeconds()) {
      findings.invalid(path / "progressDeadlineSeconds", seconds, "must be greater than minReadySeconds");
    }
  }
  checkSameSelector(change, path / "selector", findings);
  warnOfWorkload(change, findings);
}

void print(apps_v1::Deployment::Reader deployment, Cells& cells) {
  auto spec = deployment.getSpec();
  auto status = deployment.getStatus();
  auto containers = spec.getTemplate().getSpec().getContainers();
  cells.text(deployment.getMetadata().getName());
  cells.text(concat(status.getReadyReplicas(), "/", valueOr(spec.getReplicas(), 0)));
  cells.integer(status.getUpdatedReplicas());
  cells.integer(status.getAvailableReplicas());
  cells.age(deployment.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(selectorText(spec.getSelector()));
}

}  // namespace

void addDeployments(KindTable& table) {
  table.add<apps_v1::Deployment>({.structFile = kSchemaFile,
                                  .shortNames = {"deploy"},
                                  .categories = {"all"},
                                  .columns = {nameColumn(),
                                              {"Ready", "string", "How many of the wanted pods are ready."},
                                              {"Up-to-date", "string", "How many pods are of the current template."},
                                              {"Available", "string", "How many pods have been ready for long enough."},
                                              ageColumn(),
                                              wide({"Containers", "string", "The names of the template's containers."}),
                                              wide({"Images", "string", "The images of the template's containers."}),
                                              wide({"Selector", "string", "The labels of the deployment's pods."})},
                                  .hasStatus = true,
                                  .statusLeavesMetadata = {"labels"}},
                                 {setDefaults, validate, print});
  table.addStatus<apps_v1::Deployment>();
  addScale<apps_v1::Deployment>(table);
}

}  // namespace cleat::kinds::apps
