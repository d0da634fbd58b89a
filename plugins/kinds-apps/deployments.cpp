// Deployments: replicas of a pod that are replaced step by step when the template changes.
#include <cleat/sdk/meta.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/alpha_fields.h"
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
  dropAlphaFields(spec.getTemplate().getSpec(),
                  change.old ? change.old->getSpec().getTemplate().getSpec() : core_v1::PodSpec::Reader());
}

void checkRolling(apps_v1::RollingUpdateDeployment::Reader rolling, const Path& path, Findings& findings) {
  auto unavailable = rolling.getMaxUnavailable();
  auto surge = rolling.getMaxSurge();
  checkCountOrPercent(unavailable, path / "maxUnavailable", findings);
  checkCountOrPercent(surge, path / "maxSurge", findings);
  if (numberIn(unavailable) == 0 && numberIn(surge) == 0) {
    findings.invalid(path / "maxUnavailable", shownNumber(unavailable), "may not be 0 when `maxSurge` is 0");
  }
  checkAtMostAll(unavailable, path / "maxUnavailable", findings);
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
    findings.notSupported(path, shownStrategy(strategy), {"Recreate", "RollingUpdate"});
  }
}

void checkStatus(const Change<apps_v1::Deployment>& change, Findings& findings) {
  const Path path("status");
  auto status = change.object.getStatus();
  checkNotNegative(status.getObservedGeneration(), path / "observedGeneration", findings);
  checkNotNegative(status.getUnavailableReplicas(), path / "unavailableReplicas", findings);
  checkNotNegative(status.getCollisionCount(), path / "collisionCount", findings);
  checkReplicaCounts(status, {"updatedReplicas", status.getUpdatedReplicas()}, findings);
  if (change.old) {
    checkNotDecremented(status.getCollisionCount(), change.old->getStatus().getCollisionCount(),
                        path / "collisionCount", findings);
  }
}

void validate(const Change<apps_v1::Deployment>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change, findings);
    return;
  }
  auto spec = change.object.getSpec();
  const Path path("spec");
  checkNotNegative(spec.getReplicas(), path / "replicas", findings);
  checkSelectorAndTemplate(spec, path, findings);
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
  if (change.isCreate()) warnOfPodNames(change.object.getMetadata(), findings);
  warnOfTemplate(change, findings);
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

void addDeployments(KindTable& table, Scales& scales) {
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
  scales.add<apps_v1::Deployment>(table);
}

}  // namespace cleat::kinds::apps
