#include "pod/container_facts.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "pod/admission.h"

namespace cleat::agent {
namespace {

// The part of the volume that is mounted; empty: all of it.
Result<std::string> subPathOf(core_v1::VolumeMount::Reader mount, const Environment& environment) {
  bool expands = mount.getSubPathExpr().size() != 0;
  std::string path = str(mount.getSubPath());
  std::set<std::string> missing;
  if (expands) {
    path = expand(view(mount.getSubPathExpr()), [&](std::string_view name) -> const std::string* {
      for (const auto& variable : environment) {
        if (variable.first == name && !variable.second.empty()) return &variable.second;
      }
      missing.emplace(name);
      return nullptr;
    });
  }
  if (!missing.empty()) return fail(Status::badRequest(concat("missing value for ", joined(missing, ", "))));
  // An empty one would be the whole volume.
  if (expands && path.empty()) return fail(Status::badRequest("subPathExpr must not be empty when it is expanded"));
  if (path.starts_with('/')) {
    return fail(Status::badRequest(concat("error SubPath `", path, "` must not be an absolute path")));
  }
  std::string slashed = concat("/", path, "/");
  if (slashed.find("/../") != std::string::npos) {
    return fail(Status::badRequest(concat("unable to provision SubPath `", path, "`: must not contain '..'")));
  }
  return path;
}

// The API's own, and those of the pod's namespace unless it does not want their variables.
std::vector<Object<core_v1::Service>> servicesSeenBy(NodeServices& node, const Object<core_v1::Pod>& pod) {
  std::vector<Object<core_v1::Service>> visible;
  if (auto api = node.services.get("default", "kubernetes")) visible.push_back(api);
  if (!valueOr(pod->getSpec().getEnableServiceLinks(), true)) return visible;
  for (auto& service : node.services.list(pod.ns())) {
    if (service.key() != "default/kubernetes") visible.push_back(service);
  }
  return visible;
}

// How many containers of that name the pod has had, by the runtime or else by what the API was told.
uint32_t nextAttempt(const PodOnNode& pod, const PodContainer& container) {
  const RuntimeContainer* last = pod.runtime()->newest(container.name());
  if (last != nullptr) return last->attempt + 1;
  for (auto before : statusesOf(pod.pod()->getStatus(), container.role)) {
    if (view(before.getName()) != container.name() || before.getContainerID().size() == 0) continue;
    return static_cast<uint32_t>(before.getRestartCount()) + 1;
  }
  return 0;
}

// Whether what is mounted below the mount is read-only too, as the mount asks: always, or where the runtime can.
Result<bool> recursivelyReadOnly(core_v1::VolumeMount::Reader mount, bool runtimeCan) {
  std::string_view mode = view(mount.getRecursiveReadOnly());
  if (mode.empty() || mode == "Disabled") return false;
  bool propagates = mount.getMountPropagation().size() != 0 && view(mount.getMountPropagation()) != "None";
  if (!mount.getReadOnly() || propagates) {
    return fail(Status::badRequest(concat("failed to resolve recursive read-only mode: volume \"", mount.getName(),
                                          "\" requested ", mode, " recursive read-only mode, but ",
                                          propagates ? "mount propagation is not None" : "it is not read-only")));
  }
  if (mode == "Enabled" && !runtimeCan) {
    return fail(Status::badRequest(concat("failed to resolve recursive read-only mode: volume \"", mount.getName(),
                                          "\" requested recursive read-only mode, but it is not supported by the "
                                          "runtime")));
  }
  return runtimeCan;
}

Task<Result<std::vector<ContainerMount>>> mountsOf(PodVolumes& volumes, std::string podFolder, Object<core_v1::Pod> of,
                                                   PodContainer container, ContainerFacts facts,
                                                   bool recursiveReadOnly) {
  std::vector<ContainerMount> mounts;
  std::set<std::string> taken;
  uint32_t index = 0;
  for (auto mount : container.spec.getVolumeMounts()) {
    std::optional<core_v1::Volume::Reader> volume;
    for (auto candidate : of->getSpec().getVolumes()) {
      if (view(candidate.getName()) == view(mount.getName())) volume = candidate;
    }
    if (!volume) {
      co_return fail(Status::badRequest(
          concat("volume \"", mount.getName(), "\" of the mount ", mount.getMountPath(), " does not exist")));
    }
    taken.insert(str(mount.getMountPath()));
    CLEAT_CO_TRY(std::string checked, subPathOf(mount, facts.environment));
    std::string subPath = std::move(checked);
    if (volume->hasImage()) {
      mounts.push_back({.containerPath = str(mount.getMountPath()),
                        .readOnly = true,
                        .image = str(volume->getImage().getReference()),
                        .imageSubPath = std::move(subPath)});
      continue;
    }
    CLEAT_CO_TRY(std::string from, volumes.pathOf(*volume));
    if (!subPath.empty()) {
      Result<std::string> bound = co_await volumes.bind(*volume, subPath, std::string(container.name()), index);
      if (!bound) {
        bound.error().message = concat("failed to prepare subPath for volumeMount \"", mount.getName(),
                                       "\" of container \"", container.name(), "\": ", bound.error().message);
        co_return fail(std::move(bound.error()));
      }
      from = std::move(*bound);
    }
    // ConfigMaps and the like are only to be read, whatever the mount says.
    bool readOnly = mount.getReadOnly() || volume->getPersistentVolumeClaim().getReadOnly() || volume->hasConfigMap() ||
                    volume->hasSecret() || volume->hasDownwardAPI() || volume->hasProjected();
    std::string propagation = mount.getMountPropagation().size() == 0 ? "None" : str(mount.getMountPropagation());
    CLEAT_CO_TRY(const bool recursive, recursivelyReadOnly(mount, recursiveReadOnly));
    mounts.push_back({str(mount.getMountPath()), std::move(from), readOnly, std::move(propagation), {}, {}, recursive});
    ++index;
  }
  auto add = [&](const char* path, const std::string& from) {
    if (!taken.contains(path)) mounts.push_back({path, from, false, "None", {}, {}, false});
  };
  add("/etc/hosts", podFolder + "/etc-hosts");
  add("/etc/hostname", podFolder + "/etc-hostname");
  add("/etc/resolv.conf", podFolder + "/etc-resolv.conf");
  std::string messagePath = str(container.spec.getTerminationMessagePath());
  mounts.push_back({messagePath.empty() ? "/dev/termination-log" : messagePath,
                    facts.terminationMessageFile,
                    false,
                    "None",
                    {},
                    {},
                    false});
  co_return mounts;
}

// The volumes that the container has as devices.
Result<std::vector<ContainerDevice>> devicesOf(const PodVolumes& volumes, core_v1::Pod::Reader pod,
                                               const PodContainer& container) {
  std::vector<ContainerDevice> devices;
  for (auto device : container.spec.getVolumeDevices()) {
    for (auto volume : pod.getSpec().getVolumes()) {
      if (view(volume.getName()) != view(device.getName())) continue;
      CLEAT_TRY(std::string from, volumes.pathOf(volume));
      struct stat facts{};
      if (stat(from.c_str(), &facts) != 0 || !S_ISBLK(facts.st_mode)) {
        return fail(Status::badRequest(
            concat("volume ", inQuotes(view(device.getName())), ": ", from, " is not a block device")));
      }
      devices.push_back(
          {std::move(from), str(device.getDevicePath()), volume.getPersistentVolumeClaim().getReadOnly()});
    }
  }
  return devices;
}

}  // namespace

Task<Result<ContainerFacts>> gatherFacts(PodOnNode& pod, PodVolumes& volumes, Object<core_v1::Pod> granted,
                                         PodContainer container, std::string imageUser) {
  ContainerFacts facts;
  // The others were looked at when the pod came.
  if (container.role == ContainerRole::ephemeral) {
    std::string path = concat("spec.ephemeralContainers{", container.name(), "}");
    auto refusal = unsupportedIn(*granted, container, path, pod.node.abilities);
    if (refusal) co_return fail(Status::badRequest(std::move(refusal->message)));
  }
  CLEAT_CO_TRY(checkUser(*granted, container, imageUser));
  auto seen = pod.runtime();
  const RuntimeSandbox* sandbox = seen->newestSandbox();
  if (sandbox == nullptr || !sandbox->ready) co_return fail(Status::unavailable("the pod has no sandbox"));
  facts.sandboxId = sandbox->id;
  if (!container.target.empty()) {
    const RuntimeContainer* target = seen->newest(container.target);
    if (target == nullptr) {
      co_return fail(Status::badRequest(concat("unable to find target container ", container.target)));
    }
    facts.targetContainerId = target->id;
  }
  facts.attempt = nextAttempt(pod, container);
  facts.hostname = hostnameOf(*granted, pod.node.identity.name, pod.node.dns.clusterDomain);
  facts.machineMemoryBytes = pod.node.machine.memoryBytes;
  facts.imageUser = imageUser;

  co_await pod.node.services.waitSynced();
  Environment services = serviceEnvironment(servicesSeenBy(pod.node, granted));
  ReferencedObjects objects = pod.node.objects.find(pod.uid);
  PodFacts podFacts = pod.facts();
  EnvironmentSources sources{objects, podFacts, services};
  CLEAT_CO_TRY(Environment environment, environmentOf(*granted, container.spec, sources));
  facts.environment = std::move(environment);

  facts.terminationMessageFile = concat(pod.folder(), "/containers/", container.name(), "/", facts.attempt, ".message");
  auto make = [path = facts.terminationMessageFile]() -> Result<void> {
    CLEAT_TRY(makeFolders(path.substr(0, path.rfind('/')), 0750));
    CLEAT_TRY(writeFile(path, "", 0666));
    if (chmod(path.c_str(), 0666) != 0) return fail(systemError("cannot set the mode of " + path, errno));
    return {};
  };
  CLEAT_CO_TRY(co_await pod.node.context.blocking(make));

  CLEAT_CO_TRY(std::vector<ContainerMount> mounts, co_await mountsOf(volumes, pod.folder(), granted, container, facts,
                                                                     pod.node.abilities.recursiveReadOnly));
  facts.mounts = std::move(mounts);
  CLEAT_CO_TRY(facts.devices, devicesOf(volumes, *granted, container));
  co_return facts;
}

}  // namespace cleat::agent
