// What a container mounts, and the block devices that it is given.
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

using Mounts = capnp::List<core_v1::VolumeMount>::Reader;
using Devices = capnp::List<core_v1::VolumeDevice>::Reader;

void checkPropagation(core_v1::VolumeMount::Reader mount, bool privileged, const Path& path, Findings& findings) {
  std::string_view propagation = view(mount.getMountPropagation());
  checkOneOf(propagation, path, {"Bidirectional", "HostToContainer", "None"}, findings);
  if (propagation == "Bidirectional" && !privileged) {
    findings.forbidden(path, "Bidirectional mount propagation is available only to privileged containers");
  }
}

void checkRecursiveReadOnly(core_v1::VolumeMount::Reader mount, const Path& path, Findings& findings) {
  std::string_view mode = view(mount.getRecursiveReadOnly());
  if (mode == "Disabled") return;
  if (mode != "Enabled" && mode != "IfPossible") {
    findings.notSupported(path, mode, {"Disabled", "Enabled", "IfPossible"});
    return;
  }
  if (!mount.getReadOnly()) findings.forbidden(path, "may only be specified when readOnly is true");
  if (mount.hasMountPropagation() && view(mount.getMountPropagation()) != "None") {
    findings.forbidden(path, "may only be specified when mountPropagation is None or not specified");
  }
}

void checkSubPaths(core_v1::VolumeMount::Reader mount, const Path& at, const Path& mounts, Findings& findings) {
  auto subPath = mount.getSubPath(), expression = mount.getSubPathExpr();
  if (subPath.size() > 0) checkLocalPath(view(subPath), mounts / "subPath", findings);
  if (expression.size() == 0) return;
  if (subPath.size() > 0) {
    findings.invalid(at / "subPathExpr", expression, "subPathExpr and subPath are mutually exclusive");
  }
  checkLocalPath(view(expression), mounts / "subPathExpr", findings);
}

void checkDevices(Devices devices, Mounts mounts, const PodFacts& pod, const Path& path, Findings& findings) {
  std::set<std::string_view> names, paths;
  for (uint32_t i = 0; i < devices.size(); ++i) {
    std::string_view name = view(devices[i].getName()), devicePath = view(devices[i].getDevicePath());
    const Path at = path[i];
    auto volume = pod.volumes.find(name);
    if (name.empty()) findings.required(at / "name");
    if (!name.empty() && !names.insert(name).second) findings.invalid(at / "name", name, "must be unique");
    if (volume == pod.volumes.end()) {
      findings.notFound(at / "name", name);
    } else if (!volume->second.hasPersistentVolumeClaim() && !volume->second.hasEphemeral()) {
      findings.invalid(at / "name", name,
                       "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
    }
    if (devicePath.empty()) findings.required(at / "devicePath");
    if (paths.contains(devicePath)) findings.invalid(at / "devicePath", devicePath, "must be unique");
    if (stepsBack(devicePath)) {
      findings.invalid(at / "devicePath", devicePath, "can not contain backsteps ('..')");
    } else {
      paths.insert(devicePath);
    }
    for (auto mount : mounts) {
      if (view(mount.getName()) == name) findings.invalid(at / "name", name, "must not already exist in volumeMounts");
      if (view(mount.getMountPath()) == devicePath) {
        findings.invalid(at / "devicePath", devicePath, "must not already exist as a path in volumeMounts");
      }
    }
  }
}

}  // namespace

void checkMounts(Mounts mounts, Devices devices, bool privileged, const PodFacts& pod, const Path& container,
                 Findings& findings) {
  const Path path = container / "volumeMounts";
  std::set<std::string_view> points;
  for (uint32_t i = 0; i < mounts.size(); ++i) {
    auto mount = mounts[i];
    const Path at = path[i];
    std::string_view name = view(mount.getName()), point = view(mount.getMountPath());
    auto volume = pod.volumes.find(name);
    if (name.empty()) findings.required(at / "name");
    if (volume == pod.volumes.end()) findings.notFound(at / "name", name);
    if (point.empty()) findings.required(at / "mountPath");
    if (!points.insert(point).second) findings.invalid(at / "mountPath", point, "must be unique");
    for (auto device : devices) {
      if (view(device.getName()) == name)
        findings.invalid(at / "name", name, "must not already exist in volumeDevices");
      if (view(device.getDevicePath()) == point) {
        findings.invalid(at / "mountPath", point, "must not already exist as a path in volumeDevices");
      }
    }
    checkSubPaths(mount, at, path, findings);
    if (mount.hasMountPropagation()) checkPropagation(mount, privileged, path / "mountPropagation", findings);
    if (mount.getRecursiveReadOnly().size() > 0) checkRecursiveReadOnly(mount, path / "recursiveReadOnly", findings);
  }
  checkDevices(devices, mounts, pod, container / "volumeDevices", findings);
}

}  // namespace cleat::kinds
