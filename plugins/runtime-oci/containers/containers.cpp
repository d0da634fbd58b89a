#include "containers/containers.h"

#include "containers/capabilities.h"
#include "containers/cdi.h"
#include "containers/container_paths.h"
#include "containers/oci_spec.h"
#include "containers/sandboxes.h"
#include "containers/users.h"
#include "machine/namespaces.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

bool exists(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0;
}

int parentOf(int pid) {
  // "PID (name) S PPID …", where the name may hold anything.
  auto text = readFile("/proc/" + std::to_string(pid) + "/stat");
  size_t end = text ? text->rfind(')') : std::string::npos;
  return end == std::string::npos || end + 4 > text->size() ? 0 : std::atoi(text->c_str() + end + 4);
}

uint64_t sizeBelow(const std::string& folder, int& budget) {
  uint64_t bytes = 0;
  auto names = listFolder(folder);
  if (!names) return 0;
  for (const std::string& name : *names) {
    struct stat facts;
    if (--budget < 0 || lstat((folder + "/" + name).c_str(), &facts) != 0) continue;
    bytes += uint64_t(facts.st_blocks) * 512;
    if (S_ISDIR(facts.st_mode)) bytes += sizeBelow(folder + "/" + name, budget);
  }
  return bytes;
}

}  // namespace

Result<void> Containers::save(const ContainerRecord& record) const {
  return writeFile(folderOf(record.id) + "/container.json", toJsonText(record));
}

int Containers::monitorPid(const std::string& id) const {
  int pid = numberInFile(folderOf(id) + "/conmon.pid");
  return isProcessWith(pid, id) ? pid : 0;
}

int Containers::pid(const std::string& id) const {
  int pid = numberInFile(folderOf(id) + "/pid");
  // The monitor adopts the container's first process, so a reused number is not mistaken for it.
  int monitor = monitorPid(id);
  return pid > 0 && monitor > 0 && parentOf(pid) == monitor ? pid : 0;
}

Result<json::object> Containers::spec(const std::string& id) const {
  CLEAT_TRY(auto text, readFile(folderOf(id) + "/config.json"));
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(Status::internal("the bundle of container " + id + " is damaged"));
  return std::move(value.get_object());
}

Result<ContainerRecord> Containers::create(ContainerRecord record, const SandboxRecord& sandbox,
                                           const std::string& shmPath, const Image& image) {
  record.imageId = pullableReference(image, record.wish.image);
  record.stopSignal = record.wish.stopSignal.empty() ? image.config.stopSignal : record.wish.stopSignal;
  record.layers = image.layers;
  record.cgroup = sandbox.cgroupParent + "/" + record.id;
  if (!record.wish.logPath.empty()) record.logPath = sandbox.logDirectory + "/" + record.wish.logPath;
  auto assembled = assemble(record, sandbox, shmPath, image);
  if (assembled) return record;
  auto removed = remove(record);
  (void)removed;  // what remains is removed at the next start
  return fail(assembled.error());
}

Result<void> Containers::assemble(ContainerRecord& record, const SandboxRecord& sandbox, const std::string& shmPath,
                                  const Image& image) {
  CLEAT_TRY(prepareFolders(record, sandbox));
  CLEAT_TRY(save(record));
  CLEAT_TRY(mountRootfs(record, sandbox));
  CLEAT_TRY(mountImages(record, sandbox));
  for (const BindMount& each : record.wish.mounts)
    if (!exists(each.hostPath))
      if (auto made = makeFolders(each.hostPath, 0755); !made) return made;
  CLEAT_TRY(mapMounts(record, sandbox));
  CLEAT_TRY(writeSpec(record, sandbox, shmPath, image));
  CLEAT_TRY(save(record));
  return launch(record);
}

Result<void> Containers::writeSpec(ContainerRecord& record, const SandboxRecord& sandbox, const std::string& shmPath,
                                   const Image& image) const {
  const SecurityRecord& security = record.wish.security;
  UserWish wish{.imageUser = image.config.user,
                .runAsUser = security.runAsUser,
                .runAsGroup = security.runAsGroup,
                .runAsNonRoot = security.runAsNonRoot,
                .supplementalGroups = security.supplementalGroups,
                .strictGroups = security.strictGroups,
                .firstUnmapped = sandbox.ids.firstUnmapped(),
                .pod = sandbox.podName + "_" + sandbox.podNamespace + "(" + sandbox.podUid + ")",
                .container = record.wish.name};
  std::string rootfs = rootfsOf(record.id, sandbox);
  CLEAT_TRY(auto edits, cdiEdits(settings_.cdiFolders, record.wish.cdiDevices));
  std::vector<BindMount> mounts = record.wish.mounts;
  for (std::string& target : cdiMountTargets(edits)) mounts.push_back({.containerPath = std::move(target)});
  CLEAT_TRY(checkPaths(rootfs, workingFolder(record.wish, image.config), mounts, security.privileged));
  CLEAT_TRY(auto user, resolveUser(rootfs, wish));
  record.user = {user.uid, user.gid, {user.additionalGids.begin(), user.additionalGids.end()}};
  CapabilityWish capabilityWish{security.privileged, security.addCapabilities, security.dropCapabilities};
  CLEAT_TRY(auto capabilities, resolveCapabilities(capabilityWish));
  const std::string& target = record.wish.targetContainerId;
  int targetPid = target.empty() ? 0 : pid(target);
  if (!target.empty() && targetPid == 0)
    return fail(Status::internal("container " + target + ", whose processes are to be seen, does not run"));
  CLEAT_TRY(auto spec, makeSpec({sandbox, record.wish, image.config, user, capabilities, record.cgroup, shmPath, rootfs,
                                 settings_.seccompFolder, cgroups_.isV2(), lowestOomScoreAdj(), targetPid}));
  CLEAT_TRY(applyCdiEdits(spec, edits));
  return writeFile(folderOf(record.id) + "/config.json", json::serialize(spec));
}

