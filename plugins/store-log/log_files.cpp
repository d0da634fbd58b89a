#include "log_files.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "frames.h"

namespace cleat::storelog {
namespace {

constexpr std::string_view kMark = "CLEATLOG";
constexpr size_t kDigits = 20;

std::string numbered(uint64_t revision, const char* ending) {
  std::array<char, kDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%020llu", static_cast<unsigned long long>(revision));
  return concat(digits.data(), ending);
}

std::optional<LogFile> fileOf(const std::string& folder, const std::string& name) {
  const bool isBase = name.ends_with(".base");
  if ((!isBase && !name.ends_with(".log")) || name.find('.') != kDigits) return std::nullopt;
  const auto revision = parseInteger<uint64_t>(std::string_view(name).substr(0, kDigits));
  if (!revision) return std::nullopt;
  return LogFile{concat(folder, "/", name), *revision, isBase};
}

}  // namespace

std::string baseName(uint64_t revision) { return numbered(revision, ".base"); }
std::string segmentName(uint64_t revision) { return numbered(revision, ".log"); }

Result<std::vector<LogFile>> findFiles(const std::string& folder) {
  CLEAT_TRY(const std::vector<std::string> names, listFolder(folder));
  std::vector<LogFile> files;
  std::optional<LogFile> base;
  for (const std::string& name : names) {
    if (name.ends_with(".new")) ::unlink(concat(folder, "/", name).c_str());
    std::optional<LogFile> file = fileOf(folder, name);
    if (!file) continue;
    if (file->isBase && (!base || base->revision < file->revision)) base = file;
    files.push_back(std::move(*file));
  }
  std::erase_if(files, [&](const LogFile& file) {
    const bool isOld = base && file.path != base->path && file.revision <= base->revision;
    if (isOld) ::unlink(file.path.c_str());
    return isOld;
  });
  std::ranges::sort(files, {}, &LogFile::revision);
  return files;
}

std::string baseHead(uint64_t horizon) {
  return std::string(kMark) + std::string(reinterpret_cast<const char*>(&horizon), sizeof horizon);
}

Result<uint64_t> horizonOf(int fd, const std::string& path) {
  std::array<char, kBaseHead> head{};
  CLEAT_TRY(const size_t got, readAt(fd, 0, head.data(), head.size()));
  if (got < head.size() || std::string_view(head.data(), kMark.size()) != kMark) {
    return fail(Status::internal(concat(path, " is damaged at its beginning")));
  }
  uint64_t horizon = 0;
  std::memcpy(&horizon, head.data() + kMark.size(), sizeof horizon);
  return horizon;
}

Result<Fd> openForReading(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail(systemError("cannot open " + path, errno));
  return fd;
}

Result<void> syncFolder(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail(systemError("cannot sync " + folder, errno));
  return {};
}

Result<void> writeAt(int fd, uint64_t offset, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(systemError("cannot write " + path, errno));
    bytes.remove_prefix(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

}  // namespace cleat::storelog
