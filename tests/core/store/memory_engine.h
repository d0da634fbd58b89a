// An engine in memory for tests: it outlives "restarts" and fails when told to. A write can also be held up, so that a
// test decides what queues behind it.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "core/store/engine.h"

namespace cleat::store {

// What would be on the disk.
struct Disk {
  struct Row {
    std::string key;
    uint64_t revision;
    std::string value;
    bool deleted;
  };
  std::vector<Row> rows;
  uint64_t compacted = 0;
  std::map<std::string, uint64_t> notes;
  uint64_t last = 0;
  int failingWrites = 0;  // that many will fail
  int batches = 0;
  int compactions = 0;

  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;
  int waiting = 0;

  void hold() {
    std::lock_guard lock(mutex);
    held = true;
  }
  void letGo() {
    std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }
  void waitForWriter() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting > 0; });
  }
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(Disk& disk) : disk_(disk) {}

  Result<uint64_t> lastRevision() override { return disk_.last; }
  Result<uint64_t> horizon() override { return disk_.compacted; }
  Result<uint64_t> note(std::string_view name) override { return disk_.notes[std::string(name)]; }
  Result<void> setNote(std::string_view name, uint64_t value) override {
    disk_.notes[std::string(name)] = value;
    return {};
  }

  Result<void> write(std::span<const Record> batch) override {
    std::unique_lock lock(disk_.mutex);
    ++disk_.waiting;
    disk_.changed.notify_all();
    disk_.changed.wait(lock, [&] { return !disk_.held; });
    --disk_.waiting;
    ++disk_.batches;
    if (disk_.failingWrites > 0) {
      --disk_.failingWrites;
      return fail(Status::unavailable("the disk is full"));
    }
    for (const Record& record : batch) {
      disk_.rows.push_back({std::string(record.key), record.revision, std::string(record.value), record.deleted});
      disk_.last = record.revision;
    }
    return {};
  }

  Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) override {
    for (const auto& row : disk_.rows) {
      if (row.revision > after) visit({row.key, row.revision, row.value, row.deleted});
    }
    return {};
  }

  Result<void> compact(uint64_t revision) override {
    ++disk_.compactions;
    std::map<std::string, uint64_t> latest;
    for (const auto& row : disk_.rows) {
      if (row.revision <= revision) latest[row.key] = row.revision;
    }
    std::erase_if(disk_.rows, [&](const Disk::Row& row) {
      return row.revision <= revision && (row.deleted || latest[row.key] != row.revision);
    });
    disk_.compacted = revision;
    return {};
  }

 private:
  Disk& disk_;
};

}  // namespace cleat::store
