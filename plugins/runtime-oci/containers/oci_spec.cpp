#include "containers/oci_spec.h"

#include "containers/seccomp.h"

#include <cleat/sdk/file.h>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

json::object mount(std::string target, const char* type, std::string source, std::vector<std::string> options) {
  return {
      {"destination", std::move(target)}, {"type", type}, {"source", std::move(source)}, {"options", toJson(options)}};
}

std::string without(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

const char* propagationOption(const std::string& propagation) {
  if (propagation == "Bidirectional") return "rshared";
  if (propagation == "HostToContainer") return "rslave";
  return "rprivate";
}

const char* accessOf(const BindMount& mount) {
  if (!mount.readOnly) return "rw";
  return mount.recursiveReadOnly ? "rro" : "ro";
}

// In a user namespace a mount keeps what it forbids: the OCI runtime has to ask for it where it mounts once more.
void keepFlags(const std::string& path, std::vector<std::string>& options) {
  struct statvfs facts;
  if (statvfs(path.c_str(), &facts) != 0) return;
  if (facts.f_flag & ST_NOSUID) options.push_back("nosuid");
  if (facts.f_flag & ST_NODEV) options.push_back("nodev");
  if (facts.f_flag & ST_NOEXEC) options.push_back("noexec");
  if (facts.f_flag & ST_NOATIME) options.push_back("noatime");
  if (facts.f_flag & ST_NODIRATIME) options.push_back("nodiratime");
}

json::array mountsOf(const SpecInput& input) {
  bool privileged = input.wish.security.privileged;
  const char* access = privileged ? "rw" : "ro";
  std::vector<json::object> mounts{
      mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      mount("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
      mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}),
      mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", access}),
      mount("/dev/shm", "bind", input.shmPath, {"rbind", "rprivate", "nosuid", "noexec", "nodev", "rw"})};
  std::set<std::string> taken;
  for (const BindMount& each : input.wish.mounts) taken.insert(without(each.containerPath));
  std::erase_if(mounts, [&](const json::object& each) {
    return taken.contains(std::string(each.at("destination").as_string()));
  });
  for (const BindMount& each : input.wish.mounts) {
    std::vector<std::string> options{"rbind", propagationOption(each.propagation), accessOf(each)};
    if (!each.image.empty()) options = {"rbind", "rprivate", "ro", "noexec", "nosuid", "nodev"};
    if (input.sandbox.ids) keepFlags(each.hostPath, options);
    mounts.push_back(mount(without(each.containerPath), "bind", each.hostPath, std::move(options)));
  }
  // What lies deeper is mounted later, so that it is not covered.
  auto depth = [](const json::object& each) {
    std::string_view path = each.at("destination").as_string();
    return path == "/" ? 0 : std::count(path.begin(), path.end(), '/');
  };
  std::stable_sort(mounts.begin(), mounts.end(),
                   [&](const json::object& a, const json::object& b) { return depth(a) < depth(b); });
  json::array array;
  for (json::object& each : mounts) array.push_back(std::move(each));
  return array;
}

json::array namespacesOf(const SpecInput& input) {
  const SandboxRecord& sandbox = input.sandbox;
  std::string pause = "/proc/" + std::to_string(sandbox.pausePid) + "/ns/";
  json::array list{json::object{{"type", "mount"}}, json::object{{"type", "uts"}, {"path", pause + "uts"}}};
  std::string target = "/proc/" + std::to_string(input.targetPid) + "/ns/pid";
  if (input.targetPid > 0)
    list.push_back(json::object{{"type", "pid"}, {"path", target}});
  else if (sandbox.sharePid)
    list.push_back(json::object{{"type", "pid"}, {"path", pause + "pid"}});
  else if (!sandbox.hostPid)
    list.push_back(json::object{{"type", "pid"}});
  if (!sandbox.hostIpc) list.push_back(json::object{{"type", "ipc"}, {"path", pause + "ipc"}});
  if (!sandbox.hostNetwork) list.push_back(json::object{{"type", "network"}, {"path", sandbox.netnsPath}});
  if (input.cgroupV2) list.push_back(json::object{{"type", "cgroup"}});
  if (sandbox.ids) list.push_back(json::object{{"type", "user"}, {"path", pause + "user"}});
  return list;
}

json::array mappingsOf(const std::vector<IdRange>& ranges) {
  json::array list;
  for (const IdRange& each : ranges)
    list.push_back(json::object{{"containerID", each.containerId}, {"hostID", each.hostId}, {"size", each.length}});
  return list;
}

struct Devices {
  json::array nodes, rules;
};

