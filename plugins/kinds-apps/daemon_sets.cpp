// DaemonSets: one pod of a template on every node that it fits.
#include <cleat/sdk/meta.h>

#include <charconv>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/alpha_fields.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::apps {

namespace {

// Counts the templates that a DaemonSet has had, for clients that still ask for it. Only the server writes it.
constexpr const char* kTemplateGeneration = "deprecated.daemonset.template.generation";

int64_t templateGeneration(meta_v1::ObjectMeta::Reader meta) {
  std::string_view text = annotation(meta, kTemplateGeneration).value_or("");
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void setTemplateGeneration(apps_v1::DaemonSet::Builder set, const Change<apps_v1::DaemonSet>& change) {
  int64_t generation = 1;
  if (change.old) {
    const bool changed = !sameStruct(change.old->getSpec().getTemplate(), set.asReader().getSpec().getTemplate());
    generation = templateGeneration(change.old->getMetadata()) + (changed && !change.isStatus() ? 1 : 0);
  }
  setAnnotation(set.getMetadata(), kTemplateGeneration, std::to_string(generation));
}

void setDefaults(apps_v1::DaemonSet::Builder set, const Change<apps_v1::DaemonSet>& change) {
  if (change.isDelete()) return;
  auto spec = set.getSpec();
  auto strategy = spec.getUpdateStrategy();
  if (strategy.getType().size() == 0) strategy.setType("RollingUpdate");
  if (view(strategy.getType().asReader()) == "RollingUpdate") {
    auto rolling = strategy.getRollingUpdate();
    if (!rolling.hasMaxUnavailable()) rolling.initMaxUnavailable().setIntVal(1);
    if (!rolling.hasMaxSurge()) rolling.initMaxSurge().setIntVal(0);
  }
  if (!spec.hasRevisionHistoryLimit()) spec.initRevisionHistoryLimit().setValue(kRevisionHistoryLimit);
  setPodSpecDefaults(spec.getTemplate().getSpec());
  dropAlphaFields(spec.getTemplate().getSpec(),
                  change.old ? change.old->getSpec().getTemplate().getSpec() : core_v1::PodSpec::Reader());
  setTemplateGeneration(set, change);
}

void checkRolling(apps_v1::RollingUpdateDaemonSet::Reader rolling, const Path& path, Findings& findings) {
  auto unavailable = rolling.getMaxUnavailable();
  auto surge = rolling.getMaxSurge();
  checkCountOrPercent(unavailable, path / "maxUnavailable", findings);
  checkCountOrPercent(surge, path / "maxSurge", findings);
  checkAtMostAll(unavailable, path / "maxUnavailable", findings);
  checkAtMostAll(surge, path / "maxSurge", findings);
  const bool takesAway = numberIn(unavailable) != 0, adds = numberIn(surge) != 0;
  if (takesAway && adds) {
    findings.invalid(path / "maxSurge", shownNumber(surge), "may not be set when maxUnavailable is non-zero");
  } else if (!takesAway && !adds) {
    findings.required(path / "maxUnavailable", "cannot be 0 when maxSurge is 0");
  }
}

void checkStrategy(apps_v1::DaemonSetUpdateStrategy::Reader strategy, const Path& path, Findings& findings) {
  std::string_view type = view(strategy.getType());
  if (type == "OnDelete") return;
  if (type != "RollingUpdate") {
    findings.notSupported(path, shownStrategy(strategy), {"RollingUpdate", "OnDelete"});
  } else if (!strategy.hasRollingUpdate()) {
    findings.required(path / "rollingUpdate");
  } else {
    checkRolling(strategy.getRollingUpdate(), path / "rollingUpdate", findings);
  }
}

void checkStatus(const Change<apps_v1::DaemonSet>& change, Findings& findings) {
  const Path path("status");
  auto status = change.object.getStatus();
  const std::pair<const char*, int64_t> counts[] = {{"currentNumberScheduled", status.getCurrentNumberScheduled()},
                                                    {"numberMisscheduled", status.getNumberMisscheduled()},
                                                    {"desiredNumberScheduled", status.getDesiredNumberScheduled()},
                                                    {"numberReady", status.getNumberReady()},
                                                    {"observedGeneration", status.getObservedGeneration()},
                                                    {"updatedNumberScheduled", status.getUpdatedNumberScheduled()},
                                                    {"numberAvailable", status.getNumberAvailable()},
                                                    {"numberUnavailable", status.getNumberUnavailable()}};
  for (const auto& [field, count] : counts) checkNotNegative(count, path / field, findings);
  checkNotNegative(status.getCollisionCount(), path / "collisionCount", findings);
  if (!change.old) return;
  checkNotDecremented(status.getCollisionCount(), change.old->getStatus().getCollisionCount(), path / "collisionCount",
                      findings);
}

void validate(const Change<apps_v1::DaemonSet>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change, findings);
    return;
  }
  auto spec = change.object.getSpec();
  auto selector = spec.getSelector();
  const Path path("spec");
  checkSameSelector(change, path / "selector", findings);
  checkLabelSelector(selector, path / "selector", findings);
  auto selected = selectorOf(selector, spec.hasSelector());
  if (selected) checkSelected(spec.getTemplate(), *selected, path / "template", findings);
  if (spec.hasSelector() && isEmptySelector(selector)) {
    findings.invalid(path / "selector", shownSelector(selector), "empty selector is invalid for daemonset");
  }
  checkPodTemplate(spec.getTemplate(), path / "template", findings);
  checkKeptRunning(spec.getTemplate().getSpec(), "DaemonSet", path / "template" / "spec", findings);
  checkNotNegative(spec.getMinReadySeconds(), path / "minReadySeconds", findings);
  checkStrategy(spec.getUpdateStrategy(), path / "updateStrategy", findings);
  checkNotNegative(spec.getRevisionHistoryLimit(), path / "revisionHistoryLimit", findings);
  warnOfTemplate(change, findings);
}

