#include "containers/capabilities.h"

#include <cleat/sdk/file.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <set>

namespace cleat::runtime {
namespace {

// In the order of their numbers (linux/capability.h).
constexpr const char* kNames[] = {"CHOWN",
                                  "DAC_OVERRIDE",
                                  "DAC_READ_SEARCH",
                                  "FOWNER",
                                  "FSETID",
                                  "KILL",
                                  "SETGID",
                                  "SETUID",
                                  "SETPCAP",
                                  "LINUX_IMMUTABLE",
                                  "NET_BIND_SERVICE",
                                  "NET_BROADCAST",
                                  "NET_ADMIN",
                                  "NET_RAW",
                                  "IPC_LOCK",
                                  "IPC_OWNER",
                                  "SYS_MODULE",
                                  "SYS_RAWIO",
                                  "SYS_CHROOT",
                                  "SYS_PTRACE",
                                  "SYS_PACCT",
                                  "SYS_ADMIN",
                                  "SYS_BOOT",
                                  "SYS_NICE",
                                  "SYS_RESOURCE",
                                  "SYS_TIME",
                                  "SYS_TTY_CONFIG",
                                  "MKNOD",
                                  "LEASE",
                                  "AUDIT_WRITE",
                                  "AUDIT_CONTROL",
                                  "SETFCAP",
                                  "MAC_OVERRIDE",
                                  "MAC_ADMIN",
                                  "SYSLOG",
                                  "WAKE_ALARM",
                                  "BLOCK_SUSPEND",
                                  "AUDIT_READ",
                                  "PERFMON",
                                  "BPF",
                                  "CHECKPOINT_RESTORE"};
constexpr int kCount = int(std::size(kNames));

constexpr const char* kDefaults[] = {
    "CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",           "MKNOD",      "NET_RAW", "SETGID",
    "SETUID", "SETFCAP",      "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE"};

int numberOf(std::string name) {
  for (char& c : name) c = char(std::toupper(static_cast<unsigned char>(c)));
  if (name.starts_with("CAP_")) name.erase(0, 4);
  auto found = std::find(std::begin(kNames), std::end(kNames), name);
  return found == std::end(kNames) ? -1 : int(found - std::begin(kNames));
}

bool isAll(const std::string& name) { return name == "ALL" || name == "all"; }

uint64_t boundingSet() {
  auto status = readFile("/proc/self/status");
  size_t line = status ? status->find("CapBnd:") : std::string::npos;
  return line == std::string::npos ? 0 : std::strtoull(status->c_str() + line + 7, nullptr, 16);
}

}  // namespace

Result<std::vector<std::string>> resolveCapabilities(const CapabilityWish& wish, uint64_t held) {
  std::set<int> wanted;
  auto addAll = [&] {
    for (int number = 0; number < kCount; ++number) wanted.insert(number);
  };
  for (const char* name : kDefaults) wanted.insert(numberOf(name));
  if (wish.privileged || std::any_of(wish.add.begin(), wish.add.end(), isAll)) addAll();
  // "ALL" first, so that drop ALL with add X leaves X, and add ALL with drop X all but X.
  if (!wish.privileged) {
    if (std::any_of(wish.drop.begin(), wish.drop.end(), isAll)) wanted.clear();
    for (bool adding : {true, false})
      for (const std::string& name : adding ? wish.add : wish.drop) {
        if (isAll(name)) continue;
        int number = numberOf(name);
        if (number < 0) return fail(Status::badRequest("unknown capability \"" + name + "\""));
        if (adding)
          wanted.insert(number);
        else
          wanted.erase(number);
      }
  }
  if (held == ~0ull) held = boundingSet();
  std::vector<std::string> names;
  for (int number : wanted)
    if (held & (1ull << number)) names.push_back(std::string("CAP_") + kNames[number]);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cleat::runtime
