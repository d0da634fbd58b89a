#include "node/machine.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace cleat::agent {
namespace {

std::string firstLine(const std::string& path) {
  auto content = readFile(path);
  if (!content) return {};
  return content->substr(0, content->find('\n'));
}

// The value behind "KEY=" or "KEY:" at the beginning of a line, without quotes.
std::string valueOf(const std::string& path, std::string_view key) {
  auto content = readFile(path);
  if (!content) return {};
  std::string_view rest = *content;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    while (!line.empty() && (line.front() == ' ' || line.front() == '"')) line.remove_prefix(1);
    while (!line.empty() && line.back() == '"') line.remove_suffix(1);
    return std::string(line);
  }
  return {};
}

std::string goArchitecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine == "armv7l") return "arm";
  if (machine == "i686") return "386";
  return std::string(machine);
}

int64_t cpuCount() {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0) return CPU_COUNT(&usable);
  return std::max<long>(1, sysconf(_SC_NPROCESSORS_ONLN));
}

int64_t numberOf(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t memoryBytes() { return numberOf(valueOf("/proc/meminfo", "MemTotal:")) * 1024; }

// Either limits the machine as a whole.
int64_t mostPids() {
  return std::min(numberOf(firstLine("/proc/sys/kernel/pid_max")), numberOf(firstLine("/proc/sys/kernel/threads-max")));
}

}  // namespace

Machine readMachine(const std::string& dataDir) {
  Machine machine;
  utsname names{};
  uname(&names);
  machine.hostname = names.nodename;
  machine.kernelVersion = names.release;
  machine.architecture = goArchitecture(names.machine);
  machine.machineId = firstLine("/etc/machine-id");
  machine.systemUuid = firstLine("/sys/class/dmi/id/product_uuid");
  if (machine.systemUuid.empty()) machine.systemUuid = machine.machineId;
  machine.bootId = firstLine("/proc/sys/kernel/random/boot_id");
  machine.osImage = valueOf("/etc/os-release", "PRETTY_NAME=");
  if (machine.osImage.empty()) machine.osImage = "Linux";
  machine.cpus = cpuCount();
  machine.memoryBytes = memoryBytes();
  machine.mostPids = mostPids();
  struct statvfs filesystem{};
  if (statvfs(dataDir.c_str(), &filesystem) == 0) {
    machine.storageBytes = static_cast<int64_t>(filesystem.f_blocks) * static_cast<int64_t>(filesystem.f_frsize);
  }
  return machine;
}

}  // namespace cleat::agent
