// Keeps containers' logs from growing without end: a log of more than 10 MiB is put aside and the runtime begins a new
// one; five files of a container are kept, the newest among them. Strand only; files are touched on the pool for
// blocking work.
#pragma once

#include <cleat/sdk/context.h>

#include <string>

#include "runtime_client.h"

namespace cleat::agent {

struct LogLimits {
  uint64_t mostBytes = 10u << 20;
  size_t mostFiles = 5;
};

// Puts the log aside if it is too long and removes the oldest of those put aside. Returns whether it did; the runtime
// must then open its log anew. `stamp` sorts by time. Blocks.
Result<bool> rotateLog(const std::string& path, const std::string& stamp, const LogLimits& limits);

class LogRotation {
 public:
  LogRotation(Context& context, RuntimeClient& runtime) : context_(context), runtime_(runtime) {}

  // Looks every ten seconds, as long as the plugin runs.
  void start() { spawn(keepLooking()); }
  Task<void> look();

 private:
  Task<void> keepLooking();

  Context& context_;
  RuntimeClient& runtime_;
  LogLimits limits_;
};

}  // namespace cleat::agent
