// How fast the nodes of each zone may lose their pods. When much of a zone fails at once it is more likely the network
// than the nodes, and pods that are moved about do harm; when everything fails it is more likely this side of it, and
// nothing is moved at all.
//
//   Zones zones_(limits);
//   switch (zones_.update(counts)) …          // once for each look at all nodes
//   if (zones_.take(zoneOf(node), now)) …     // one more node of this zone may lose its pods now
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <map>
#include <string>

namespace cleat::lifecycle {

struct Limits {
  double perSecond = 0.1;              // nodes of a zone
  double perSecondWhenPartial = 0.01;  // of a large one much of which has failed; of a small one none
  int64_t largeZone = 50;              // it has more nodes than this
  double unhealthyPart = 0.55;         // so much of a zone is much of it
  Duration period{};                   // between two looks
};

// The zone that a node's labels put it in; one without any is in the zone "".
std::string zoneOf(const Object<core_v1::Node>& node);

struct ZoneCount {
  int64_t ready = 0, notReady = 0;
};

enum class ZoneState { unknown, normal, partial, full };
ZoneState zoneStateOf(const ZoneCount& count, const Limits& limits);

class Zones {
 public:
  explicit Zones(Limits limits) : limits_(limits) {}

  // `stopped` and `resumed`: all zones have failed entirely now, or no longer.
  enum class Change { none, stopped, resumed };
  Change update(const std::map<std::string, ZoneCount>& counts);
  bool areStopped() const { return stopped_; }

  bool take(const std::string& zone, Instant now);

 private:
  struct Zone {
    ZoneState state = ZoneState::unknown;
    double perSecond = 0;
    double allowance = 1;  // how many nodes may go at once
    Instant since{};
  };
  double rateOf(ZoneState state, const ZoneCount& count) const;

  Limits limits_;
  std::map<std::string, Zone> zones_;
  bool stopped_ = false;
};

}  // namespace cleat::lifecycle
