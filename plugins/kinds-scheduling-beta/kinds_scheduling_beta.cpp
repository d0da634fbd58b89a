// kinds-scheduling-beta: scheduling.k8s.io/v1beta1, pods that are scheduled together.
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include <set>
#include <string>

#include "kinds-common/conditions.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

namespace v1beta1 = scheduling_v1beta1;
using v1beta1::PodGroup;
using v1beta1::Workload;

constexpr const char* kSchemaFile = "kinds/scheduling_v1beta1.capnp";
constexpr size_t kMostTemplates = 8;

// What only a feature that is off by default knows is left out of what is stored.
template <class Builder>
void dropOff(Builder from) {
  from.disownSchedulingConstraints();
  from.disownResourceClaims();
  from.disownPreemptionPolicy();
}

void setGroupDefaults(PodGroup::Builder group, const Change<PodGroup>& change) {
  if (change.isDelete()) return;
  if (change.isStatus()) {
    group.getStatus().disownResourceClaimStatuses();
    return;
  }
  auto spec = group.getSpec();
  dropOff(spec);
  spec.disownParentCompositePodGroupName();
  auto mode = spec.hasDisruptionMode() ? spec.getDisruptionMode() : spec.initDisruptionMode();
  if (!mode.hasSingle() && !mode.hasAll()) mode.initSingle();
}

void setWorkloadDefaults(Workload::Builder workload, const Change<Workload>& change) {
  if (change.isDelete()) return;
  auto spec = workload.getSpec();
  spec.disownCompositePodGroupTemplates();
  for (auto one : spec.getPodGroupTemplates()) dropOff(one);
}

// Of a union without a name: exactly one of two members.
void checkEither(bool first, bool second, const char* firstName, const char* secondName, const Path& path,
                 Findings& findings) {
  if (first != second) return;
  if (first) {
    findings.invalid(path, Shown::plain(concat("{", firstName, ", ", secondName, "}")),
                     concat("must specify exactly one of: `", firstName, "`, `", secondName, "`"));
  } else {
    findings.invalid(path, "", concat("must specify one of: `", firstName, "`, `", secondName, "`"));
  }
}

void checkPolicy(v1beta1::PodGroupSchedulingPolicy::Reader policy, const Path& path, Findings& findings) {
  checkEither(policy.hasBasic(), policy.hasGang(), "basic", "gang", path, findings);
  if (!policy.hasGang()) return;
  const int32_t least = policy.getGang().getMinCount();
  const Path at = path / "gang" / "minCount";
  if (least == 0) findings.required(at);
  if (least < 0) findings.invalid(at, least, "must be greater than or equal to 1");
}

void checkSamePolicy(v1beta1::PodGroupSchedulingPolicy::Reader before, v1beta1::PodGroupSchedulingPolicy::Reader now,
                     const Path& path, Findings& findings) {
  if (before.hasBasic() != now.hasBasic()) findings.invalid(path / "basic", Shown::plain("{}"), kImmutable);
  if (before.hasGang() == now.hasGang()) return;
  findings.invalid(
      path / "gang",
      Shown::plain(now.hasGang() ? concat("{\"minCount\":", now.getGang().getMinCount(), "}") : std::string("null")),
      now.hasGang() ? "field cannot be set once cleared" : "field cannot be cleared once set");
}

// What a group and a template of groups have in common besides the policy.
template <class Spec>
void checkImportance(Spec spec, const Path& path, Findings& findings) {
  if (spec.getPriorityClassName().size() > 0) {
    checkDnsSubdomain(view(spec.getPriorityClassName()), path / "priorityClassName", findings);
  }
  // Pods that are placed one by one are disrupted so.
  if (spec.getDisruptionMode().hasAll() && spec.getSchedulingPolicy().hasBasic()) {
    findings.forbidden(path / "disruptionMode" / "all", "may not be set with the basic scheduling policy");
  }
}

template <class Spec>
void checkSameImportance(Spec before, Spec now, const Path& path, Findings& findings) {
  if (view(before.getPriorityClassName()) != view(now.getPriorityClassName())) {
    findings.invalid(path / "priorityClassName", now.getPriorityClassName(), kImmutable);
  }
  if (!sameStruct(before.getPriority(), now.getPriority())) {
    findings.invalid(path / "priority", now.getPriority().getValue(), kImmutable);
  }
  if (!sameStruct(before.getDisruptionMode(), now.getDisruptionMode())) {
    findings.invalid(path / "disruptionMode", Shown::plain("{}"), kImmutable);
  }
}

void validateGroup(const Change<PodGroup>& change, Findings& findings) {
  if (change.isStatus()) {
    return checkConditions(change.object.getStatus().getConditions(), Path("status") / "conditions", findings);
  }
  const Path path("spec");
  auto spec = change.object.getSpec();
  if (spec.hasWorkloadRef()) {
    auto reference = spec.getWorkloadRef();
    checkDnsSubdomain(view(reference.getWorkloadName()), path / "workloadRef" / "workloadName", findings);
    checkDnsLabel(view(reference.getTemplateName()), path / "workloadRef" / "templateName", findings);
  }
  checkPolicy(spec.getSchedulingPolicy(), path / "schedulingPolicy", findings);
  checkEither(spec.getDisruptionMode().hasSingle(), spec.getDisruptionMode().hasAll(), "single", "all",
              path / "disruptionMode", findings);
  checkImportance(spec, path, findings);
  if (!change.old) return;
  auto before = change.old->getSpec();
  checkSameImportance(before, spec, path, findings);
  if (!sameStruct(before.getWorkloadRef(), spec.getWorkloadRef())) {
    findings.invalid(path / "workloadRef", Shown::plain("{}"), kImmutable);
  }
  checkSamePolicy(before.getSchedulingPolicy(), spec.getSchedulingPolicy(), path / "schedulingPolicy", findings);
}