Result<void> addDevice(Devices& devices, const std::string& hostPath, const std::string& containerPath,
                       const std::string& permissions) {
  struct stat facts;
  if (stat(hostPath.c_str(), &facts) != 0) return fail(systemError("cannot find the device " + hostPath, errno));
  if (S_ISDIR(facts.st_mode)) {
    CLEAT_TRY(auto names, listFolder(hostPath));
    // What a privileged container mounts itself, and what is no device.
    static const std::set<std::string> kSkipped{"pts", "shm", "fd", "mqueue", "console", "core"};
    for (const std::string& name : names)
      if (!(hostPath == "/dev" && kSkipped.contains(name)))
        if (auto added = addDevice(devices, hostPath + "/" + name, containerPath + "/" + name, permissions); !added)
          if (!added.error().is(404)) return added;
    return {};
  }
  if (!S_ISCHR(facts.st_mode) && !S_ISBLK(facts.st_mode)) return {};
  const char* type = S_ISCHR(facts.st_mode) ? "c" : "b";
  int64_t deviceMajor = major(facts.st_rdev), deviceMinor = minor(facts.st_rdev);
  devices.nodes.push_back(json::object{{"path", containerPath},
                                       {"type", type},
                                       {"major", deviceMajor},
                                       {"minor", deviceMinor},
                                       {"fileMode", facts.st_mode & 0777},
                                       {"uid", facts.st_uid},
                                       {"gid", facts.st_gid}});
  devices.rules.push_back(json::object{{"allow", true},
                                       {"type", type},
                                       {"major", deviceMajor},
                                       {"minor", deviceMinor},
                                       {"access", permissions.empty() ? "rwm" : permissions}});
  return {};
}

Result<Devices> devicesOf(const ContainerWish& wish) {
  Devices devices;
  bool privileged = wish.security.privileged;
  devices.rules.push_back(json::object{{"allow", privileged}, {"access", "rwm"}});
  if (privileged)
    if (auto added = addDevice(devices, "/dev", "/dev", "rwm"); !added) return fail(added.error());
  for (const DeviceNode& each : wish.devices)
    if (auto added = addDevice(devices, each.hostPath, each.containerPath, each.permissions); !added)
      return fail(added.error());
  return devices;
}

json::object resourcesOf(const Resources& wanted, json::array deviceRules) {
  json::object cpu, memory, resources{{"devices", std::move(deviceRules)}};
  if (wanted.cpuShares > 0) cpu["shares"] = wanted.cpuShares;
  if (wanted.cpuQuotaUs != 0) cpu["quota"] = wanted.cpuQuotaUs;
  if (wanted.cpuQuotaUs > 0) cpu["period"] = wanted.cpuPeriodUs == 0 ? 100000 : wanted.cpuPeriodUs;
  if (!wanted.cpusetCpus.empty()) cpu["cpus"] = wanted.cpusetCpus;
  if (wanted.memoryLimitBytes > 0 && wanted.memoryLimitBytes < cgroup::kNoLimit)
    memory["limit"] = wanted.memoryLimitBytes;
  if (!cpu.empty()) resources["cpu"] = std::move(cpu);
  if (!memory.empty()) resources["memory"] = std::move(memory);
  if (wanted.pidsLimit > 0) resources["pids"] = json::object{{"limit", wanted.pidsLimit}};
  return resources;
}

Result<void> addSeccomp(json::object& linux, const SpecInput& input) {
  const std::string& profile = input.wish.security.seccompProfile;
  if (input.wish.security.privileged || profile.empty() || profile == "Unconfined") return {};
  if (profile == "RuntimeDefault") {
    linux["seccomp"] = defaultSeccompProfile(input.capabilities);
    return {};
  }
  if (!profile.starts_with("Localhost/"))
    return fail(Status::badRequest("unknown seccomp profile \"" + profile + "\""));
  CLEAT_TRY(auto loaded, localSeccompProfile(input.seccompFolder, profile.substr(10)));
  linux["seccomp"] = std::move(loaded);
  return {};
}

// What a profile leaves open is the machine's, unless the users in the container are nobody there.
Result<void> checkSecurity(const SpecInput& input) {
  const SecurityRecord& security = input.wish.security;
  if (!security.maskedPaths && !security.privileged && !input.sandbox.ids)
    return fail(Status::badRequest("procMount Unmasked needs a user namespace (hostUsers: false)"));
  const std::string& profile = security.appArmorProfile;
  if (!profile.empty() && profile != "Unconfined" && !security.privileged)
    return fail(
        Status::badRequest("the AppArmor profile " + profile + " cannot be applied: this runtime applies none"));
  return {};
}

