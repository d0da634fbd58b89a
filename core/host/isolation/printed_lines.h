// PrintedLines: what comes out of a pipe, by lines. What an isolated plugin's process writes to its standard output and
// error.
//
// Belongs to one thread at a time, which polls `fd` and reads when there is something.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cleat::host {

class PrintedLines {
 public:
  using Printed = std::function<void(std::string_view line)>;
  // No pipe at all.
  PrintedLines() = default;
  // Owns the pipe.
  PrintedLines(int pipe, Printed printed);
  ~PrintedLines();
  PrintedLines(PrintedLines&& other) noexcept;
  PrintedLines& operator=(PrintedLines&& other) noexcept;

  // Negative without a pipe, and where it has ended.
  int fd() const { return pipe_; }
  // Gives the lines that are whole, and at the end, or where this is the last look, what there is of one. Not all that
  // has come: whoever prints without end does not keep others waiting.
  void read(bool last);

 private:
  void close();

  int pipe_ = -1;
  Printed printed_;
  std::string line_;  // so far
};

}  // namespace cleat::host
