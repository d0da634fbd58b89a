#include "core/base/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace cleat::base {
namespace {

// The fields of /proc/self/stat behind the name, which may have blanks in it (proc(5)): state is the first.
struct Stat {
  double userTicks = 0, systemTicks = 0, startTicks = 0, virtualBytes = 0, residentPages = 0;
};

Stat readStat() {
  constexpr int kUser = 11, kSystem = 12, kStart = 19, kVirtual = 20, kResident = 21;
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t behind = text.rfind(')');
  std::istringstream fields(behind == std::string::npos ? std::string() : text.substr(behind + 1));
  Stat stat;
  std::string field;
  for (int i = 0; fields >> field; ++i) {
    const double value = std::strtod(field.c_str(), nullptr);
    if (i == kUser) stat.userTicks = value;
    if (i == kSystem) stat.systemTicks = value;
    if (i == kStart) stat.startTicks = value;
    if (i == kVirtual) stat.virtualBytes = value;
    if (i == kResident) stat.residentPages = value;
  }
  return stat;
}

double openFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  double count = -1;  // the folder itself is open now
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(folder);
  return count;
}

double secondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

std::string processMetrics() {
  const Stat stat = readStat();
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit files{}, memory{};
  getrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_AS, &memory);
  const double bootedAt = secondsOf(CLOCK_REALTIME) - secondsOf(CLOCK_BOOTTIME);
  struct Line {
    const char *name, *type, *help;
    double value;
  };
  const double unlimited = memory.rlim_cur == RLIM_INFINITY ? 1.8446744073709552e+19 : 0;
  const std::array<Line, 7> lines{{
      {"process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
       (stat.userTicks + stat.systemTicks) / ticks},
      {"process_max_fds", "gauge", "Maximum number of open file descriptors.", static_cast<double>(files.rlim_cur)},
      {"process_open_fds", "gauge", "Number of open file descriptors.", openFiles()},
      {"process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", stat.residentPages * page},
      {"process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
       bootedAt + stat.startTicks / ticks},
      {"process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", stat.virtualBytes},
      {"process_virtual_memory_max_bytes", "gauge", "Maximum amount of virtual memory available in bytes.",
       unlimited != 0 ? unlimited : static_cast<double>(memory.rlim_cur)},
  }};
  std::string text;
  for (const Line& line : lines) {
    char value[40];
    std::snprintf(value, sizeof value, "%.17g", line.value);
    text += std::string("# HELP ") + line.name + " " + line.help + "\n# TYPE " + line.name + " " + line.type + "\n" +
            line.name + " " + value + "\n";
  }
  return text;
}

}  // namespace cleat::base
