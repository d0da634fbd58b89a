// Keys that need work. A key that is added several times before its turn is worked on once; a key that is added while
// it is being worked on comes again afterwards, never twice at a time. Keys may be added with a delay, or after a
// failure with a delay that doubles with each failure in a row, less a random part of it, so that keys that failed
// together do not come together again. All on one strand. It holds each key at most once, so
// it is bounded by the number of objects.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/signal.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace cleat {

struct BackoffOptions {
  Duration first = std::chrono::milliseconds(5);
  Duration most = std::chrono::seconds(1000);
};

class WorkQueue {
 public:
  explicit WorkQueue(Context& context, BackoffOptions backoff = {});

  void add(const std::string& key);
  // The earlier one counts if it is waiting already.
  void addAfter(const std::string& key, Duration delay);
  // After a failure: 5 ms, 10 ms, 20 ms, … 1000 s, each less up to a quarter.
  void addBackedOff(const std::string& key);
  // After a success: the next failure is a first one again.
  void forget(const std::string& key);
  uint32_t failures(const std::string& key) const;
  // Whether it was added with a delay that has not passed.
  bool isDelayed(const std::string& key) const { return dueOf_.contains(key); }
  bool isWorkedOn(const std::string& key) const { return working_.contains(key); }

  // The next key, waiting for one; none when the queue is shut down. The caller ends its work with `done`.
  Task<std::optional<std::string>> next();
  void done(const std::string& key);
  void shutDown();

  size_t size() const { return ready_.size(); }  // keys that are due
  size_t waiting() const { return dueOf_.size(); }

 private:
  void arm();
  void release();

  Context& context_;
  BackoffOptions backoff_;
  std::deque<std::string> ready_;
  std::unordered_set<std::string> dirty_, working_;
  std::unordered_map<std::string, uint32_t> failures_;
  std::unordered_map<std::string, Instant> dueOf_;
  std::set<std::pair<Instant, std::string>> due_;
  Instant armedFor_{};
  Timer timer_;
  Signal more_;
  Waker waker_;
  bool closed_ = false;
};

}  // namespace cleat
