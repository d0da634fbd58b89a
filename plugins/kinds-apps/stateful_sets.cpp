// StatefulSets: numbered pods that keep their names and their storage.
#include <capnp/message.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/alpha_fields.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-common/pod_warnings.h"
#include "kinds-common/volume_claims.h"

namespace cleat::kinds::apps {

namespace {

using Spec = apps_v1::StatefulSetSpec::Reader;
using ClaimTemplates = capnp::List<apps_v1::VolumeClaimTemplate>::Reader;

void setStrategyDefaults(apps_v1::StatefulSetUpdateStrategy::Builder strategy) {
  if (strategy.getType().size() == 0) {
    strategy.setType("RollingUpdate");
    strategy.getRollingUpdate();
  }
  if (view(strategy.getType().asReader()) != "RollingUpdate" || !strategy.hasRollingUpdate()) return;
  auto rolling = strategy.getRollingUpdate();
  if (!rolling.hasPartition()) rolling.initPartition().setValue(0);
  if (!rolling.hasMaxUnavailable()) rolling.initMaxUnavailable().setIntVal(1);
}

void setDefaults(apps_v1::StatefulSet::Builder set, const Change<apps_v1::StatefulSet>& change) {
  if (change.isDelete()) return;
  auto spec = set.getSpec();
  if (spec.getPodManagementPolicy().size() == 0) spec.setPodManagementPolicy("OrderedReady");
  setStrategyDefaults(spec.getUpdateStrategy());
  auto retention = spec.getPersistentVolumeClaimRetentionPolicy();
  if (retention.getWhenDeleted().size() == 0) retention.setWhenDeleted("Retain");
  if (retention.getWhenScaled().size() == 0) retention.setWhenScaled("Retain");
  if (!spec.hasReplicas()) spec.initReplicas().setValue(1);
  if (!spec.hasRevisionHistoryLimit()) spec.initRevisionHistoryLimit().setValue(kRevisionHistoryLimit);
  setPodSpecDefaults(spec.getTemplate().getSpec());
  dropAlphaFields(spec.getTemplate().getSpec(),
                  change.old ? change.old->getSpec().getTemplate().getSpec() : core_v1::PodSpec::Reader());
  if (!spec.hasVolumeClaimTemplates()) return;
  for (auto claim : spec.getVolumeClaimTemplates()) {
    claim.setKind("PersistentVolumeClaim");
    claim.setApiVersion("v1");
    setClaimSpecDefaults(claim.getSpec());
    if (claim.getStatus().getPhase().size() == 0) claim.getStatus().setPhase("Pending");
  }
}

// As errors show a strategy and its pace.
std::string shownRolling(apps_v1::RollingUpdateStatefulSetStrategy::Reader rolling) {
  std::string limit = "null";
  if (rolling.hasMaxUnavailable()) {
    auto value = rolling.getMaxUnavailable();
    limit = value.isIntVal() ? std::to_string(value.getIntVal()) : jsonText(view(value.getStrVal()));
  }
  return concat("{\"Partition\":", valueOr(rolling.getPartition(), 0), ",\"MaxUnavailable\":", limit, "}");
}
std::string shownStrategy(apps_v1::StatefulSetUpdateStrategy::Reader strategy) {
  return concat("{\"Type\":", jsonText(view(strategy.getType())),
                ",\"RollingUpdate\":", strategy.hasRollingUpdate() ? shownRolling(strategy.getRollingUpdate()) : "null",
                "}");
}

void checkRolling(apps_v1::RollingUpdateStatefulSetStrategy::Reader rolling, const Path& path, Findings& findings) {
  checkNotNegative(rolling.getPartition(), path / "partition", findings);
  if (!rolling.hasMaxUnavailable()) return;
  auto unavailable = rolling.getMaxUnavailable();
  const Path limit = path / "maxUnavailable";
  checkCountOrPercent(unavailable, limit, findings);
  if (numberIn(unavailable) == 0) findings.invalid(limit, shownNumber(unavailable), "cannot be 0");
  checkAtMostAll(unavailable, limit, findings);
}

void checkStrategy(apps_v1::StatefulSetUpdateStrategy::Reader strategy, const Path& path, Findings& findings) {
  std::string_view type = view(strategy.getType());
  if (type == "OnDelete") {
    if (!strategy.hasRollingUpdate()) return;
    findings.invalid(path / "rollingUpdate", Shown::plain(shownRolling(strategy.getRollingUpdate())),
                     "only allowed for updateStrategy 'RollingUpdate'");
  } else if (type != "RollingUpdate") {
    findings.invalid(path, Shown::plain(shownStrategy(strategy)), "must be 'RollingUpdate' or 'OnDelete'");
  } else if (strategy.hasRollingUpdate()) {
    checkRolling(strategy.getRollingUpdate(), path / "rollingUpdate", findings);
  }
}

void checkRetention(apps_v1::StatefulSetPersistentVolumeClaimRetentionPolicy::Reader retention, const Path& path,
                    Findings& findings) {
  // In this order, which is Kubernetes' own.
  constexpr std::string_view kPolicies[] = {"Retain", "Delete"};
  const std::pair<const char*, std::string_view> said[] = {{"whenDeleted", view(retention.getWhenDeleted())},
                                                           {"whenScaled", view(retention.getWhenScaled())}};
  for (const auto& [field, policy] : said) {
    if (policy != "Retain" && policy != "Delete") findings.notSupported(path / field, policy, kPolicies);
  }
}

bool isClaimed(ClaimTemplates claims, std::string_view volume) {
  for (auto claim : claims) {
    if (view(claim.getMetadata().getName()) == volume) return true;
  }
  return false;
}

// A pod's host name and subdomain are the set's to give, and the claims go before volumes of their names: a template is
// checked as the pods will be.
void becomePod(core_v1::PodSpec::Builder pod, ClaimTemplates claims) {
  pod.disownHostname();
  pod.disownSubdomain();
  if (claims.size() == 0) return;
  std::vector<core_v1::Volume::Reader> kept;
  auto volumes = pod.asReader().getVolumes();
  for (auto volume : volumes) {
    if (!isClaimed(claims, view(volume.getName()))) kept.push_back(volume);
  }
  auto list = orphanageOf(pod).newOrphan<capnp::List<core_v1::Volume>>(claims.size() + kept.size());
  for (uint32_t i = 0; i < claims.size(); ++i) {
    auto name = claims[i].getMetadata().getName();
    list.get()[i].setName(name);
    list.get()[i].initPersistentVolumeClaim().setClaimName(name);
  }
  for (uint32_t i = 0; i < kept.size(); ++i) list.get().setWithCaveats(claims.size() + i, kept[i]);
  pod.adoptVolumes(std::move(list));
}

void checkTemplate(Spec spec, const Path& path, Findings& findings) {
  capnp::MallocMessageBuilder message;
  message.setRoot(spec.getTemplate());
  auto pod = message.getRoot<core_v1::PodTemplateSpec>();
  becomePod(pod.getSpec(), spec.getVolumeClaimTemplates());
  checkPodTemplate(pod.asReader(), path, findings);
}

enum class Templates { checked, trusted };

void checkSelectorAndPod(Spec spec, Templates templates, const Path& path, Findings& findings) {
  auto selector = spec.getSelector();
  if (spec.hasSelector()) {
    checkSelector(selector, "statefulset", path / "selector", findings);
  } else {
    findings.required(path / "selector");
  }
  const Path templatePath = path / "template";
  auto selected = selectorOf(selector, spec.hasSelector());
  if (!selected) {
    findings.invalid(path / "selector", shownSelector(selector), "");
  } else {
    checkSelected(spec.getTemplate(), *selected, templatePath, findings);
    if (templates == Templates::checked) checkTemplate(spec, templatePath, findings);
    checkLabels(spec.getTemplate().getMetadata().getLabels(), templatePath / "labels", findings);
    checkAnnotations(spec.getTemplate().getMetadata().getAnnotations(), templatePath / "annotations", findings);
  }
  checkKeptRunning(spec.getTemplate().getSpec(), "StatefulSet", templatePath / "spec", findings);
}

void checkSpec(Spec spec, bool isNew, Templates templates, const Path& path, Findings& findings) {
  std::string_view policy = view(spec.getPodManagementPolicy());
  if (policy != "OrderedReady" && policy != "Parallel") {
    findings.invalid(path / "podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
  }
  checkStrategy(spec.getUpdateStrategy(), path / "updateStrategy", findings);
  checkRetention(spec.getPersistentVolumeClaimRetentionPolicy(), path / "persistentVolumeClaimRetentionPolicy",
                 findings);
  auto claims = spec.getVolumeClaimTemplates();
  for (uint32_t i = 0; isNew && i < claims.size(); ++i) {
    checkClaimSpec(claims[i].getSpec(), (path / "volumeClaimTemplates")[i] / "spec", findings);
  }
  checkNotNegative(spec.getReplicas(), path / "replicas", findings);
  checkNotNegative(spec.getMinReadySeconds(), path / "minReadySeconds", findings);
  if (spec.hasOrdinals()) checkNotNegative(spec.getOrdinals().getStart(), path / "ordinals.start", findings);
  std::string_view service = view(spec.getServiceName());
  if (isNew && !service.empty()) {
    findings.invalidEach(path / "serviceName", service, wrongDns1123Label(service));
  }
  checkSelectorAndPod(spec, templates, path, findings);
}

// What may not change.
void checkUnchanged(Spec now, Spec before, const Path& path, Findings& findings) {
  if (!sameStruct(now.getSelector(), before.getSelector())) {
    findings.invalid(path / "selector", shownSelector(now.getSelector()), kImmutable);
  }
  auto claims = now.getVolumeClaimTemplates();
  auto claimsBefore = before.getVolumeClaimTemplates();
  const bool anyClaims = claims.size() + claimsBefore.size() > 0;
  if (anyClaims && !sameStruct(claims, claimsBefore)) {
    unfit(findings, path / "volumeClaimTemplates", kImmutable);
  }
  if (view(now.getServiceName()) != view(before.getServiceName())) {
    findings.invalid(path / "serviceName", now.getServiceName(), kImmutable);
  }
  if (view(now.getPodManagementPolicy()) != view(before.getPodManagementPolicy())) {
    findings.invalid(path / "podManagementPolicy", now.getPodManagementPolicy(), kImmutable);
  }
}

void checkStatus(const Change<apps_v1::StatefulSet>& change, Findings& findings) {
  const Path path("status");
  auto status = change.object.getStatus();
  const Count counts[] = {{"readyReplicas", status.getReadyReplicas()},
                          {"currentReplicas", status.getCurrentReplicas()},
                          {"updatedReplicas", status.getUpdatedReplicas()},
                          {"availableReplicas", status.getAvailableReplicas()}};
  checkNotNegative(status.getReplicas(), path / "replicas", findings);
  for (const Count& count : counts) checkNotNegative(count.value, path / count.field, findings);
  checkNotNegative(status.getObservedGeneration(), path / "observedGeneration", findings);
  checkNotNegative(status.getCollisionCount(), path / "collisionCount", findings);
  for (const Count& count : counts) {
    if (count.value > status.getReplicas()) {
      findings.invalid(path / count.field, count.value, "cannot be greater than status.replicas");
    }
  }
  if (status.getAvailableReplicas() > status.getReadyReplicas()) {
    findings.invalid(path / "availableReplicas", status.getAvailableReplicas(),
                     "cannot be greater than status.readyReplicas");
  }
  if (!change.old) return;
  checkNotDecremented(status.getCollisionCount(), change.old->getStatus().getCollisionCount(), path / "collisionCount",
                      findings);
}

void warnOf(const Change<apps_v1::StatefulSet>& change, const Path& path, Findings& findings) {
  auto spec = change.object.getSpec();
  if (!change.old || !sameStruct(spec, change.old->getSpec())) {
    warnOfPodTemplate(spec.getTemplate(), path / "template", findings);
  }
  auto claims = spec.getVolumeClaimTemplates();
  for (uint32_t i = 0; i < claims.size(); ++i) {
    const Path claim = (path / "volumeClaimTemplates")[i];
    // Kubernetes names the field in two ways, and clients may look for either.
    warnOfClaimSpec(claims[i].getSpec(), change.old ? claim / "Spec" : claim, findings);
  }
  if (isSet(spec.getRevisionHistoryLimit()) && spec.getRevisionHistoryLimit().getValue() < 0) {
    findings.warn(
        "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended");
  }
}

void validate(const Change<apps_v1::StatefulSet>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change, findings);
    return;
  }
  const Path path("spec");
  auto spec = change.object.getSpec();
  Templates templates = Templates::checked;
  if (change.old) {
    // Pods of a template that was wrong already are not checked again: the set could not be changed otherwise.
    Findings before;
    checkSpec(change.old->getSpec(), false, Templates::checked, path, before);
    if (!before.empty()) templates = Templates::trusted;
  }
  checkSpec(spec, change.isCreate(), templates, path, findings);
  if (change.old) checkUnchanged(spec, change.old->getSpec(), path, findings);
  if (findings.empty()) warnOf(change, path, findings);
}

void print(apps_v1::StatefulSet::Reader set, Cells& cells) {
  auto containers = set.getSpec().getTemplate().getSpec().getContainers();
  cells.text(set.getMetadata().getName());
  cells.text(concat(set.getStatus().getReadyReplicas(), "/", valueOr(set.getSpec().getReplicas(), 0)));
  cells.age(set.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
}

}  // namespace

void addStatefulSets(KindTable& table, Scales& scales) {
  table.add<apps_v1::StatefulSet>(
      {.structFile = kSchemaFile,
       .shortNames = {"sts"},
       .categories = {"all"},
       .columns = {nameColumn(),
                   {"Ready", "string", "How many of the wanted pods are ready."},
                   ageColumn(),
                   wide({"Containers", "string", "The names of the template's containers."}),
                   wide({"Images", "string", "The images of the template's containers."})},
       .nameRule = "dns1123-label",
       .hasStatus = true},
      {setDefaults, validate, print});
  table.addStatus<apps_v1::StatefulSet>();
  scales.add<apps_v1::StatefulSet>(table);
}

}  // namespace cleat::kinds::apps
