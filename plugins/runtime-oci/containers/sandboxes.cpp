#include "containers/sandboxes.h"

#include "machine/namespaces.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace cleat::runtime {
namespace {

constexpr uint64_t kDefaultShmBytes = 64u << 20;
// Among the last that the kernel kills for memory: the pod's containers go before it.
constexpr const char* kPauseOomScoreAdj = "-998";

int namespaceFlags(const SandboxRecord& record) {
  return CLONE_NEWUTS | (record.hostNetwork ? 0 : CLONE_NEWNET) | (record.hostIpc ? 0 : CLONE_NEWIPC) |
         (record.sharePid ? CLONE_NEWPID : 0);
}

Result<void> mountShm(const std::string& path, uint64_t bytes, const IdMappings& ids) {
  CLEAT_TRY(makeFolders(path, 0755));
  std::string options = concat("mode=1777,size=", bytes == 0 ? kDefaultShmBytes : bytes);
  if (ids) options += concat(",uid=", ids.rootUid(), ",gid=", ids.rootGid());
  if (::mount("shm", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options.c_str()) != 0)
    return fail(systemError("cannot mount the pod's /dev/shm at " + path, errno));
  return {};
}

}  // namespace

Result<void> unmount(const std::string& path) {
  while (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
  }
  if (errno == EINVAL || errno == ENOENT) return {};
  return fail(systemError("cannot unmount " + path, errno));
}

void killProcessWith(int pid, const std::string& argument) {
  Fd process = processDescriptor(pid);
  if (!process || !isProcessWith(pid, argument)) return;
  syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  pollfd watched{process.get(), POLLIN, 0};
  poll(&watched, 1, 2000);
}

std::string Sandboxes::supervisorGroup(const SandboxRecord& record) {
  return record.cgroupParent + "/cleat-" + record.id.substr(0, 12);
}

bool Sandboxes::running(const SandboxRecord& record) { return isProcessWith(record.pausePid, record.id); }

Result<void> Sandboxes::save(const SandboxRecord& record) const {
  return writeFile(folderOf(record.id) + "/sandbox.json", toJsonText(record));
}

Result<SandboxRecord> Sandboxes::start(SandboxRecord record) {
  if (record.cgroupParent.empty()) record.cgroupParent = "/cleat/pod" + record.id.substr(0, 12);
  auto assembled = assemble(record);
  if (assembled) return record;
  // What was made before the failing step goes again; the failure is what the caller needs to hear of.
  if (stop(record)) {
    auto removed = remove(record);
    (void)removed;
  }
  return fail(assembled.error());
}

Result<void> Sandboxes::assemble(SandboxRecord& record) {
  CLEAT_TRY(record.ids.check());
  // Namespaces of the machine belong to its own users: root of another one could do nothing with them.
  if (record.ids && (record.hostNetwork || record.hostPid || record.hostIpc))
    return fail(Status::badRequest("a pod with a user namespace has no namespaces of the machine"));
  CLEAT_TRY(makeFolders(folderOf(record.id), 0700));
  CLEAT_TRY(save(record));
  CLEAT_TRY(cgroups_.make(supervisorGroup(record)));
  CLEAT_TRY(cgroups_.limit(record.cgroupParent, record.resources));
  CLEAT_TRY(auto pid, startPause(record));
  record.pausePid = pid;
  if (!record.hostNetwork) {
    record.netnsPath = netnsOf(record.id);
    CLEAT_TRY(keepNetwork(record));
  }
  if (!record.hostIpc)
    if (auto mounted = mountShm(shmOf(record), record.shmSizeBytes, record.ids); !mounted) return mounted;
  std::vector<Sysctl> sysctls;
  for (const auto& [name, value] : record.sysctls) sysctls.push_back({name, value});
  std::optional<uint32_t> root;
  if (record.ids) root = record.ids.rootUid();
  CLEAT_TRY(applySysctls(record.pausePid, sysctls, record.hostNetwork, record.hostIpc, root));
  return save(record);
}