json::object processOf(const SpecInput& input) {
  const SecurityRecord& security = input.wish.security;
  json::array groups;
  for (uint32_t gid : input.user.additionalGids) groups.push_back(gid);
  json::array capabilities = toJson(input.capabilities);
  return {{"terminal", input.wish.tty},
          {"user", json::object{{"uid", input.user.uid}, {"gid", input.user.gid}, {"additionalGids", groups}}},
          {"args", toJson(commandLine(input.wish, input.image))},
          {"env", toJson(environmentOf(input.wish, input.image, input.user, input.sandbox.hostname))},
          {"cwd", workingFolder(input.wish, input.image)},
          {"capabilities",
           json::object{{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}},
          {"oomScoreAdj", std::max(input.wish.resources.oomScoreAdj, input.lowestOomScoreAdj)},
          {"noNewPrivileges", security.noNewPrivileges}};
}

constexpr const char* kMaskedPaths[] = {"/proc/asound",
                                        "/proc/acpi",
                                        "/proc/kcore",
                                        "/proc/keys",
                                        "/proc/latency_stats",
                                        "/proc/timer_list",
                                        "/proc/timer_stats",
                                        "/proc/sched_debug",
                                        "/proc/scsi",
                                        "/sys/firmware",
                                        "/sys/devices/virtual/powercap"};
constexpr const char* kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

}  // namespace

std::string workingFolder(const ContainerWish& wish, const ImageConfig& image) {
  if (!wish.workingDir.empty()) return wish.workingDir;
  return image.workingDir.empty() ? "/" : image.workingDir;
}

std::vector<std::string> commandLine(const ContainerWish& wish, const ImageConfig& image) {
  std::vector<std::string> line = wish.command.empty() ? image.entrypoint : wish.command;
  // A command of the pod's own makes the image's arguments meaningless.
  const std::vector<std::string>& arguments = !wish.args.empty() || !wish.command.empty() ? wish.args : image.cmd;
  line.insert(line.end(), arguments.begin(), arguments.end());
  return line;
}

std::vector<std::string> environmentOf(const ContainerWish& wish, const ImageConfig& image, const User& user,
                                       const std::string& hostname) {
  std::vector<std::string> list;
  auto set = [&](const std::string& entry) {
    std::string prefix = entry.substr(0, entry.find('=')) + "=";
    auto before = std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.starts_with(prefix); });
    if (before == list.end())
      list.push_back(entry);
    else
      *before = entry;
  };
  set("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  if (wish.tty) set("TERM=xterm");
  set("HOSTNAME=" + hostname);
  set("HOME=" + user.home);
  for (const std::string& entry : image.env) set(entry);
  for (const auto& [name, value] : wish.env) set(name + "=" + value);
  return list;
}

int32_t lowestOomScoreAdj() {
  constexpr int kSysResource = 24;
  auto status = readFile("/proc/self/status");
  size_t line = status ? status->find("CapEff:") : std::string::npos;
  uint64_t effective = line == std::string::npos ? 0 : std::strtoull(status->c_str() + line + 7, nullptr, 16);
  if (effective & (1ull << kSysResource)) return -1000;
  auto own = readFile("/proc/self/oom_score_adj");
  return own ? std::atoi(own->c_str()) : 0;
}

Result<json::object> makeSpec(const SpecInput& input) {
  if (commandLine(input.wish, input.image).empty()) return fail(Status::badRequest("no command specified"));
  const SecurityRecord& security = input.wish.security;
  CLEAT_TRY(checkSecurity(input));
  CLEAT_TRY(auto devices, devicesOf(input.wish));
  json::object linux{{"namespaces", namespacesOf(input)},
                     {"cgroupsPath", input.cgroup},
                     {"devices", std::move(devices.nodes)},
                     {"resources", resourcesOf(input.wish.resources, std::move(devices.rules))}};
  if (input.sandbox.ids) {
    linux["uidMappings"] = mappingsOf(input.sandbox.ids.uids);
    linux["gidMappings"] = mappingsOf(input.sandbox.ids.gids);
  }
  CLEAT_TRY(addSeccomp(linux, input));
  if (!security.privileged && security.maskedPaths) {
    linux["maskedPaths"] = json::array(std::begin(kMaskedPaths), std::end(kMaskedPaths));
    linux["readonlyPaths"] = json::array(std::begin(kReadonlyPaths), std::end(kReadonlyPaths));
  }
  for (const BindMount& each : input.wish.mounts) {
    if (each.propagation == "Bidirectional") linux["rootfsPropagation"] = "rshared";
    if (each.propagation == "HostToContainer" && !linux.contains("rootfsPropagation"))
      linux["rootfsPropagation"] = "rslave";
  }
  return json::object{{"ociVersion", "1.0.2"},
                      {"process", processOf(input)},
                      {"root", json::object{{"path", input.rootfs}, {"readonly", security.readOnlyRootfs}}},
                      {"mounts", mountsOf(input)},
                      {"linux", std::move(linux)}};
}

json::object execProcess(const json::object& spec, const std::vector<std::string>& command, bool tty) {
  json::object process = spec.at("process").as_object();
  process["terminal"] = tty;
  process["args"] = toJson(command);
  if (tty) {
    json::array& environment = process["env"].as_array();
    bool known = std::any_of(environment.begin(), environment.end(), [](const json::value& each) {
      return std::string_view(each.as_string()).starts_with("TERM=");
    });
    if (!known) environment.push_back("TERM=xterm");
  }
  return process;
}

}  // namespace cleat::runtime
