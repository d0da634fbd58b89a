#include "kinds-common/pod_defaults.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <vector>

#include "kinds-common/pod_parts.h"
#include "kinds-common/resource_names.h"
#include "kinds-common/volume_claims.h"
#include "kinds-common/volume_sources.h"

namespace cleat::kinds {

namespace {

constexpr int32_t kVolumeMode = 0644;
constexpr int64_t kGracePeriodSeconds = 30;
constexpr int64_t kTokenSeconds = 3600;

void setHttpGetDefaults(core_v1::HTTPGetAction::Builder action) {
  if (action.getPath().size() == 0) action.setPath("/");
  if (action.getScheme().size() == 0) action.setScheme("HTTP");
}

void setProbeDefaults(core_v1::Probe::Builder probe) {
  if (probe.getTimeoutSeconds() == 0) probe.setTimeoutSeconds(1);
  if (probe.getPeriodSeconds() == 0) probe.setPeriodSeconds(10);
  if (probe.getSuccessThreshold() == 0) probe.setSuccessThreshold(1);
  if (probe.getFailureThreshold() == 0) probe.setFailureThreshold(3);
  if (probe.hasHttpGet()) setHttpGetDefaults(probe.getHttpGet());
  if (probe.hasGrpc() && !probe.getGrpc().hasService()) probe.getGrpc().setService("");
}

void setLifecycleDefaults(core_v1::Lifecycle::Builder lifecycle) {
  if (lifecycle.hasPostStart() && lifecycle.getPostStart().hasHttpGet()) {
    setHttpGetDefaults(lifecycle.getPostStart().getHttpGet());
  }
  if (lifecycle.hasPreStop() && lifecycle.getPreStop().hasHttpGet()) {
    setHttpGetDefaults(lifecycle.getPreStop().getHttpGet());
  }
}

void setFieldRefDefaults(core_v1::ObjectFieldSelector::Builder field) {
  if (field.getApiVersion().size() == 0) field.setApiVersion("v1");
}

void setResourceFieldDefaults(core_v1::ResourceFieldSelector::Builder field) {
  if (field.getDivisor().size() == 0) field.setDivisor("0");
}

void setEnvDefaults(capnp::List<core_v1::EnvVar>::Builder env) {
  for (auto variable : env) {
    if (!variable.hasValueFrom()) continue;
    auto from = variable.getValueFrom();
    if (from.hasFieldRef()) setFieldRefDefaults(from.getFieldRef());
    if (from.hasResourceFieldRef()) setResourceFieldDefaults(from.getResourceFieldRef());
    if (from.hasFileKeyRef() && !from.getFileKeyRef().hasOptional()) from.getFileKeyRef().initOptional();
  }
}

// A Container or an EphemeralContainer: they have the same fields.
template <class ContainerBuilder>
void setContainerDefaults(ContainerBuilder container) {
  if (container.getImagePullPolicy().size() == 0) {
    container.setImagePullPolicy(str(pullPolicyFor(view(container.getImage().asReader()))));
  }
  if (container.getTerminationMessagePath().size() == 0) container.setTerminationMessagePath("/dev/termination-log");
  if (container.getTerminationMessagePolicy().size() == 0) container.setTerminationMessagePolicy("File");
  if (container.hasPorts()) {
    for (auto port : container.getPorts()) {
      if (port.getProtocol().size() == 0) port.setProtocol("TCP");
    }
  }
  if (container.hasEnv()) setEnvDefaults(container.getEnv());
  if (container.hasLivenessProbe()) setProbeDefaults(container.getLivenessProbe());
  if (container.hasReadinessProbe()) setProbeDefaults(container.getReadinessProbe());
  if (container.hasStartupProbe()) setProbeDefaults(container.getStartupProbe());
  if (container.hasLifecycle()) setLifecycleDefaults(container.getLifecycle());
}

void setDownwardDefaults(capnp::List<core_v1::DownwardAPIVolumeFile>::Builder files) {
  for (auto file : files) {
    if (file.hasFieldRef()) setFieldRefDefaults(file.getFieldRef());
    if (file.hasResourceFieldRef()) setResourceFieldDefaults(file.getResourceFieldRef());
  }
}

template <class Source>
void setModeDefault(Source source) {
  if (!source.hasDefaultMode()) source.initDefaultMode().setValue(kVolumeMode);
}

void setProjectedDefaults(core_v1::ProjectedVolumeSource::Builder projected) {
  setModeDefault(projected);
  if (!projected.hasSources()) return;
  for (auto source : projected.getSources()) {
    if (source.hasServiceAccountToken() && !source.getServiceAccountToken().hasExpirationSeconds()) {
      source.getServiceAccountToken().initExpirationSeconds().setValue(kTokenSeconds);
    }
    if (source.hasDownwardAPI() && source.getDownwardAPI().hasItems()) {
      setDownwardDefaults(source.getDownwardAPI().getItems());
    }
  }
}

// Sources of storage systems, kept for the objects' sake.
void setStorageDefaults(core_v1::Volume::Builder volume) {
  setSourceDefaults(volume);
  if (!volume.hasEphemeral() || !volume.getEphemeral().hasVolumeClaimTemplate()) return;
  auto claim = volume.getEphemeral().getVolumeClaimTemplate();
  if (claim.hasSpec()) setClaimSpecDefaults(claim.getSpec());
}

// A volume has a source when any pointer field but its name is set.
bool hasSource(core_v1::Volume::Builder volume) {
  auto pointers = capnp::toAny(volume.asReader()).getPointerSection();
  for (uint32_t i = 1; i < pointers.size(); ++i) {
    if (!pointers[i].isNull()) return true;
  }
  return false;
}

void setVolumeDefaults(core_v1::Volume::Builder volume) {
  if (!hasSource(volume)) volume.initEmptyDir();
  // No check of what is there is said as such.
  if (volume.hasHostPath() && !volume.getHostPath().hasType()) volume.getHostPath().setType("");
  if (volume.hasSecret()) setModeDefault(volume.getSecret());
  if (volume.hasConfigMap()) setModeDefault(volume.getConfigMap());
  if (volume.hasDownwardAPI()) {
    setModeDefault(volume.getDownwardAPI());
    if (volume.getDownwardAPI().hasItems()) setDownwardDefaults(volume.getDownwardAPI().getItems());
  }
  if (volume.hasProjected()) setProjectedDefaults(volume.getProjected());
  if (volume.hasImage() && volume.getImage().getPullPolicy().size() == 0) {
    volume.getImage().setPullPolicy(str(pullPolicyFor(view(volume.getImage().getReference().asReader()))));
  }
  setStorageDefaults(volume);
}

// Each limit without a request becomes the request as well.
void setRequestsFromLimits(core_v1::ResourceRequirements::Builder resources) {
  auto limits = resources.asReader().getLimits();
  std::vector<meta_v1::TextEntry::Reader> missing;
  for (auto limit : limits) {
    if (!lookup(resources.asReader().getRequests(), view(limit.getKey()))) missing.push_back(limit);
  }
  for (auto limit : missing) {
    resources.adoptRequests(withEntry(resources.asReader().getRequests(), orphanageOf(resources), view(limit.getKey()),
                                      view(limit.getValue())));
  }
}

template <class Containers>
void setContainersOfPodDefaults(Containers containers, bool hostNetwork) {
  for (auto container : containers) {
    if (container.hasResources()) setRequestsFromLimits(container.getResources());
    if (!hostNetwork || !container.hasPorts()) continue;
    for (auto port : container.getPorts()) {
      if (port.getHostPort() == 0) port.setHostPort(port.getContainerPort());
    }
  }
}

}  // namespace

std::string_view pullPolicyFor(std::string_view image) {
  std::string_view withoutDigest = image.substr(0, image.find('@'));
  size_t name = withoutDigest.rfind('/');
  size_t colon = withoutDigest.find(':', name == std::string_view::npos ? 0 : name);
  bool tagged = colon != std::string_view::npos;
  bool digested = withoutDigest.size() != image.size();
  bool latest = tagged ? withoutDigest.substr(colon + 1) == "latest" : !digested;
  return latest ? "Always" : "IfNotPresent";
}

void setPodSpecDefaults(core_v1::PodSpec::Builder spec) {
  if (spec.getRestartPolicy().size() == 0) spec.setRestartPolicy("Always");
  if (spec.getDnsPolicy().size() == 0) spec.setDnsPolicy("ClusterFirst");
  if (spec.getSchedulerName().size() == 0) spec.setSchedulerName("default-scheduler");
  if (!spec.hasTerminationGracePeriodSeconds()) {
    spec.initTerminationGracePeriodSeconds().setValue(kGracePeriodSeconds);
  }
  if (!spec.hasSecurityContext()) spec.initSecurityContext();
  // serviceAccount is the old name of serviceAccountName: both say the same.
  if (spec.getServiceAccountName().size() == 0 && spec.getServiceAccount().size() != 0) {
    spec.setServiceAccountName(str(view(spec.getServiceAccount().asReader())));
  }
  if (spec.getServiceAccountName().size() != 0 &&
      view(spec.getServiceAccount().asReader()) != view(spec.getServiceAccountName().asReader())) {
    spec.setServiceAccount(str(view(spec.getServiceAccountName().asReader())));
  }
  if (spec.hasVolumes()) {
    for (auto volume : spec.getVolumes()) setVolumeDefaults(volume);
  }
  if (spec.hasInitContainers()) {
    for (auto container : spec.getInitContainers()) setContainerDefaults(container);
  }
  if (spec.hasContainers()) {
    for (auto container : spec.getContainers()) setContainerDefaults(container);
  }
  if (spec.hasEphemeralContainers()) {
    for (auto container : spec.getEphemeralContainers()) setContainerDefaults(container);
  }
}

// What the containers ask for is what the pod asks for, where it has limits and does not say it itself; what none of
// them asks for is its limit.
void setPodRequests(core_v1::PodSpec::Builder spec) {
  auto resources = spec.getResources();
  if (resources.asReader().getLimits().size() == 0) return;
  for (const char* name : {"cpu", "memory"}) {
    if (lookup(resources.asReader().getRequests(), name)) continue;
    const std::optional<Quantity> asked = aggregateRequest(spec.asReader(), name);
    if (!asked) continue;
    resources.adoptRequests(withEntry(resources.asReader().getRequests(), orphanageOf(resources), name, asked->text()));
  }
  for (auto limit : resources.asReader().getLimits()) {
    const std::string_view name = view(limit.getKey());
    const bool ofPods = name == "cpu" || name == "memory" || isHugePages(name);
    if (!ofPods || lookup(resources.asReader().getRequests(), name)) continue;
    const std::string most = str(limit.getValue());
    resources.adoptRequests(withEntry(resources.asReader().getRequests(), orphanageOf(resources), name, most));
  }
}

void setPodOnlyDefaults(core_v1::PodSpec::Builder spec) {
  if (!spec.hasEnableServiceLinks()) spec.initEnableServiceLinks().setValue(true);
  bool hostNetwork = spec.getHostNetwork();
  if (spec.hasContainers()) setContainersOfPodDefaults(spec.getContainers(), hostNetwork);
  if (spec.hasInitContainers()) setContainersOfPodDefaults(spec.getInitContainers(), hostNetwork);
  if (spec.hasResources()) setPodRequests(spec);
}

}  // namespace cleat::kinds
