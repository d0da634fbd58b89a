#include "log_file.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <vector>

namespace cleat::audit {

namespace {

namespace fs = std::filesystem;
using Time = std::chrono::system_clock::time_point;

constexpr mode_t kMode = 0600;

// "2026-11-29T15-30-00.123"
std::string stampOf(Time time) {
  const auto sinceEpoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = sinceEpoch.count() / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03d", static_cast<int>(sinceEpoch.count() % 1000));
  return text.data();
}

// Nothing for what is none.
std::optional<Time> timeOf(std::string_view stamp) {
  constexpr size_t kLength = 23;
  std::tm parts{};
  int millis = 0;
  if (stamp.size() != kLength) return std::nullopt;
  const int read = std::sscanf(std::string(stamp).c_str(), "%4d-%2d-%2dT%2d-%2d-%2d.%3d", &parts.tm_year, &parts.tm_mon,
                               &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millis);
  constexpr int kFields = 7, kFirstYear = 1900;
  if (read != kFields) return std::nullopt;
  parts.tm_year -= kFirstYear;
  parts.tm_mon -= 1;
  return Time(std::chrono::seconds(timegm(&parts)) + std::chrono::milliseconds(millis));
}

struct Names {
  explicit Names(const std::string& path) {
    const fs::path whole(path);
    folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
    prefix = whole.stem().string() + "-";
    suffix = whole.extension().string();
  }
  fs::path backup(Time time) const { return folder / concat(prefix, stampOf(time), suffix); }
  std::optional<Time> timeOfBackup(const std::string& name) const {
    if (name.size() < prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) {
      return std::nullopt;
    }
    return timeOf(std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  }

  fs::path folder;
  std::string prefix, suffix;
};

}  // namespace

Result<void> LogFile::open() {
  std::error_code ignored;
  fs::create_directories(Names(options_.path).folder, ignored);
  file_ = Fd(::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
  if (!file_) return fail(systemError(concat("cannot open ", options_.path), errno));
  struct stat found{};
  if (fstat(file_.get(), &found) != 0) return fail(systemError(concat("cannot look at ", options_.path), errno));
  size_ = static_cast<uint64_t>(found.st_size);
  return {};
}

Result<void> LogFile::makeRoom() {
  file_.reset();
  const fs::path backup = Names(options_.path).backup(options_.clock());
  std::error_code error;
  fs::rename(options_.path, backup, error);
  if (error) return fail(systemError(concat("cannot rename ", options_.path, " to ", backup.string()), error.value()));
  CLEAT_TRY(open());
  dropOld();
  return {};
}

void LogFile::dropOld() const {
  const Names names(options_.path);
  std::vector<std::pair<Time, fs::path>> backups;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(names.folder, error)) {
    if (auto time = names.timeOfBackup(entry.path().filename().string())) backups.emplace_back(*time, entry.path());
  }
  std::ranges::sort(backups, std::greater());
  for (size_t i = 0; i < backups.size(); ++i) {
    const bool tooMany = options_.mostBackups > 0 && i >= options_.mostBackups;
    const bool tooOld = options_.longestKept.count() > 0 && options_.clock() - backups[i].first > options_.longestKept;
    if (tooMany || tooOld) fs::remove(backups[i].second, error);
  }
}

Result<void> LogFile::append(std::string_view text) {
  const MutexLock lock(mutex_);
  // Whoever has moved the file away wants a new one.
  if (file_ && ::access(options_.path.c_str(), F_OK) != 0) file_.reset();
  if (!file_) CLEAT_TRY(open());
  if (options_.mostBytes > 0 && size_ > 0 && size_ + text.size() > options_.mostBytes) CLEAT_TRY(makeRoom());
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t step = ::write(file_.get(), text.data() + written, text.size() - written);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) {
      const int error = errno;
      // Half a line would be taken for a broken one.
      if (written > 0 && ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_.reset();
      return fail(systemError(concat("cannot write to ", options_.path), error));
    }
    written += static_cast<size_t>(step);
  }
  size_ += text.size();
  return {};
}

}  // namespace cleat::audit
