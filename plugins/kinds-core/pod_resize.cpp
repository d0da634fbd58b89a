#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>

#include "kinds-common/kind_table.h"
#include "kinds-common/pod_defaults.h"
#include "kinds-core/pod_rules.h"
#include "kinds-core/pod_subresources.h"

namespace cleat::kinds::core {

namespace {

using Amounts = capnp::List<meta_v1::TextEntry>::Reader;
using ResizedContainers = capnp::List<core_v1::Container>::Reader;
using Resources = core_v1::ResourceRequirements;

// What is resized must be the same containers in the same order.
void checkSameContainers(ResizedContainers old, ResizedContainers now, const char* field, Findings& findings) {
  const Path path = Path("spec") / field;
  if (old.size() != now.size()) {
    findings.forbidden(path, concat(field, " may not be added or removed on resize"));
    return;
  }
  for (uint32_t i = 0; i < old.size(); ++i) {
    if (view(old[i].getName()) == view(now[i].getName())) continue;
    findings.forbidden(path[i] / "name", concat(field, " may not be renamed or reordered on resize"));
  }
}

// Takes a container's, or the pod's, resources as they come.
template <class Part>
void takeResources(typename Part::Builder to, typename Part::Reader from) {
  if (from.hasResources()) {
    to.setResources(from.getResources());
  } else {
    to.disownResources();
  }
}

template <class List>
void takeResizes(List containers, ResizedContainers from) {
  for (uint32_t i = 0; i < containers.size(); ++i) {
    takeResources<core_v1::Container>(containers[i], from[i]);
    if (from[i].hasResizePolicy()) {
      containers[i].setResizePolicy(from[i].getResizePolicy());
    } else {
      containers[i].disownResizePolicy();
    }
  }
}

bool anyRemoved(Amounts old, Amounts now) {
  for (auto before : old) {
    if (!lookup(now, view(before.getKey()))) return true;
  }
  return false;
}

// Whether two lists of amounts differ only in what a running pod can be given more or less of.
bool sameButCpuAndMemory(Amounts a, Amounts b) {
  auto covers = [](Amounts these, Amounts those) {
    for (auto entry : these) {
      std::string_view name = view(entry.getKey());
      if (name != "cpu" && name != "memory" && lookup(those, name) != view(entry.getValue())) return false;
    }
    return true;
  };
  return covers(a, b) && covers(b, a);
}

bool sameButCpuAndMemory(Resources::Reader a, Resources::Reader b) {
  return sameButCpuAndMemory(a.getRequests(), b.getRequests()) && sameButCpuAndMemory(a.getLimits(), b.getLimits()) &&
         sameStruct(a.getClaims(), b.getClaims());
}

bool sameButCpuAndMemory(core_v1::Container::Reader a, core_v1::Container::Reader b) {
  return sameButCpuAndMemory(a.getResources(), b.getResources()) &&
         sameStruct(a.getResizePolicy(), b.getResizePolicy());
}

void checkNothingRemoved(Resources::Reader old, Resources::Reader now, const Path& path, std::string_view what,
                         Findings& findings) {
  if (anyRemoved(old.getRequests(), now.getRequests())) {
    findings.forbidden(path / "requests", concat(what, " requests cannot be removed"));
  }
  if (anyRemoved(old.getLimits(), now.getLimits())) {
    findings.forbidden(path / "limits", concat(what, " limits cannot be removed"));
  }
}

void checkContainers(ResizedContainers old, ResizedContainers now, const char* field, Findings& findings) {
  for (uint32_t i = 0; i < old.size(); ++i) {
    checkNothingRemoved(old[i].getResources(), now[i].getResources(), (Path("spec") / field)[i] / "resources",
                        "resource", findings);
  }
}

void checkOnlyCpuAndMemory(core_v1::PodSpec::Reader old, core_v1::PodSpec::Reader now, Findings& findings) {
  const Path spec("spec");
  for (uint32_t i = 0; i < old.getContainers().size(); ++i) {
    if (sameButCpuAndMemory(old.getContainers()[i], now.getContainers()[i])) continue;
    findings.forbidden(spec, "only cpu and memory resources are mutable");
  }
  for (uint32_t i = 0; i < old.getInitContainers().size(); ++i) {
    auto before = old.getInitContainers()[i], after = now.getInitContainers()[i];
    const Path path = (spec / "initContainers")[i];
    if (!sameButCpuAndMemory(before, after)) {
      findings.forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable");
    }
    if (view(after.getRestartPolicy()) == "Always" || sameStruct(before, after)) continue;
    for (auto policy : after.getResizePolicy()) {
      if (view(policy.getRestartPolicy()) != "RestartContainer") continue;
      findings.forbidden(path,
                         "non-sidecar init containers with a resize policy of RestartContainer cannot be resized");
    }
  }
}

void checkPodLevel(core_v1::PodSpec::Reader old, core_v1::PodSpec::Reader now, Findings& findings) {
  const Path spec("spec");
  checkNothingRemoved(old.getResources(), now.getResources(), spec / "resources", "pod-level resource", findings);
  if (!sameButCpuAndMemory(old.getResources(), now.getResources())) {
    findings.forbidden(spec, "only cpu and memory resources are mutable at pod-level");
  }
}

// A node that resizes says what its containers have; one that says nothing of a running container does not.
bool nodeResizes(core_v1::Pod::Reader pod) {
  for (auto status : pod.getStatus().getContainerStatuses()) {
    if (status.getState().hasRunning()) return status.hasResources();
  }
  return true;
}

void checkResize(core_v1::Pod::Reader old, core_v1::Pod::Reader now, Findings& findings) {
  checkPod(now, findings);
  const Path spec("spec");
  if (qosClassOf(old) != qosClassOf(now.getSpec())) {
    findings.invalid(spec, old.getStatus().getQosClass(), "Pod QOS Class may not change as a result of resizing");
  }
  if (!nodeResizes(old)) findings.forbidden(spec, "Pod running on node without support for resize");
  checkPodLevel(old.getSpec(), now.getSpec(), findings);
  checkContainers(old.getSpec().getInitContainers(), now.getSpec().getInitContainers(), "initContainers", findings);
  checkContainers(old.getSpec().getContainers(), now.getSpec().getContainers(), "containers", findings);
  checkOnlyCpuAndMemory(old.getSpec(), now.getSpec(), findings);
}

std::unexpected<Status> invalidPod(const Object<core_v1::Pod>& pod, const Findings& findings) {
  return fail(Status::invalid("Pod", pod.name(), findings.causes()));
}

}  // namespace

Result<Object<core_v1::Pod>> resizePod(const Object<core_v1::Pod>& current, core_v1::Pod::Reader body) {
  Findings findings;
  if (isMirror(*current)) findings.forbidden(Path("[]"), "static pods cannot be resized");
  if (view(current->getSpec().getOs().getName()) == "windows") {
    findings.forbidden(Path("[]"), "windows pods cannot be resized");
  }
  if (!findings.empty()) return invalidPod(current, findings);
  auto old = current->getSpec(), wanted = body.getSpec();
  checkSameContainers(old.getContainers(), wanted.getContainers(), "containers", findings);
  checkSameContainers(old.getInitContainers(), wanted.getInitContainers(), "initContainers", findings);
  if (!findings.empty()) return invalidPod(current, findings);

  Draft<core_v1::Pod> resized(current);
  auto spec = resized->getSpec();
  takeResizes(spec.getContainers(), wanted.getContainers());
  if (spec.hasInitContainers()) takeResizes(spec.getInitContainers(), wanted.getInitContainers());
  // Clients that do not know of the pod's own resources leave them out, and mean nothing by it.
  if (wanted.hasResources()) takeResources<core_v1::PodSpec>(spec, wanted);
  setPodSpecDefaults(spec);
  setPodOnlyDefaults(spec);
  checkResize(*current, resized.reader(), findings);
  if (!findings.empty()) return invalidPod(current, findings);
  return std::move(resized).freeze();
}

}  // namespace cleat::kinds::core
