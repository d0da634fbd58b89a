#include "pod/termination_message.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace cleat::agent {
namespace {

constexpr size_t kMostMessageBytes = 4096;
constexpr size_t kMostLogBytes = 2048;
constexpr size_t kMostLogLines = 80;

// At most the last `most` bytes of a file.
std::string endOf(const std::string& path, size_t most) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  size_t size = static_cast<size_t>(status.st_size);
  std::string content(std::min(size, most), '\0');
  ssize_t got = pread(fd.get(), content.data(), content.size(), static_cast<off_t>(size - content.size()));
  content.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return content;
}

std::string startOf(const std::string& path, size_t most) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return {};
  std::string content(most, '\0');
  ssize_t got = read(fd.get(), content.data(), content.size());
  content.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return content;
}

}  // namespace

std::string logTail(const std::string& path, size_t mostLines, size_t mostBytes) {
  // A line carries some forty bytes of its own in front of the text.
  std::string raw = endOf(path, mostBytes * 4 + mostLines * 64);
  std::vector<std::string> lines;
  std::string_view rest = raw;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    // "TIME STREAM FLAG TEXT"; the flag P says that no line ends here.
    size_t at = 0;
    for (int blanks = 0; blanks < 3 && at != std::string_view::npos; ++blanks) {
      at = line.find(' ', at);
      if (at != std::string_view::npos) ++at;
    }
    if (at == std::string_view::npos) continue;
    bool whole = line.substr(0, at).ends_with(" F ");
    lines.emplace_back(concat(line.substr(at), whole ? "\n" : ""));
  }
  std::string text;
  size_t first = lines.size() > mostLines ? lines.size() - mostLines : 0;
  for (size_t i = first; i < lines.size(); ++i) text += lines[i];
  if (text.size() > mostBytes) text = text.substr(text.size() - mostBytes);
  return text;
}

std::string terminationMessage(const RuntimeContainer& container) {
  std::string message;
  if (!container.terminationMessageFile.empty()) message = startOf(container.terminationMessageFile, kMostMessageBytes);
  if (message.empty() && container.messageFromLogs && container.exitCode != 0) {
    message = logTail(container.logPath, kMostLogLines, kMostLogBytes);
  }
  return message;
}

}  // namespace cleat::agent