void print(apps_v1::DaemonSet::Reader set, Cells& cells) {
  auto pod = set.getSpec().getTemplate().getSpec();
  auto status = set.getStatus();
  cells.text(set.getMetadata().getName());
  cells.integer(status.getDesiredNumberScheduled());
  cells.integer(status.getCurrentNumberScheduled());
  cells.integer(status.getNumberReady());
  cells.integer(status.getUpdatedNumberScheduled());
  cells.integer(status.getNumberAvailable());
  cells.text(labelsText(pod.getNodeSelector()));
  cells.age(set.getMetadata().getCreationTimestamp());
  cells.text(containerNames(pod.getContainers()));
  cells.text(containerImages(pod.getContainers()));
  cells.text(selectorText(set.getSpec().getSelector()));
}

}  // namespace

void addDaemonSets(KindTable& table) {
  table.add<apps_v1::DaemonSet>(
      {.structFile = kSchemaFile,
       .shortNames = {"ds"},
       .categories = {"all"},
       .columns = {nameColumn(),
                   {"Desired", "integer", "On how many nodes the pod should run."},
                   {"Current", "integer", "On how many of them it runs."},
                   {"Ready", "integer", "On how many of them it is ready."},
                   {"Up-to-date", "integer", "On how many nodes it is of the current template."},
                   {"Available", "integer", "On how many nodes it has been ready for long enough."},
                   {"Node Selector", "string", "The labels of the nodes that the pod runs on."},
                   ageColumn(),
                   wide({"Containers", "string", "The names of the template's containers."}),
                   wide({"Images", "string", "The images of the template's containers."}),
                   wide({"Selector", "string", "The labels of the set's pods."})},
       .hasStatus = true},
      {setDefaults, validate, print});
  table.addStatus<apps_v1::DaemonSet>();
}

}  // namespace cleat::kinds::apps
