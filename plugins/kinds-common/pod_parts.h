// The parts of a pod's specification, each with its rules. Included by the files that make up pod_spec; everyone else
// uses pod_spec.h.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "kinds-common/findings.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_spec.h"

namespace cleat::kinds {

// The volumes that are right, by name: what mounts can refer to.
using Volumes = std::map<std::string_view, core_v1::Volume::Reader>;

// What the rules for a container need to know of the pod.
struct PodFacts {
  Volumes volumes;
  std::set<std::string_view> claims;  // spec.resourceClaims by name
  std::optional<int64_t> gracePeriodSeconds;
  std::string_view restartPolicy;
  bool hostUsers = true;
  bool isPod = true;  // a Pod, not a template
};

// volumes.cpp
Volumes checkVolumes(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);
// Relative, without "..".
void checkLocalPath(std::string_view text, const Path& path, Findings& findings);
// The same, and no name of its own that starts with "..".
void checkLocalUnreservedPath(std::string_view text, const Path& path, Findings& findings);
// Whether a step of the path is "..".
bool stepsBack(std::string_view path);
void checkNoBacksteps(std::string_view text, const Path& path, Findings& findings);

// containers.cpp
void checkContainers(core_v1::PodSpec::Reader spec, const PodFacts& pod, const Path& path, Findings& findings);

// environment.cpp
void checkEnvironment(capnp::List<core_v1::EnvVar>::Reader variables, const Path& path, Findings& findings);
// The files that variables come from lie in emptyDir volumes of the pod.
void checkEnvironmentFiles(capnp::List<core_v1::EnvVar>::Reader variables, const Volumes& volumes, const Path& path,
                           Findings& findings);
void checkEnvironmentSources(capnp::List<core_v1::EnvFromSource>::Reader sources, const Path& path, Findings& findings);
enum class FieldUse { environment, volume };
void checkFieldRef(core_v1::ObjectFieldSelector::Reader field, FieldUse use, const Path& path, Findings& findings);
void checkResourceFieldRef(core_v1::ResourceFieldSelector::Reader field, FieldUse use, const Path& path,
                           Findings& findings);

// mounts.cpp
void checkMounts(capnp::List<core_v1::VolumeMount>::Reader mounts, capnp::List<core_v1::VolumeDevice>::Reader devices,
                 bool privileged, const PodFacts& pod, const Path& container, Findings& findings);

// probes.cpp
enum class ProbeKind { liveness, readiness, startup };
void checkProbe(core_v1::Probe::Reader probe, ProbeKind kind, const PodFacts& pod, const Path& path,
                Findings& findings);
void checkLifecycle(core_v1::Lifecycle::Reader lifecycle, const PodFacts& pod, const Path& path, Findings& findings);

// resources.cpp
void checkResources(core_v1::ResourceRequirements::Reader resources, const std::set<std::string_view>& claims,
                    const Path& path, Findings& findings);
void checkPodResources(core_v1::PodSpec::Reader spec, const std::set<std::string_view>& claims, const Path& path,
                       Findings& findings);
// How much of a resource the containers ask for together, some of which run one after the other; nothing where none
// asks for it.
std::optional<Quantity> aggregateRequest(core_v1::PodSpec::Reader spec, std::string_view name);

// security.cpp
void checkSecurityContext(core_v1::SecurityContext::Reader context, bool hostUsers, const Path& path,
                          Findings& findings);
void checkPodSecurityContext(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);
void checkHostUsers(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);

// pod_os.cpp
void checkWindowsOptions(core_v1::WindowsSecurityContextOptions::Reader options, const Path& path, Findings& findings);
void checkHostProcesses(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);
void checkOs(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings);

// scheduling.cpp
void checkAffinity(core_v1::Affinity::Reader affinity, const Path& path, Findings& findings);
void checkSpreading(capnp::List<core_v1::TopologySpreadConstraint>::Reader constraints, const Path& path,
                    Findings& findings);

inline void checkName(std::string_view value, const Wrongs& wrongs, const Path& path, Findings& findings) {
  if (!wrongs.empty()) findings.invalidEach(path, value, wrongs);
}
inline void checkDnsLabel(std::string_view value, const Path& path, Findings& findings) {
  checkName(value, wrongDns1123Label(value), path, findings);
}
inline void checkDnsSubdomain(std::string_view value, const Path& path, Findings& findings) {
  checkName(value, wrongDns1123Subdomain(value), path, findings);
}
inline void checkNotNegativeNumber(int64_t value, const Path& path, Findings& findings) {
  if (value < 0) findings.invalid(path, value, kNotNegative);
}
// A port's number or name.
void checkPortRef(meta_v1::IntOrString::Reader port, const Path& path, Findings& findings);

}  // namespace cleat::kinds
