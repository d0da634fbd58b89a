// What is said when the program is killed by a fault: which plugin's code was running. For whoever reads the log
// afterwards, and for a service manager that starts the program again.
#pragma once

#include <cstdint>
#include <string>

namespace cleat::host {

// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP and SIGSYS are announced on standard error and in the
// file (empty: none) before they do what they do, and so is an `exit` in a plugin's code. Once, early; nothing under a
// sanitizer, which says more.
void announceFaults(const std::string& logFile);

// Around a plugin's callback on this thread. Both texts stay as long as it does.
class RunningCallback {
 public:
  RunningCallback(const char* plugin, const char* what);
  ~RunningCallback();
  RunningCallback(const RunningCallback&) = delete;

 private:
  const char *pluginBefore_, *whatBefore_;
};

// Where a plugin's code lies, for faults on threads of its own. `address` is anywhere in it.
void rememberCode(const std::string& plugin, const void* address);

}  // namespace cleat::host
