// LogStore: changes in the order of revisions, appended to files and synced a batch at a time. It keeps in memory what
// it needs to give up history, and no values. What was given up is left out of what is read; its room on the disk comes
// back when there is as much of it as of the rest, by a merge that runs beside the writes:
//
//   if (auto merge = store.wantsMerge()) {
//     auto merged = runMerge(*merge);         // on another thread
//     store.finishMerge(*merge, merged);
//   }
//
// One thread at a time uses it. Everything blocks.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

#include "frames.h"
#include "log_files.h"

namespace cleat::storelog {

struct LogOptions {
  std::string folder;
  uint64_t segmentBytes = 16u << 20;
  size_t mergeFrom = 4096;  // changes that were given up
};

// One base out of the files that are not written any more.
struct Merge {
  std::string folder;
  std::vector<LogFile> files;
  uint64_t horizon = 0, last = 0;
  std::unordered_set<uint64_t> dropped;  // revisions
  std::string written;                   // under this name until it is finished
};
// Writes the file, synced; how many changes it has.
Result<size_t> runMerge(const Merge& merge);

class LogStore {
 public:
  explicit LogStore(LogOptions options) : options_(std::move(options)) {}
  ~LogStore() { close(); }

  // `known`: what is later is undone. An open store that is as it should be stays as it is.
  Result<void> open(bool unsynced, std::optional<uint64_t> known);
  void close();
  bool isOpen() const { return isOpen_; }
  uint64_t lastRevision() const { return last_; }
  uint64_t horizon() const { return horizon_; }

  // `content`: changes as addChange has made them (frames.h); the first and the last of their revisions.
  Result<void> append(std::string_view content, uint64_t first, uint64_t last);
  // Changes after a revision until they are so many bytes; true when there are no more.
  Result<bool> read(uint64_t after, size_t bytes, const std::function<void(const Change&)>& visit);
  uint64_t note(const std::string& name) const;
  Result<void> setNote(const std::string& name, uint64_t value);
  Result<void> compact(uint64_t revision);

  std::optional<Merge> wantsMerge();
  Result<void> finishMerge(const Merge& merge, const Result<size_t>& merged);

 private:
  struct Recent {
    uint64_t revision, replaces;
    bool deleted;
  };
  Result<void> takeLock();
  Result<void> readNotes();
  Result<void> saveNotes() const;
  Result<void> scan(std::optional<uint64_t> known);
  Result<bool> scanFile(const LogFile& file, bool isLastFile, std::optional<uint64_t> known);
  Result<void> endAt(const LogFile& file, uint64_t offset);
  void learn(const Change& change);
  void forget(const Recent& change);
  Result<void> begin(uint64_t revision);
  Result<void> seal();
  Result<void> readFile(const LogFile& file, uint64_t offset, uint64_t after, size_t& left,
                        const std::function<void(const Change&)>& visit);

  const LogOptions options_;
  bool isOpen_ = false;
  bool unsynced_ = false;
  bool isBroken_ = false;  // the end of the last file may not be what it should
  Fd lock_;
  std::vector<LogFile> files_;
  Fd active_;  // the last of them, if it is written still
  uint64_t end_ = 0;
  uint64_t last_ = 0, horizon_ = 0;
  size_t changes_ = 0;                  // in the files
  std::deque<Recent> recent_;           // behind the horizon
  std::unordered_set<uint64_t> given_;  // revisions in the files that are none of the store's any more
  std::map<std::string, uint64_t, std::less<>> notes_;
  bool isMerging_ = false;
  uint64_t merges_ = 0;
  // Where reading on begins.
  struct {
    uint64_t after = 0, offset = 0;
    std::string path;
  } cursor_;
};

}  // namespace cleat::storelog
