// What an agent says of its node at one moment (/metrics/resource, in Prometheus' text form): the processor time that
// the node and its containers have used in total, and the memory that they use. Whatever else stands there is passed
// over.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cleat::metrics {

struct Point {
  WallTime at{};
  uint64_t cpuNs = 0;
  uint64_t memoryBytes = 0;
  WallTime startedAt{};  // of a container; the epoch: not said
  bool hasCpu = false, hasMemory = false;

  bool isWhole() const { return hasCpu && hasMemory; }
};

struct NodeReading {
  Point node;
  // By "NAMESPACE/POD" and the container's name. Whole ones alone.
  std::map<std::string, std::map<std::string, Point, std::less<>>, std::less<>> pods;
};

// Fails where the text is none of that form, has no whole point of the node, or tells of more containers than there can
// be. A line without a time is of `now`.
Result<NodeReading> readMetrics(std::string_view text, WallTime now);

}  // namespace cleat::metrics