void checkTemplates(v1beta1::WorkloadSpec::Reader spec, const Path& path, Findings& findings) {
  auto templates = spec.getPodGroupTemplates();
  if (templates.size() == 0) findings.invalid(path, "", "must specify one of: `podGroupTemplates`");
  if (templates.size() > kMostTemplates) {
    findings.tooMany(path / "podGroupTemplates", templates.size(), kMostTemplates);
  }
  std::set<std::string> names;
  for (uint32_t i = 0; i < templates.size(); ++i) {
    const Path at = (path / "podGroupTemplates")[i];
    const std::string name = str(templates[i].getName());
    if (name.empty()) {
      findings.required(at / "name");
    } else if (!names.insert(name).second) {
      findings.duplicate(at, Shown::plain(concat("{\"name\":", jsonText(name), "}")));
    } else {
      checkDnsLabel(name, at / "name", findings);
    }
    checkPolicy(templates[i].getSchedulingPolicy(), at / "schedulingPolicy", findings);
    if (templates[i].hasDisruptionMode()) {
      auto mode = templates[i].getDisruptionMode();
      checkEither(mode.hasSingle(), mode.hasAll(), "single", "all", at / "disruptionMode", findings);
    }
    checkImportance(templates[i], at, findings);
  }
}

// No template comes or goes, and each keeps its kind of policy.
void checkSameTemplates(v1beta1::WorkloadSpec::Reader before, v1beta1::WorkloadSpec::Reader now, const Path& path,
                        Findings& findings) {
  auto find = [](v1beta1::WorkloadSpec::Reader spec, std::string_view name) {
    for (auto one : spec.getPodGroupTemplates()) {
      if (view(one.getName()) == name) return std::optional(one);
    }
    return std::optional<v1beta1::PodGroupTemplate::Reader>();
  };
  auto templates = now.getPodGroupTemplates();
  for (uint32_t i = 0; i < templates.size(); ++i) {
    const Path at = (path / "podGroupTemplates")[i];
    const auto was = find(before, view(templates[i].getName()));
    if (!was) {
      findings.forbidden(at, "items cannot be added");
    } else {
      checkSamePolicy(was->getSchedulingPolicy(), templates[i].getSchedulingPolicy(), at / "schedulingPolicy",
                      findings);
      checkSameImportance(*was, templates[i], at, findings);
    }
  }
  for (auto was : before.getPodGroupTemplates()) {
    if (!find(now, view(was.getName()))) {
      findings.forbidden(path / "podGroupTemplates",
                         concat("item ", inQuotes(view(was.getName())), " cannot be removed"));
    }
  }
}

void validateWorkload(const Change<Workload>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  if (spec.hasControllerRef()) {
    auto reference = spec.getControllerRef();
    const Path at = path / "controllerRef";
    if (reference.getApiGroup().size() > 0) checkDnsSubdomain(view(reference.getApiGroup()), at / "apiGroup", findings);
    if (reference.getKind().size() == 0) findings.required(at / "kind");
    if (reference.getName().size() == 0) findings.required(at / "name");
  }
  checkTemplates(spec, path, findings);
  if (!change.old) return;
  auto before = change.old->getSpec();
  if (!sameStruct(before.getControllerRef(), spec.getControllerRef())) {
    findings.invalid(path / "controllerRef", Shown::plain("{}"), kImmutable);
  }
  checkSameTemplates(before, spec, path, findings);
}

void printGroup(PodGroup::Reader group, Cells& cells) {
  auto spec = group.getSpec();
  std::string status = "Pending";
  auto conditions = group.getStatus().getConditions();
  if (auto scheduled = findCondition(conditions, "PodGroupInitiallyScheduled")) {
    status = view(scheduled->getStatus()) == "True" ? "Scheduled" : "Unschedulable";
  }
  if (auto target = findCondition(conditions, "DisruptionTarget")) status = str(target->getReason());
  cells.text(group.getMetadata().getName());
  cells.text(spec.getSchedulingPolicy().hasGang() ? "Gang" : "Basic");
  cells.text(spec.hasWorkloadRef() ? str(spec.getWorkloadRef().getWorkloadName()) : "<none>");
  cells.text(status);
  cells.age(group.getMetadata().getCreationTimestamp());
}

void printWorkload(Workload::Reader workload, Cells& cells) {
  cells.text(workload.getMetadata().getName());
  cells.age(workload.getMetadata().getCreationTimestamp());
}

}  // namespace

class SchedulingBetaKinds : public KindsPlugin {
 public:
  explicit SchedulingBetaKinds(Context& context) : KindsPlugin(context) {
    table().add<PodGroup>({.structFile = kSchemaFile,
                           .columns = {nameColumn(),
                                       {"Policy", "string", "Whether its pods wait for each other."},
                                       {"Workload", "string", "The Workload that it was made from."},
                                       {"Status", "string", "Whether its pods were given nodes."},
                                       ageColumn()},
                           .hasStatus = true,
                           .keepsGeneration = true},
                          {setGroupDefaults, validateGroup, printGroup});
    table().addStatus<PodGroup>();
    table().add<Workload>({.structFile = kSchemaFile, .columns = {nameColumn(), ageColumn()}, .keepsGeneration = true},
                          {setWorkloadDefaults, validateWorkload, printWorkload});
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::SchedulingBetaKinds, .name = "kinds-scheduling-beta", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
