#include "core/host/isolation/printed_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cleat::host {
namespace {

constexpr size_t kLongestLine = 4096;

}  // namespace

PrintedLines::PrintedLines(int pipe, Printed printed) : pipe_(pipe), printed_(std::move(printed)) {
  fcntl(pipe_, F_SETFL, fcntl(pipe_, F_GETFL) | O_NONBLOCK);
}

PrintedLines::~PrintedLines() { close(); }

PrintedLines::PrintedLines(PrintedLines&& other) noexcept { *this = std::move(other); }

PrintedLines& PrintedLines::operator=(PrintedLines&& other) noexcept {
  std::swap(pipe_, other.pipe_);
  std::swap(printed_, other.printed_);
  std::swap(line_, other.line_);
  return *this;
}

void PrintedLines::close() {
  if (pipe_ >= 0) ::close(pipe_);
  pipe_ = -1;
}

void PrintedLines::read(bool last) {
  char bytes[4096];
  for (int round = 0; round < 4 && pipe_ >= 0; ++round) {
    const ssize_t got = ::read(pipe_, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) break;
    if (got <= 0) {
      close();
      break;
    }
    for (char letter : std::string_view(bytes, static_cast<size_t>(got))) {
      if (letter != '\n' && line_.size() < kLongestLine) {
        line_ += letter;
        continue;
      }
      printed_(line_);
      line_.clear();
    }
  }
  if ((last || pipe_ < 0) && !line_.empty()) {
    printed_(line_);
    line_.clear();
  }
}

}  // namespace cleat::host
