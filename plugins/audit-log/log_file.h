// LogFile: a file that lines are appended to, and that makes room for a new one when it is large: it is renamed after
// the time at which that happened, and the oldest of those go. Everything blocks. Thread-safe.
//
//   audit.log   audit-2026-11-29T15-30-00.123.log   …
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace cleat::audit {

struct LogFileOptions {
  std::string path;
  uint64_t mostBytes = 0;             // 0: it never makes room
  size_t mostBackups = 0;             // 0: any number
  std::chrono::hours longestKept{0};  // 0: for ever
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
};

class LogFile {
 public:
  explicit LogFile(LogFileOptions options) : options_(std::move(options)) {}

  // All of the text or nothing of it: what a full disk has taken of it is taken back. It ends with the end of a line.
  Result<void> append(std::string_view text);

 private:
  Result<void> open() CLEAT_REQUIRES(mutex_);
  Result<void> makeRoom() CLEAT_REQUIRES(mutex_);
  void dropOld() const;

  const LogFileOptions options_;
  Mutex mutex_;
  Fd file_ CLEAT_GUARDED_BY(mutex_);
  uint64_t size_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::audit
