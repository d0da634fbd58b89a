#include "core/host/fault_handler.h"

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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
bool announces = false;

// Where a handler runs on a thread whose own stack has no room left. The thread has it from its first callback on.
class HandlerStack {
 public:
  HandlerStack() {
    place_ = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (place_ == MAP_FAILED) return;
    const stack_t stack{.ss_sp = place_, .ss_flags = 0, .ss_size = kBytes};
    sigaltstack(&stack, nullptr);
  }
  ~HandlerStack() {
    if (place_ == MAP_FAILED) return;
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, nullptr);
    munmap(place_, kBytes);
  }
  HandlerStack(const HandlerStack&) = delete;

 private:
  static constexpr size_t kBytes = 64 << 10;
  void* place_;
};
thread_local bool hasRunCallbacks = false;

void useHandlerStack() {
  static thread_local HandlerStack stack;
  hasRunCallbacks = true;
}

// A handler may call almost nothing, so the line is put together by hand.
class Line {
 public:
  void add(const char* text) {
    const size_t size = std::min(std::strlen(text), sizeof text_ - size_);
    std::memcpy(text_ + size_, text, size);
    size_ += size;
  }
  // Of three digits at most.
  void addNumber(int number) {
    if (number >= 100) addDigit(number / 100);
    if (number >= 10) addDigit(number / 10 % 10);
    addDigit(number % 10);
  }
  // Ends the line, and writes it to standard error and into the log.
  void write() {
    add("\n");
    writeTo(STDERR_FILENO);
    const int fd = logPath[0] ? open(logPath, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd >= 0) writeTo(fd);
  }

 private:
  void addDigit(int digit) {
    const char text[2] = {static_cast<char>('0' + digit), 0};
    add(text);
  }
  void writeTo(int fd) const { static_cast<void>(!::write(fd, text_, size_)); }

  char text_[512];
  size_t size_ = 0;
};

const char* nameOf(int signal) {
  switch (signal) {
    case SIGSEGV: return "Segmentation fault";
    case SIGBUS: return "Bus error";
    case SIGFPE: return "Arithmetic exception";
    case SIGILL: return "Illegal instruction";
    case SIGTRAP: return "Trace/breakpoint trap";
    case SIGSYS: return "Bad system call";
    default: return "Aborted";
  }
}

struct Registers {
  uintptr_t place, stack;
};

Registers registersIn(const void* context) {
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<uintptr_t>(registers.gregs[REG_RIP]), static_cast<uintptr_t>(registers.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {static_cast<uintptr_t>(registers.pc), static_cast<uintptr_t>(registers.sp)};
#endif
}

const char* ownerOf(uintptr_t place) {
  const size_t count = std::min(libraryCount.load(), kMostLibraries);
  for (size_t i = 0; i < count; ++i) {
    if (place >= libraries[i].begin && place < libraries[i].end) return libraries[i].plugin;
  }
  return nullptr;
}

// Whose code is among those who have called one another here. Only of a thread that no callback has run on: the stack
// of one that has may hold what is left of them. Nothing may be read there that is not there.
const char* callerOn(uintptr_t stack) {
  constexpr int kChunks = 8;
  std::array<uintptr_t, 512> words{};
  stack &= ~(sizeof(uintptr_t) - 1);
  for (int chunk = 0; chunk < kChunks && !hasRunCallbacks; ++chunk) {
    // Up to the next page: one that is not there ends it.
    const size_t bytes = sizeof words - stack % sizeof words;
    const iovec here{words.data(), bytes}, there{reinterpret_cast<void*>(stack), bytes};
    if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != static_cast<ssize_t>(bytes)) return nullptr;
    for (size_t i = 0; i < bytes / sizeof(uintptr_t); ++i) {
      if (const char* owner = ownerOf(words[i])) return owner;
    }
    stack += bytes;
  }
  return nullptr;
}

bool addCallback(Line& line) {
  if (!runningPlugin) return false;
  line.add(" in a callback (");
  line.add(runningWhat);
  line.add(") of the plugin ");
  line.add(runningPlugin);
  return true;
}

bool addOwner(Line& line, const char* where, const char* plugin) {
  if (!plugin) return false;
  line.add(where);
  line.add(plugin);
  return true;
}

void announce(int signal, siginfo_t*, void* context) {
  const Registers registers = registersIn(context);
  Line line;
  line.add("cleat: killed by signal ");
  line.addNumber(signal);
  line.add(" (");
  line.add(nameOf(signal));
  line.add(")");
  if (!addCallback(line) && !addOwner(line, " in code of the plugin ", ownerOf(registers.place)) &&
      !addOwner(line, " in a thread of the plugin ", callerOn(registers.stack))) {
    line.add(", in no plugin's code");
  }
  line.write();
  // The handler is gone by now: what faulted does so again, and ends the program as it would have.
}

// A plugin that ends the program does so without a fault. What ends it by `_exit` says nothing to anybody.
void announceExit(int status, void*) {
  Line line;
  line.add("cleat: ended with status ");
  line.addNumber(status & 0xff);
  const bool isMain = getpid() == gettid();
  const auto stack = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (addCallback(line) || (!isMain && addOwner(line, " in a thread of the plugin ", callerOn(stack)))) line.write();
}

}  // namespace

void announceFaults(const std::string& logFile) {
#ifndef __SANITIZE_ADDRESS__
  logFile.copy(logPath, sizeof logPath - 1);
  announces = true;
  struct sigaction action{};
  action.sa_sigaction = announce;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigaction(signal, &action, nullptr);
  on_exit(announceExit, nullptr);
#else
  static_cast<void>(logFile);
#endif
}

RunningCallback::RunningCallback(const char* plugin, const char* what)
    : pluginBefore_(runningPlugin), whatBefore_(runningWhat) {
  runningPlugin = plugin;
  runningWhat = what;
  if (announces && !hasRunCallbacks) useHandlerStack();
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
