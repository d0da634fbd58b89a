// Growing delays between repeated attempts of one thing, as Kubernetes counts them: the first failure sets the initial
// delay, each further one doubles it up to a limit, and a thing that has been left alone for twice the limit begins
// anew. One Backoff holds the delays of many things by key. Strand only.
#pragma once

#include <cleat/sdk/time.h>

#include <map>
#include <string>

namespace cleat::agent {

class Backoff {
 public:
  Backoff(Duration initial, Duration limit) : initial_(initial), limit_(limit) {}

  // Counts one more attempt of `key`: doubles its delay.
  void next(const std::string& key, Instant now);

  // The present delay of `key`; zero if it has none.
  Duration delayOf(const std::string& key) const;

  // How long `key` has still to wait when its last failure was at `since`; zero when it may go on. A delay that was
  // last raised longer ago than twice the limit no longer counts.
  Duration remaining(const std::string& key, Instant since, Instant now) const;

  void forget(const std::string& key) { entries_.erase(key); }
  // Drops the delays that no longer count, so that the map does not grow with things long gone.
  void collect(Instant now);

 private:
  struct Entry {
    Duration delay{};
    Instant raised{};
  };
  bool expired(const Entry& entry, Instant now) const { return now - entry.raised > 2 * limit_; }

  Duration initial_, limit_;
  std::map<std::string, Entry> entries_;
};

}  // namespace cleat::agent
