// How long failed pods of a node stay before they are deleted: a node that lets every pod fail at once would otherwise
// be given new ones without end. A second, two, four, … up to a quarter of an hour.
#pragma once

#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>

namespace cleat::daemonset {

class FailedPods {
 public:
  // How long to wait with the pod, or nothing: it may go now, and the next one waits for longer. `place` is what pods
  // are counted by: a node, for one generation of a set.
  std::optional<Duration> wait(const std::string& place, Instant now);
  // Forgets places where nothing has failed for a long time.
  void forgetOld(Instant now);
  size_t size() const { return places_.size(); }

 private:
  struct Place {
    Duration pause{};
    Instant since{};
  };
  std::map<std::string, Place> places_;
};

}  // namespace cleat::daemonset
