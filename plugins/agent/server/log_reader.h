// Reads a container's log file, in the format that Kubernetes defines for CRI runtimes, a line each:
//
//   2026-03-01T12:00:00.000000000Z stdout F a whole line
//   2026-03-01T12:00:00.000000000Z stdout P the beginning of a longer line, without an end
//
// and gives what a client asked for as plain text. It reads what is there and can be asked again when there is more; it
// does not wait. Any thread, one at a time.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::agent {

struct LogOptions {
  bool follow = false, previous = false, timestamps = false;
  std::optional<uint64_t> tailLines, limitBytes;
  std::optional<WallTime> since;
  std::string stream;  // "Stdout", "Stderr"; empty or "All": both
};

// Out of the query of a request: "tailLines=10&follow=true". `now` is for sinceSeconds.
Result<LogOptions> parseLogOptions(std::string_view query, WallTime now);

class LogReader {
 public:
  LogReader(std::string path, LogOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  Result<void> open();
  // Appends what follows, at most about `most` bytes. Returns whether it got anything from the file.
  Result<bool> read(std::string& out, size_t most);
  // The client's limit is reached.
  bool full() const { return options_.limitBytes && written_ >= *options_.limitBytes; }
  // The file was rotated: another one has its name now. To be asked when the old one has been read to its end.
  bool rotated() const;
  // Begins with the new file at its start.
  Result<void> reopen();

 private:
  void take(std::string_view line, std::string& out);
  void append(std::string_view text, std::string& out);
  Result<void> seekToTail();

  std::string path_;
  LogOptions options_;
  Fd fd_;
  uint64_t offset_ = 0;
  std::string rest_;  // a line that is not complete yet
  uint64_t written_ = 0;
  bool atLineStart_ = true;
};

// Decoded pairs of a query, in order.
std::vector<std::pair<std::string, std::string>> parseQuery(std::string_view query);

}  // namespace cleat::agent
