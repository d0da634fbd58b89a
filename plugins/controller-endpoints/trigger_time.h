// Since when a service's endpoints have been due to change: when the pod became ready, or ceased to be, or the service
// was made, that brought the change about. Whoever watches how long endpoints take to reach the nodes reads it from the
// annotation of what is written.
#pragma once

#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "membership.h"

namespace cleat::endpoints {

inline constexpr std::string_view kTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

class TriggerTimes {
 public:
  // Once for each time that the service is worked on, whether or not anything is written: the earliest of the times
  // that were not there the last time. None when none is new. For a service that is seen for the first time it is when
  // that was made. `pods`: those that the service's selector matches.
  std::optional<WallTime> next(const Object<Service>& service, const std::vector<Object<Pod>>& pods);
  void forget(std::string_view key) { services_.erase(std::string(key)); }

  // On what is about to be written.
  static void write(meta_v1::ObjectMeta::Builder meta, std::optional<WallTime> time);

 private:
  struct Seen {
    std::optional<WallTime> service;
    std::unordered_map<std::string, WallTime> pods;  // by name: when they became ready or ceased to be
  };
  std::map<std::string, Seen> services_;
};

}  // namespace cleat::endpoints