Result<int> Sandboxes::startPause(const SandboxRecord& record) {
  // The pid is written by the pause program itself, so that it is on record even if we die before we know it.
  std::string pidFile = folderOf(record.id) + "/pause.pid";
  Command command{.argv = {settings_.pauseProgram, std::to_string(namespaceFlags(record)), record.id,
                           record.hostname.substr(0, 64), pidFile},
                  .environment = std::vector<std::string>{},
                  .newSession = true};
  if (record.ids)
    for (const std::vector<IdRange>* ranges : {&record.ids.uids, &record.ids.gids})
      command.argv.push_back(mapText(*ranges));
  CLEAT_TRY(auto output, run(command, {.timeoutMs = 10000}));
  if (!output.succeeded()) {
    int error = std::atoi(output.standardError.c_str());
    return fail(systemError("cannot make the pod's namespaces (step " + std::to_string(output.exitCode) + ")", error));
  }
  int pid = numberInFile(pidFile);
  if (pid <= 0) return fail(Status::internal("the pause program left no process id in " + pidFile));
  return pid;
}

Result<void> Sandboxes::tryUserNamespace(const std::function<Result<void>(int pid)>& use) {
  SandboxRecord record;
  record.id = "user-namespace-trial";
  record.hostNetwork = record.hostIpc = true;
  std::vector<IdRange> ids{{.containerId = 0, .hostId = 1u << 16, .length = 1u << 16}};
  record.ids = {ids, ids};
  CLEAT_TRY(makeFolders(folderOf(record.id), 0700));
  auto pid = startPause(record);
  Result<void> used = pid ? use(*pid) : Result<void>(fail(pid.error()));
  if (pid) killProcessWith(*pid, record.id);
  CLEAT_TRY(removeTree(folderOf(record.id)));
  return used;
}

Result<void> Sandboxes::keepNetwork(const SandboxRecord& record) {
  CLEAT_TRY(makeFolders(settings_.runFolder + "/netns", 0700));
  CLEAT_TRY(writeFile(record.netnsPath, ""));
  std::string source = "/proc/" + std::to_string(record.pausePid) + "/ns/net";
  if (mount(source.c_str(), record.netnsPath.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail(systemError("cannot keep the pod's network namespace at " + record.netnsPath, errno));
  return {};
}

void Sandboxes::settle(const SandboxRecord& record) const {
  // Neither is needed for the pod to work: without CAP_SYS_RESOURCE the score cannot be lowered.
  auto attached = cgroups_.attach(supervisorGroup(record), record.pausePid);
  auto protectedFromOom =
      writeInPlace("/proc/" + std::to_string(record.pausePid) + "/oom_score_adj", kPauseOomScoreAdj);
  (void)attached;
  (void)protectedFromOom;
}

Result<void> Sandboxes::stop(SandboxRecord& record) {
  int pid = record.pausePid != 0 ? record.pausePid : numberInFile(folderOf(record.id) + "/pause.pid");
  killProcessWith(pid, record.id);
  std::string netns = netnsOf(record.id);
  CLEAT_TRY(unmount(netns));
  unlink(netns.c_str());
  CLEAT_TRY(unmount(folderOf(record.id) + "/shm"));
  record.pausePid = 0;
  return access(folderOf(record.id).c_str(), F_OK) == 0 ? save(record) : Result<void>();
}

Result<void> Sandboxes::remove(const SandboxRecord& record) {
  CLEAT_TRY(cgroups_.remove(supervisorGroup(record)));
  return removeTree(folderOf(record.id));
}

Result<std::vector<SandboxRecord>> Sandboxes::load() {
  CLEAT_TRY(auto ids, listFolder(settings_.folder));
  std::vector<SandboxRecord> records;
  for (const std::string& id : ids) {
    auto text = readFile(folderOf(id) + "/sandbox.json");
    auto record = text ? parseSandboxRecord(*text) : Result<SandboxRecord>(fail(text.error()));
    if (!record) {
      SandboxRecord remains;
      remains.id = id;
      if (stop(remains))
        if (auto removed = removeTree(folderOf(id)); !removed) return fail(removed.error());
      continue;
    }
    // We may have died after the pause program had started and before we wrote that down. What is half made is undone:
    // nobody has been told of it.
    if (record->pausePid == 0 && numberInFile(folderOf(id) + "/pause.pid") > 0)
      if (auto stopped = stop(*record); !stopped) return fail(stopped.error());
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace cleat::runtime
