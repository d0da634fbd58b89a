// Engine: makes batches of changes durable and gives back, after a restart, what it was given. It knows keys, values
// and revisions and nothing else. One thread uses it at a time.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cleat::store {

struct Record {
  std::string_view key;  // "/registry/pods/default/web"
  uint64_t revision;
  std::string_view value;  // JSON; for a deletion the object's last state
  bool deleted = false;
  // The revision of the same key that this one takes the place of; 0: none. The engine needs it to write, and leaves it
  // 0 in what it reads back.
  uint64_t replaces = 0;
  // Of what is read back: why the value cannot be had, which then is as it stands on the disk; empty: it can.
  std::string_view problem = {};
  bool isStale = false;  // of what is read back: it would be written in another form today
};

class Engine {
 public:
  virtual ~Engine() = default;
  // The last revision that was written, 0 when new.
  virtual Result<uint64_t> lastRevision() = 0;
  // All or nothing, durable when it returns.
  virtual Result<void> write(std::span<const Record> batch) = 0;
  // The kept changes with revision > `after`, oldest first. What is live is always among those after 0: compaction
  // keeps the last change of every key.
  virtual Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) = 0;
  // The revision up to which history has been given up; 0 when none has.
  virtual Result<uint64_t> horizon() = 0;
  // A number that was noted under a name, which is none of the engine's own ("schema", "compacted", "failures"); 0 when
  // none was.
  virtual Result<uint64_t> note(std::string_view name) = 0;
  virtual Result<void> setNote(std::string_view name, uint64_t value) = 0;
  // Forgets what was overwritten or deleted at or before `revision`.
  virtual Result<void> compact(uint64_t revision) = 0;
};

// A database file in `directory` (made 0700 if absent), locked against a second process: the error names the directory
// and, if it can be found, the other process.
enum class Durability {
  synced,  // what was written is there after a crash of the machine
  none,    // it is there after one of the program; for data that nobody needs after a crash of the machine
};
Result<std::unique_ptr<Engine>> openSqliteEngine(const std::string& directory,
                                                 Durability durability = Durability::synced);
// Where the caller has the directory's lock (DirectoryLock).
Result<std::unique_ptr<Engine>> openLockedSqliteEngine(const std::string& directory,
                                                       Durability durability = Durability::synced);

}  // namespace cleat::store
