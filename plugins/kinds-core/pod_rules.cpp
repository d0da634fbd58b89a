#include "kinds-core/pod_rules.h"

#include <cleat/sdk/meta.h>

#include <limits>

#include "kinds-common/addresses.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_spec.h"
#include "kinds-common/pod_warnings.h"
#include "kinds-common/shown_struct.h"
#include "kinds-core/differences.h"
#include "kinds-core/pod_annotation_rules.h"
#include "kinds-core/pod_device_rules.h"
#include "kinds-core/pod_status_rules.h"

namespace cleat::kinds::core {

namespace {

using PodSpecReader = core_v1::PodSpec::Reader;
using Statuses = capnp::List<core_v1::ContainerStatus>::Reader;

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

// -- A new pod --

void checkMirror(core_v1::Pod::Reader pod, Findings& findings) {
  auto mirror = annotation(pod.getMetadata(), kMirror);
  if (mirror && pod.getSpec().getNodeName().size() == 0) {
    findings.invalid((Path("metadata") / "annotations")[kMirror], *mirror,
                     "must set spec.nodeName if mirror pod annotation is set");
  }
}

void checkTokensHaveAccount(PodSpecReader spec, Findings& findings) {
  if (spec.getServiceAccountName().size() > 0) return;
  auto volumes = spec.getVolumes();
  for (uint32_t i = 0; i < volumes.size(); ++i) {
    auto sources = volumes[i].getProjected().getSources();
    for (uint32_t j = 0; j < sources.size(); ++j) {
      if (!sources[j].hasServiceAccountToken()) continue;
      const Path path = ((Path("spec") / "volumes")[i] / "projected" / "sources")[j] / "serviceAccountToken";
      findings.forbidden(path, "must not be specified when serviceAccountName is not set");
    }
  }
}

void checkCreate(core_v1::Pod::Reader pod, Findings& findings) {
  checkPod(pod, findings);
  const Path spec("spec");
  if (pod.getSpec().getEphemeralContainers().size() > 0) {
    findings.forbidden(spec / "ephemeralContainers", "cannot be set on create");
  }
  if (pod.getSpec().getNodeName().size() > 0 && pod.getSpec().getSchedulingGates().size() > 0) {
    findings.forbidden(spec / "nodeName", "cannot be set until all schedulingGates have been cleared");
  }
}

// -- An update of the specification: almost nothing of it may change --

void checkDeadline(PodSpecReader old, PodSpecReader now, Findings& findings) {
  const Path path = Path("spec") / "activeDeadlineSeconds";
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  if (!isSet(now.getActiveDeadlineSeconds())) {
    if (isSet(old.getActiveDeadlineSeconds())) {
      findings.invalid(path, Shown::null(), "must not update from a positive integer to nil value");
    }
    return;
  }
  int64_t seconds = now.getActiveDeadlineSeconds().getValue();
  if (seconds < 0 || seconds > kMax) {
    findings.invalid(path, seconds, rangeError(0, kMax));
  } else if (isSet(old.getActiveDeadlineSeconds()) && old.getActiveDeadlineSeconds().getValue() < seconds) {
    findings.invalid(path, seconds, "must be less than or equal to previous value");
  }
}

bool sameToleration(core_v1::Toleration::Reader a, core_v1::Toleration::Reader b) {
  return view(a.getKey()) == view(b.getKey()) && view(a.getOperator()) == view(b.getOperator()) &&
         view(a.getValue()) == view(b.getValue()) && view(a.getEffect()) == view(b.getEffect());
}

void checkTolerationsKept(PodSpecReader old, PodSpecReader now, Findings& findings) {
  for (auto before : old.getTolerations()) {
    bool kept = false;
    for (auto after : now.getTolerations()) kept |= sameToleration(before, after);
    if (kept) continue;
    findings.forbidden(Path("spec") / "tolerations",
                       "existing toleration can not be modified except its tolerationSeconds");
    return;
  }
}

void checkGatesOnlyRemoved(PodSpecReader old, PodSpecReader now, Findings& findings) {
  auto gates = now.getSchedulingGates();
  for (uint32_t i = 0; i < gates.size(); ++i) {
    bool known = false;
    for (auto before : old.getSchedulingGates()) known |= view(before.getName()) == view(gates[i].getName());
    if (known) continue;
    findings.forbidden(
        (Path("spec") / "schedulingGates")[i] / "name",
        concat("only deletion is allowed, but found new scheduling gate '", view(gates[i].getName()), "'"));
  }
}

using Terms = capnp::List<core_v1::NodeSelectorTerm>::Reader;
using Requirements = capnp::List<core_v1::NodeSelectorRequirement>::Reader;

Terms requiredTerms(PodSpecReader spec) {
  return spec.getAffinity()
      .getNodeAffinity()
      .getRequiredDuringSchedulingIgnoredDuringExecution()
      .getNodeSelectorTerms();
}

bool beginsWith(Requirements all, Requirements first) {
  if (all.size() < first.size()) return false;
  for (uint32_t i = 0; i < first.size(); ++i) {
    if (!sameStruct(all[i], first[i])) return false;
  }
  return true;
}

bool onlyAdds(core_v1::NodeSelectorTerm::Reader now, core_v1::NodeSelectorTerm::Reader old) {
  const bool wasEmpty = old.getMatchExpressions().size() == 0 && old.getMatchFields().size() == 0;
  const bool isEmpty = now.getMatchExpressions().size() == 0 && now.getMatchFields().size() == 0;
  // What chooses nothing must not choose something.
  if (wasEmpty) return isEmpty;
  return beginsWith(now.getMatchExpressions(), old.getMatchExpressions()) &&
         beginsWith(now.getMatchFields(), old.getMatchFields());
}

// Until a pod is let into scheduling, each term of its node affinity may ask for more.
void checkAffinityNarrowed(PodSpecReader old, PodSpecReader now, Findings& findings) {
  const Terms before = requiredTerms(old), after = requiredTerms(now);
  if (old.getSchedulingGates().size() == 0 || before.size() == 0) return;
  const Path path = Path("spec") / "affinity" / "nodeAffinity" / "requiredDuringSchedulingIgnoredDuringExecution" /
                    "nodeSelectorTerms";
  if (before.size() != after.size()) {
    std::string shown;
    for (auto term : after) appendTo(shown, concat(shown.empty() ? "[" : ",", shownWhole(term).text()));
    findings.invalid(path, shown.empty() ? Shown::null() : Shown::plain(shown + "]"),
                     "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    return;
  }
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (onlyAdds(after[i], before[i])) continue;
    findings.invalid(path[i], shownWhole(after[i]), "only additions are allowed (no mutations or deletions)");
  }
}

void undoNodeAffinity(core_v1::PodSpec::Builder spec, PodSpecReader old) {
  auto had = old.getAffinity();
  if (!had.hasNodeAffinity()) {
    if (!spec.hasAffinity()) return;
    spec.getAffinity().disownNodeAffinity();
    auto rest = spec.asReader().getAffinity();
    if (!old.hasAffinity() && !rest.hasPodAffinity() && !rest.hasPodAntiAffinity()) spec.disownAffinity();
    return;
  }
  spec.getAffinity().setNodeAffinity(had.getNodeAffinity());
}

// The new specification with the fields that may change set back to what they were.
void undoAllowed(core_v1::PodSpec::Builder spec, PodSpecReader old) {
  for (uint32_t i = 0; i < old.getContainers().size(); ++i) {
    spec.getContainers()[i].setImage(old.getContainers()[i].getImage());
  }
  for (uint32_t i = 0; i < old.getInitContainers().size(); ++i) {
    spec.getInitContainers()[i].setImage(old.getInitContainers()[i].getImage());
  }
  if (old.hasActiveDeadlineSeconds()) {
    spec.setActiveDeadlineSeconds(old.getActiveDeadlineSeconds());
  } else {
    spec.disownActiveDeadlineSeconds();
  }
  if (old.hasTolerations()) {
    spec.setTolerations(old.getTolerations());
  } else {
    spec.disownTolerations();
  }
  if (old.hasSchedulingGates()) {
    spec.setSchedulingGates(old.getSchedulingGates());
  } else {
    spec.disownSchedulingGates();
  }
  auto grace = old.getTerminationGracePeriodSeconds();
  if (isSet(grace) && grace.getValue() < 0 && spec.hasTerminationGracePeriodSeconds() &&
      spec.getTerminationGracePeriodSeconds().getValue() == 1) {
    spec.setTerminationGracePeriodSeconds(grace);
  }
  // Until it is let into scheduling, where it may go can be narrowed.
  if (old.getSchedulingGates().size() == 0) return;
  if (old.hasNodeSelector()) {
    spec.setNodeSelector(old.getNodeSelector());
  } else {
    spec.disownNodeSelector();
  }
  undoNodeAffinity(spec, old);
}

void checkContainersKept(capnp::List<core_v1::Container>::Reader old, capnp::List<core_v1::Container>::Reader now,
                         const char* field, Findings& findings) {
  if (old.size() != now.size()) {
    findings.forbidden(Path("spec") / field, "pod updates may not add or remove containers");
  }
}

void checkNodeSelectorNarrowed(PodSpecReader old, PodSpecReader now, Findings& findings) {
  if (old.getSchedulingGates().size() == 0 || isSubset(old.getNodeSelector(), now.getNodeSelector())) return;
  findings.invalid(Path("spec") / "nodeSelector", shownMap(now.getNodeSelector()),
                   "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
}

void checkUpdate(core_v1::Pod::Reader old, core_v1::Pod::Reader now, Findings& findings) {
  checkPod(now, findings);
  PodSpecReader before = old.getSpec(), after = now.getSpec();
  size_t errors = findings.causes().size();
  checkContainersKept(before.getContainers(), after.getContainers(), "containers", findings);
  checkContainersKept(before.getInitContainers(), after.getInitContainers(), "initContainers", findings);
  if (findings.causes().size() != errors) return;
  checkDeadline(before, after, findings);
  checkTolerationsKept(before, after, findings);
  checkGatesOnlyRemoved(before, after, findings);
  checkNodeSelectorNarrowed(before, after, findings);
  checkAffinityNarrowed(before, after, findings);
  if (sameStruct(before, after)) return;
  Draft<core_v1::PodSpec> undone(after);
  undoAllowed(*undone, before);
  if (sameStruct(undone.reader(), before)) return;
  findings.forbidden(
      Path("spec"),
      concat("pod updates may not change fields other than `spec.containers[*].image`,"
             "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions "
             "to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
             "was previously negative)\n",
             differences(before, undone.reader(), "spec.")));
}

void checkMirrorKept(core_v1::Pod::Reader old, core_v1::Pod::Reader now, Findings& findings) {
  auto before = annotation(old.getMetadata(), kMirror), after = annotation(now.getMetadata(), kMirror);
  const Path path = (Path("metadata") / "annotations")[kMirror];
  if (before && before != after) findings.forbidden(path, "may not remove or update mirror pod annotation");
  if (!before && after) findings.forbidden(path, "may not add mirror pod annotation");
}

// -- An update of the status --

constexpr std::string_view kNotNegativeInteger = "must be a non-negative integer";

void checkConditions(capnp::List<core_v1::PodCondition>::Reader conditions, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    auto condition = conditions[i];
    if (condition.getObservedGeneration() < 0) {
      findings.invalid(path[i] / "observedGeneration", condition.getObservedGeneration(), kNotNegativeInteger);
    }
    std::string_view type = view(condition.getType());
    if (type == "PodScheduled" || type == "Ready" || type == "Initialized") continue;
    Wrongs wrongs = wrongQualifiedName(type);
    if (!wrongs.empty()) findings.invalidEach(path[i] / "Type", type, wrongs);
  }
}

void checkTransitions(Statuses old, Statuses now, PodSpecReader spec, const Path& path, Findings& findings) {
  std::string_view policy = view(spec.getRestartPolicy());
  if (policy == "Always") return;
  for (uint32_t i = 0; i < old.size(); ++i) {
    if (!old[i].getState().hasTerminated()) continue;
    if (old[i].getState().getTerminated().getExitCode() != 0 && policy == "OnFailure") continue;
    bool restarts = false;
    auto mayRestart = [&](auto containers) {
      for (auto container : containers) {
        bool own = view(container.getName()) == view(old[i].getName());
        restarts |= own && (container.getRestartPolicy().size() > 0 || container.getRestartPolicyRules().size() > 0);
      }
    };
    mayRestart(spec.getInitContainers());
    mayRestart(spec.getContainers());
    if (restarts) continue;
    for (auto status : now) {
      if (view(status.getName()) == view(old[i].getName()) && !status.getState().hasTerminated()) {
        findings.forbidden(path[i] / "state", "may not be transitioned to non-terminated state");
      }
    }
  }
}

void checkStatusUpdate(core_v1::Pod::Reader old, core_v1::Pod::Reader now, Findings& findings) {
  const Path path("status");
  auto status = now.getStatus();
  checkConditions(status.getConditions(), path / "conditions", findings);
  if (status.getObservedGeneration() < 0) {
    findings.invalid(path / "observedGeneration", status.getObservedGeneration(), kNotNegativeInteger);
  }
  if (view(status.getQosClass()) != view(old.getStatus().getQosClass())) {
    findings.invalid(path / "qosClass", status.getQosClass(), kImmutable);
  }
  checkNomination(old, status, findings);
  checkTransitions(old.getStatus().getContainerStatuses(), status.getContainerStatuses(), old.getSpec(),
                   path / "containerStatuses", findings);
  checkTransitions(old.getStatus().getInitContainerStatuses(), status.getInitContainerStatuses(), old.getSpec(),
                   path / "initContainerStatuses", findings);
  checkPodAddresses(old.getStatus(), status, findings);
  checkContainerUsers(now, findings);
  checkDeviceStatus(now, findings);
}

}  // namespace

bool isMirror(core_v1::Pod::Reader pod) { return annotation(pod.getMetadata(), kMirror).has_value(); }

void checkPod(core_v1::Pod::Reader pod, Findings& findings) {
  checkMirror(pod, findings);
  checkProfileAnnotations(pod, findings);
  checkPodSpec(pod.getSpec(), PodSpecOf::pod, Path("spec"), findings);
  checkTokensHaveAccount(pod.getSpec(), findings);
}

void validatePod(const Change<core_v1::Pod>& change, Findings& findings) {
  if (!change.old) {
    checkCreate(change.object, findings);
    checkProfilesAgree(change.object, findings);
    if (findings.empty()) warnOfPod(change.object, findings);
    return;
  }
  checkMirrorKept(*change.old, change.object, findings);
  if (change.isStatus()) {
    checkStatusUpdate(*change.old, change.object, findings);
  } else {
    checkUpdate(*change.old, change.object, findings);
  }
}

}  // namespace cleat::kinds::core
