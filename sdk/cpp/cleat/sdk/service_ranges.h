// The ranges that services get their addresses from, as a plugin's configuration has them in one text: "10.96.0.0/16",
// or one of each family, "10.96.0.0/16,fd00:10:96::/112", of which the first is the family that services are of
// unless they ask for another.
//
//   for (std::string_view range : serviceRanges(config().server().serviceCidr)) …
#pragma once

#include <string_view>
#include <vector>

namespace cleat {

inline std::vector<std::string_view> serviceRanges(std::string_view serviceCidr) {
  std::vector<std::string_view> ranges;
  while (!serviceCidr.empty()) {
    const size_t comma = serviceCidr.find(',');
    ranges.push_back(serviceCidr.substr(0, comma));
    serviceCidr.remove_prefix(comma == std::string_view::npos ? serviceCidr.size() : comma + 1);
  }
  return ranges;
}

// Those of pods, which are written in the same way: podRanges(config().server().clusterCidr).
inline std::vector<std::string_view> podRanges(std::string_view clusterCidr) { return serviceRanges(clusterCidr); }

}  // namespace cleat
