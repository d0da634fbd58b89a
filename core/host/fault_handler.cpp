#include "core/host/fault_handler.h"

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace cleat::host {
namespace {

thread_local const char* runningPlugin = nullptr;
thread_local const char* runningWhat = nullptr;

constexpr size_t kMostLibraries = 1024;
struct Code {
  uintptr_t begin = 0;
  std::atomic<uintptr_t> end = 0;  // 0: not filled in yet
  char plugin[64] = {};
};
Code libraries[kMostLibraries];
std::atomic<size_t> libraryCount = 0;

char logPath[4096] = {};

// A handler may call almost nothing, so the line is put together by hand.
class Line {
 public:
  void add(const char* text) {
    const size_t size = std::min(std::strlen(text), sizeof text_ - size_);
    std::memcpy(text_ + size_, text, size);
    size_ += size;
  }
  void addNumber(int number) {
    const char digits[3] = {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10), 0};
    add(number < 10 ? digits + 1 : digits);
  }
  void writeTo(int fd) const { static_cast<void>(!write(fd, text_, size_)); }

 private:
  char text_[512];
  size_t size_ = 0;
};

const char* nameOf(int signal) {
  switch (signal) {
    case SIGSEGV: return "Segmentation fault";
    case SIGBUS: return "Bus error";
    case SIGFPE: return "Arithmetic exception";
    case SIGILL: return "Illegal instruction";
    default: return "Aborted";
  }
}

uintptr_t placeOf(const void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<uintptr_t>(registers.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<uintptr_t>(registers.pc);
#endif
}

const char* ownerOf(uintptr_t place) {
  const size_t count = std::min(libraryCount.load(), kMostLibraries);
  for (size_t i = 0; i < count; ++i) {
    if (place >= libraries[i].begin && place < libraries[i].end) return libraries[i].plugin;
  }
  return nullptr;
}

void announce(int signal, siginfo_t*, void* context) {
  Line line;
  line.add("cleat: killed by signal ");
  line.addNumber(signal);
  line.add(" (");
  line.add(nameOf(signal));
  line.add(")");
  if (runningPlugin) {
    line.add(" in a callback (");
    line.add(runningWhat);
    line.add(") of the plugin ");
    line.add(runningPlugin);
  } else if (const char* owner = ownerOf(placeOf(context))) {
    line.add(" in code of the plugin ");
    line.add(owner);
  } else {
    line.add(", in no plugin's code");
  }
  line.add("\n");
  line.writeTo(STDERR_FILENO);
  if (logPath[0]) {
    int fd = open(logPath, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd >= 0) line.writeTo(fd);
  }
  // The handler is gone by now: what faulted does so again, and ends the program as it would have.
}

}  // namespace

void announceFaults(const std::string& logFile) {
#ifndef __SANITIZE_ADDRESS__
  logFile.copy(logPath, sizeof logPath - 1);
  struct sigaction action{};
  action.sa_sigaction = announce;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(signal, &action, nullptr);
#else
  static_cast<void>(logFile);
#endif
}

RunningCallback::RunningCallback(const char* plugin, const char* what)
    : pluginBefore_(runningPlugin), whatBefore_(runningWhat) {
  runningPlugin = plugin;
  runningWhat = what;
}

RunningCallback::~RunningCallback() {
  runningPlugin = pluginBefore_;
  runningWhat = whatBefore_;
}

void rememberCode(const std::string& plugin, const void* address) {
  struct Wanted {
    uintptr_t address, begin = 0, end = 0;
  } wanted{reinterpret_cast<uintptr_t>(address)};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* given) {
        auto& sought = *static_cast<Wanted*>(given);
        uintptr_t begin = UINTPTR_MAX, end = 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD) continue;
          begin = std::min<uintptr_t>(begin, info->dlpi_addr + segment.p_vaddr);
          end = std::max<uintptr_t>(end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
        }
        if (sought.address < begin || sought.address >= end) return 0;
        sought.begin = begin;
        sought.end = end;
        return 1;
      },
      &wanted);
  if (wanted.end == 0) return;
  const size_t place = libraryCount++;
  if (place >= kMostLibraries) return;
  libraries[place].begin = wanted.begin;
  plugin.copy(libraries[place].plugin, sizeof libraries[place].plugin - 1);
  libraries[place].end = wanted.end;
}

}  // namespace cleat::host
