#include "server/log_reader.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace cleat::agent {
namespace {

constexpr size_t kBlock = 64 * 1024;
// conmon writes at most 8 KiB of text a line; what is longer is not a log.
constexpr size_t kLongestLine = 1u << 20;

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<uint64_t> number(const std::string& text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool isTrue(const std::string& text) { return text != "false" && text != "0"; }

// Cuts the first word off.
std::string_view takeWord(std::string_view& line) {
  size_t end = std::min(line.find(' '), line.size());
  std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(decoded(pair.substr(0, equals)), decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return pairs;
}

Result<LogOptions> parseLogOptions(std::string_view query, WallTime now) {
  LogOptions options;
  for (const auto& [key, value] : parseQuery(query)) {
    auto refuse = [&] {
      return fail(Status::badRequest(concat("invalid value \"", value, "\" of the log option ", key)));
    };
    if (key == "follow") options.follow = isTrue(value);
    if (key == "previous") options.previous = isTrue(value);
    if (key == "timestamps") options.timestamps = isTrue(value);
    if (key == "stream") options.stream = value;
    if (key == "tailLines" || key == "limitBytes" || key == "sinceSeconds") {
      auto parsed = number(value);
      if (!parsed) return refuse();
      if (key == "tailLines") options.tailLines = *parsed;
      if (key == "limitBytes") options.limitBytes = *parsed;
      if (key == "sinceSeconds") options.since = now - std::chrono::seconds(std::min<uint64_t>(*parsed, 1u << 31));
    }
    if (key == "sinceTime") {
      options.since = parseTime(std::string_view(value));
      if (!options.since) return refuse();
    }
  }
  return options;
}

Result<void> LogReader::open() {
  fd_ = Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd_) return fail(systemError("cannot open the log", errno));
  offset_ = 0;
  rest_.clear();
  return options_.tailLines ? seekToTail() : Result<void>();
}

// To the beginning of the last so many lines of the file.
Result<void> LogReader::seekToTail() {
  struct stat status{};
  if (fstat(fd_.get(), &status) != 0) return fail(systemError("cannot look at the log", errno));
  uint64_t left = static_cast<uint64_t>(status.st_size);
  offset_ = left;
  if (*options_.tailLines == 0) return {};
  uint64_t ends = 0;
  std::string block(kBlock, '\0');
  while (left > 0) {
    size_t size = static_cast<size_t>(std::min<uint64_t>(kBlock, left));
    ssize_t got = pread(fd_.get(), block.data(), size, static_cast<off_t>(left - size));
    if (got != static_cast<ssize_t>(size)) return fail(systemError("cannot read the log", errno));
    for (size_t i = size; i-- > 0;) {
      uint64_t position = left - size + i;
      // The end of the last line ends nothing before it.
      if (block[i] != '\n' || position + 1 == static_cast<uint64_t>(status.st_size)) continue;
      if (++ends == *options_.tailLines) {
        offset_ = position + 1;
        return {};
      }
    }
    left -= size;
  }
  offset_ = 0;
  return {};
}

Result<bool> LogReader::read(std::string& out, size_t most) {
  std::string block(kBlock, '\0');
  bool any = false;
  size_t begin = out.size();
  while (!full() && out.size() - begin < most) {
    ssize_t got = pread(fd_.get(), block.data(), block.size(), static_cast<off_t>(offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(systemError("cannot read the log", errno));
    if (got == 0) break;
    any = true;
    offset_ += static_cast<uint64_t>(got);
    std::string_view fresh(block.data(), static_cast<size_t>(got));
    while (!fresh.empty() && !full()) {
      size_t end = fresh.find('\n');
      if (end == std::string_view::npos) {
        rest_ += fresh;
        break;
      }
      rest_ += fresh.substr(0, end);
      fresh.remove_prefix(end + 1);
      take(rest_, out);
      rest_.clear();
    }
    if (rest_.size() > kLongestLine) return fail(Status::internal("the log has a line that is too long"));
  }
  return any;
}

void LogReader::take(std::string_view line, std::string& out) {
  std::string_view timestamp = takeWord(line);
  std::string_view stream = takeWord(line);
  std::string_view flag = takeWord(line);
  if (stream != "stdout" && stream != "stderr") return;  // not a line of a log
  if (options_.stream == "Stdout" && stream != "stdout") return;
  if (options_.stream == "Stderr" && stream != "stderr") return;
  if (options_.since) {
    auto at = parseTime(timestamp);
    if (!at || *at < *options_.since) return;
  }
  if (options_.timestamps && atLineStart_) {
    append(timestamp, out);
    append(" ", out);
  }
  append(line, out);
  bool partial = flag.starts_with('P');
  if (!partial) append("\n", out);
  atLineStart_ = !partial;
}

void LogReader::append(std::string_view text, std::string& out) {
  if (options_.limitBytes) text = text.substr(0, *options_.limitBytes - written_);
  out += text;
  written_ += text.size();
}

bool LogReader::rotated() const {
  struct stat mine{};
  struct stat named{};
  if (fstat(fd_.get(), &mine) != 0 || stat(path_.c_str(), &named) != 0) return false;
  return mine.st_ino != named.st_ino || mine.st_dev != named.st_dev;
}

Result<void> LogReader::reopen() {
  options_.tailLines.reset();
  return open();
}

}  // namespace cleat::agent
