// The last things that happened, numbered, for those who ask what is new: nextEvents.
//
// A cursor is the number of the last event that somebody knows. Numbers begin at a point that differs from one process
// to the next, so that a cursor of another process is recognised. On the plugin's strand.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/task.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace cleat::runtime {

struct Event {
  std::string type, sandboxId, containerId;
};

class EventLog {
 public:
  explicit EventLog(Context& context);

  void add(Event event);

  struct News {
    uint64_t cursor = 0;
    bool lost = false;
    std::vector<Event> events;
  };
  // Waits until there is something after `cursor` (0: from now on) or until `latest`.
  Task<News> next(uint64_t cursor, Instant latest);

 private:
  News after(uint64_t cursor) const;
  static constexpr size_t kKept = 4096;

  Context& context_;
  uint64_t last_;  // the number of the newest event
  std::deque<Event> events_;
  std::vector<Completion<bool>> waiting_;
};

}  // namespace cleat::runtime
