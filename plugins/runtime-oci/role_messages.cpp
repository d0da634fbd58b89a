#include "role_messages.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

namespace cleat::runtime {
namespace {

Pairs pairsFrom(capnp::List<role::Pair>::Reader list) {
  Pairs pairs;
  for (auto each : list) pairs.emplace_back(str(each.getKey()), str(each.getValue()));
  return pairs;
}

void write(capnp::List<role::Pair>::Builder to, const Pairs& pairs) {
  for (unsigned i = 0; i < to.size(); ++i) {
    to[i].setKey(pairs[i].first);
    to[i].setValue(pairs[i].second);
  }
}

void write(capnp::List<capnp::Text>::Builder to, const std::vector<std::string>& texts) {
  for (unsigned i = 0; i < to.size(); ++i) to.set(i, texts[i]);
}

SecurityRecord securityFrom(role::Security::Reader from) {
  SecurityRecord security;
  security.privileged = from.getPrivileged();
  security.readOnlyRootfs = from.getReadOnlyRootfs();
  security.noNewPrivileges = from.getNoNewPrivileges();
  security.addCapabilities = strings(from.getAddCapabilities());
  security.dropCapabilities = strings(from.getDropCapabilities());
  security.runAsUser = from.getRunAsUser();
  security.runAsGroup = from.getRunAsGroup();
  security.runAsNonRoot = from.getRunAsNonRoot();
  for (int64_t group : from.getSupplementalGroups()) security.supplementalGroups.push_back(group);
  security.seccompProfile = str(from.getSeccompProfile());
  security.maskedPaths = from.getMaskedPaths();
  security.appArmorProfile = str(from.getAppArmorProfile());
  security.strictGroups = view(from.getSupplementalGroupsPolicy()) == "Strict";
  return security;
}

std::vector<IdRange> rangesFrom(capnp::List<role::IdMapping>::Reader list) {
  std::vector<IdRange> ranges;
  for (auto each : list) ranges.push_back({each.getContainerId(), each.getHostId(), each.getLength()});
  return ranges;
}

}  // namespace

Resources resourcesFrom(role::Resources::Reader from) {
  return {.cpuShares = from.getCpuShares(),
          .cpuQuotaUs = from.getCpuQuotaUs(),
          .cpuPeriodUs = from.getCpuPeriodUs(),
          .memoryLimitBytes = from.getMemoryLimitBytes(),
          .oomScoreAdj = from.getOomScoreAdj(),
          .pidsLimit = from.getPidsLimit(),
          .cpusetCpus = str(from.getCpusetCpus())};
}

SandboxRecord sandboxFrom(role::SandboxConfig::Reader config) {
  SandboxRecord record;
  record.podNamespace = str(config.getPodNamespace());
  record.podName = str(config.getPodName());
  record.podUid = str(config.getPodUid());
  record.attempt = config.getAttempt();
  record.hostname = str(config.getHostname());
  record.logDirectory = str(config.getLogDirectory());
  record.cgroupParent = str(config.getCgroupParent());
  record.hostNetwork = config.getHostNetwork();
  record.hostPid = config.getHostPid();
  record.hostIpc = config.getHostIpc();
  record.sharePid = config.getSharePid();
  record.sysctls = pairsFrom(config.getSysctls());
  record.labels = pairsFrom(config.getLabels());
  record.annotations = pairsFrom(config.getAnnotations());
  record.resources = resourcesFrom(config.getResources());
  record.shmSizeBytes = config.getShmSizeBytes();
  record.ids = {rangesFrom(config.getUserNamespace().getUidMappings()),
                rangesFrom(config.getUserNamespace().getGidMappings())};
  return record;
}

ContainerWish containerFrom(role::ContainerConfig::Reader config) {
  ContainerWish wish;
  wish.sandboxId = str(config.getSandboxId());
  wish.name = str(config.getName());
  wish.attempt = config.getAttempt();
  wish.image = str(config.getImage());
  wish.command = strings(config.getCommand());
  wish.args = strings(config.getArgs());
  wish.workingDir = str(config.getWorkingDir());
  wish.env = pairsFrom(config.getEnv());
  for (auto each : config.getMounts())
    wish.mounts.push_back({str(each.getContainerPath()),
                           str(each.getHostPath()),
                           str(each.getPropagation()),
                           each.getReadOnly(),
                           str(each.getImage()),
                           str(each.getImageSubPath()),
                           {},
                           each.getRecursiveReadOnly(),
                           each.getIdMapped()});
  for (auto each : config.getDevices())
    wish.devices.push_back({str(each.getHostPath()), str(each.getContainerPath()), str(each.getPermissions())});
  wish.cdiDevices = strings(config.getCdiDevices());
  wish.labels = pairsFrom(config.getLabels());
  wish.annotations = pairsFrom(config.getAnnotations());
  wish.logPath = str(config.getLogPath());
  wish.stdinOpen = config.getStdin();
  wish.stdinOnce = config.getStdinOnce();
  wish.tty = config.getTty();
  wish.resources = resourcesFrom(config.getResources());
  wish.security = securityFrom(config.getSecurity());
  wish.targetContainerId = str(config.getTargetContainerId());
  wish.stopSignal = str(config.getStopSignal());
  return wish;
}

void write(role::Sandbox::Builder to, const SandboxRecord& record, bool ready) {
  to.setId(record.id);
  to.setPodNamespace(record.podNamespace);
  to.setPodName(record.podName);
  to.setPodUid(record.podUid);
  to.setAttempt(record.attempt);
  to.setReady(ready);
  to.setNetworkNamespace(record.netnsPath);
  to.setPausePid(ready ? uint32_t(record.pausePid) : 0);
  to.setCreatedAtNs(record.createdAtNs);
  write(to.initLabels(unsigned(record.labels.size())), record.labels);
  write(to.initAnnotations(unsigned(record.annotations.size())), record.annotations);
}

void write(role::Container::Builder to, const ContainerRecord& record, int pid) {
  to.setId(record.id);
  to.setSandboxId(record.wish.sandboxId);
  to.setName(record.wish.name);
  to.setAttempt(record.wish.attempt);
  to.setState(record.exited             ? role::ContainerState::EXITED
              : record.startedAtNs != 0 ? role::ContainerState::RUNNING
                                        : role::ContainerState::CREATED);
  to.setPid(record.exited ? 0 : uint32_t(pid));
  to.setCreatedAtNs(record.createdAtNs);
  to.setStartedAtNs(record.startedAtNs);
  to.setFinishedAtNs(record.finishedAtNs);
  to.setExitCode(record.exitCode);
  to.setOomKilled(record.oomKilled);
  to.setMessage(record.message);
  to.setImage(record.wish.image);
  to.setImageId(record.imageId);
  write(to.initLabels(unsigned(record.wish.labels.size())), record.wish.labels);
  write(to.initAnnotations(unsigned(record.wish.annotations.size())), record.wish.annotations);
  to.setLogPath(record.logPath);
  if (record.user.uid < 0) return;
  auto user = to.initUser();
  user.setUid(record.user.uid);
  user.setGid(record.user.gid);
  auto groups = user.initSupplementalGroups(unsigned(record.user.groups.size()));
  for (unsigned i = 0; i < groups.size(); ++i) groups.set(i, record.user.groups[i]);
}

void write(role::Image::Builder to, const Image& image) {
  to.setId(image.id);
  write(to.initNames(unsigned(image.names.size())), image.names);
  write(to.initDigests(unsigned(image.digests.size())), image.digests);
  to.setSizeBytes(image.sizeBytes);
  to.setUser(image.config.user);
}

}  // namespace cleat::runtime
