// UsageTable: what nodes and containers use, by the two last readings of each node: processor time is what was added
// between them. A container that has begun since is measured from its start, once it has run for ten seconds, as
// metrics-server does. Nothing is told of what was not read for a minute. Strand only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reading.h"

namespace cleat::metrics {

struct Use {
  WallTime at{};  // the end of the window
  Duration window{};
  uint64_t cpuNano = 0;  // 1e-9 of a processor
  uint64_t memoryBytes = 0;
};

struct PodUse {
  WallTime at{};  // the earliest of its containers'
  Duration window{};
  std::vector<std::pair<std::string, Use>> containers;  // by name
};

class UsageTable {
 public:
  void take(const std::string& node, NodeReading reading);
  void keepOnly(const std::set<std::string>& nodes);
  void clear() { nodes_.clear(); }

  std::optional<Use> ofNode(std::string_view node, WallTime now) const;
  // Of the pod "NAMESPACE/NAME" on that node. Nothing while any container that was read has no measure yet.
  std::optional<PodUse> ofPod(std::string_view node, std::string_view pod, WallTime now) const;

 private:
  struct Readings {
    std::optional<NodeReading> before;
    NodeReading last;
  };
  std::map<std::string, Readings, std::less<>> nodes_;
};

}  // namespace cleat::metrics
