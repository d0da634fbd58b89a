// The program's log: one line an event, to standard error or a file, each with its time, level and component. A
// component is a plugin's name ("scheduler-default") or a part of the core ("gate"). Any thread may log. Whatever comes
// from outside may be put into a line: control characters are escaped, and a line is cut at 8 KiB.
//
//   base::log(LogLevel::info, "store", "recovered 1204 objects in 31 ms");
//
// Never log a secret: neither tokens, keys nor the bodies of objects.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::base {

enum class LogLevel { debug = 1, info = 2, warn = 3, error = 4 };  // as in the plugin ABI

struct LogOptions {
  LogLevel level = LogLevel::info;
  std::string file;  // appended to, 0600; empty: standard error
  // A file that would become larger is put aside as FILE.1, that as FILE.2 and so on; the last of so many goes.
  int64_t maxBytes = 100 << 20, maxFiles = 5;
};

// Before this, the log goes to standard error at level info. False, with errno set, when the file cannot be opened.
bool startLog(LogOptions options);
void setLogLevel(LogLevel level);
std::optional<LogLevel> logLevelNamed(std::string_view name);  // "debug", "info", "warn", "error"
std::string_view logLevelName(LogLevel level);

bool logs(LogLevel level);  // whether a line at that level is written, to save making it
void log(LogLevel level, std::string_view component, std::string_view text);

// Takes the lines instead, every level of them, while it exists: for tests. One at a time.
class LogCapture {
 public:
  using Sink = std::function<void(LogLevel, std::string_view component, std::string_view text)>;
  explicit LogCapture(Sink sink);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
};

}  // namespace cleat::base