Result<void> Containers::start(ContainerRecord& record, int64_t nowNs) {
  if (record.exited) return fail(Status::internal("container " + record.id + " has ended already"));
  if (record.startedAtNs != 0) return {};
  CLEAT_TRY(openFifo(record));
  record.startedAtNs = nowNs;
  return save(record);
}

Result<void> Containers::signal(const ContainerRecord& record, int number) const {
  Fd process = processDescriptor(pid(record.id));
  // Asked again now that the descriptor holds on to it.
  if (!process || pid(record.id) == 0) return {};
  if (syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) != 0 && errno != ESRCH)
    return fail(systemError("cannot send signal " + std::to_string(number) + " to container " + record.id, errno));
  return {};
}

void Containers::kill(const ContainerRecord& record) const {
  auto sent = signal(record, SIGKILL);
  (void)sent;
  if (cgroup::isGroupPath(record.cgroup)) cgroups_.kill(record.cgroup);
}

Result<void> Containers::remove(const ContainerRecord& record) {
  kill(record);
  std::string folder = folderOf(record.id);
  int monitor = monitorPid(record.id);
  if (Fd process = processDescriptor(monitor); process && monitor > 0) {
    // It ends by itself once the container has.
    pollfd watched{process.get(), POLLIN, 0};
    if (poll(&watched, 1, 2000) == 0) killProcessWith(monitor, record.id);
  }
  if (cgroup::isGroupPath(record.cgroup))
    if (auto removed = cgroups_.remove(record.cgroup); !removed) return removed;
  CLEAT_TRY(removeTree(runtimeRoot() + "/" + record.id));
  CLEAT_TRY(unmountAll(record));
  unlink((settings_.exitFolder + "/" + record.id).c_str());
  return removeTree(folder);
}

Result<bool> Containers::noteExit(ContainerRecord& record) {
  if (record.exited) return true;
  std::string file = settings_.exitFolder + "/" + record.id;
  struct stat facts{};
  bool written = stat(file.c_str(), &facts) == 0;
  if (!written && monitorPid(record.id) != 0) return false;
  // The monitor may have written the code and ended between the two looks.
  if (!written) written = stat(file.c_str(), &facts) == 0;
  record.exited = true;
  record.oomKilled = exists(folderOf(record.id) + "/oom");
  if (written) {
    record.exitCode = numberInFile(file);
    // The kernel's file times lag behind its clock by up to a tick.
    int64_t writtenAtNs = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec;
    record.finishedAtNs = std::max(writtenAtNs, record.startedAtNs);
  } else {
    // As other runtimes do for a container whose end nobody has seen.
    record.exitCode = 255;
    record.finishedAtNs = record.startedAtNs != 0 ? record.startedAtNs : record.createdAtNs;
    record.message = "the container's monitor is gone, so how it ended is not known";
    kill(record);
  }
  // With a process namespace of its own everything in it ended with its first process; a shared one goes on.
  if (cgroup::isGroupPath(record.cgroup)) cgroups_.kill(record.cgroup);
  CLEAT_TRY(save(record));
  return true;
}

Result<Usage> Containers::usage(const ContainerRecord& record) const { return cgroups_.usage(record.cgroup); }

uint64_t Containers::rootfsUsedBytes(const std::string& id) const {
  // Enough for what containers write beside volumes; beyond it the figure is a lower bound.
  int budget = 100'000;
  return sizeBelow(folderOf(id) + "/upper", budget);
}

void Containers::settle(const ContainerRecord& record, const SandboxRecord& sandbox) const {
  int monitor = monitorPid(record.id);
  if (monitor == 0) return;
  auto attached = cgroups_.attach(Sandboxes::supervisorGroup(sandbox), monitor);
  (void)attached;  // the container works without
}

Result<std::vector<ContainerRecord>> Containers::load(int64_t nowNs) {
  CLEAT_TRY(auto ids, listFolder(settings_.folder));
  std::vector<ContainerRecord> records;
  for (const std::string& id : ids) {
    auto text = readFile(folderOf(id) + "/container.json");
    auto record = text ? parseContainerRecord(*text) : Result<ContainerRecord>(fail(text.error()));
    bool whole = record && exists(folderOf(id) + "/pid");
    if (!whole) {
      ContainerRecord remains = record ? *record : ContainerRecord{.id = id};
      killProcessWith(numberInFile(folderOf(id) + "/conmon.pid"), id);
      CLEAT_TRY(remove(remains));
      continue;
    }
    CLEAT_TRY(auto ended, noteExit(*record));
    // We may have died between starting it and writing that down.
    if (!ended && record->startedAtNs == 0 && !exists(runtimeRoot() + "/" + id + "/exec.fifo")) {
      record->startedAtNs = nowNs;
      CLEAT_TRY(save(*record));
    }
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace cleat::runtime
