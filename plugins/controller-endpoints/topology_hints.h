// Hints of zones for services with the annotation `service.kubernetes.io/topology-mode: Auto`: each zone is hinted at
// by as many endpoints as its part of the cluster's processors is of all, wherever they run, so that whoever stays in
// the zone finds none of them overloaded. Where that cannot be had nobody is hinted at, and an event says why. What has
// changed nothing keeps its hints: only what is written anyway is shared out anew, and what would be in the way.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "membership.h"

namespace cleat::endpoints {

// The zones' parts of the processors of all nodes that are ready, without those of the control plane. Empty where a
// node does not say its zone or has no processors, and where there are not two zones.
using ZoneShares = std::map<std::string, double>;
ZoneShares zoneShares(const std::vector<Object<Node>>& nodes);

using ZoneCounts = std::map<std::string, int>;

struct HintedEndpoint {
  bool ready = false;
  std::string zone;  // that it is in
  std::string hint;  // the zone that it is for; empty: none
};
struct HintedSlice {
  bool isWritten = false;
  std::vector<HintedEndpoint> endpoints;
};
struct HintOutcome {
  std::string refusal;  // why there are no hints; empty: there are
  ZoneCounts counts;    // the endpoints for each zone
};
// Of the slices of one family. What is not written comes with the hints that it has.
HintOutcome assignHints(std::vector<HintedSlice>& slices, const ZoneShares& shares);

bool wantsTopologyHints(const Object<Service>& service);

// Which services have hints, so that it is told when they begin and end to, and looked at again when the nodes have
// changed so much that a zone has too few endpoints.
class HintedServices {
 public:
  struct News {
    bool isWarning = false;
    std::string reason, message;
  };
  // What was made of a service's slices of a family, as far as that is news. No outcome: it wants no hints.
  std::vector<News> note(const std::string& service, std::string_view family, const HintOutcome* outcome);
  void forget(const std::string& service, std::string_view family);
  void forget(const std::string& service);

  bool empty() const { return counts_.empty(); }
  std::vector<std::string> overloaded(const ZoneShares& shares) const;

 private:
  std::map<std::string, std::map<std::string_view, ZoneCounts>> counts_;  // by service and family
  std::set<std::string> hinted_;                                          // those whose hints were told of
};

}  // namespace cleat::endpoints
