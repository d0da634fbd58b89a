// The files of the log in its folder: BASE files (N.base), in which everything up to revision N stands that was kept
// when it was made, and segments (N.log), each with the batches from revision N on. The newest base and the segments
// behind it are the store; others are what a crash has left.
#pragma once

#include <cleat/sdk/file.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::storelog {

struct LogFile {
  std::string path;
  uint64_t revision = 0;  // of a base the last one, of a segment the first
  bool isBase = false;
};

std::string baseName(uint64_t revision);
std::string segmentName(uint64_t revision);

// Those that are the store, in the order of revisions; the others are removed.
Result<std::vector<LogFile>> findFiles(const std::string& folder);

// A base begins with this: its mark, and the revision up to which history has been given up.
constexpr size_t kBaseHead = 16;
std::string baseHead(uint64_t horizon);
Result<uint64_t> horizonOf(int fd, const std::string& path);

Result<Fd> openForReading(const std::string& path);
// So that the folder's entries are on the disk.
Result<void> syncFolder(const std::string& folder);
Result<void> writeAt(int fd, uint64_t offset, std::string_view bytes, const std::string& path);

}  // namespace cleat::storelog
