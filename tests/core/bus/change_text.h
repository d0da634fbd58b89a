// Changes as a line of text that a test can compare: "+a@1 ~a@2 -a@3 synced@3".
#pragma once

#include <string>
#include <vector>

#include "core/bus/cluster.h"

namespace cleat::bus {

inline std::string text(const std::vector<ClusterChange>& changes) {
  static const char* const kNames[] = {"+", "~", "-", "synced", "restarted"};
  std::string all;
  for (const ClusterChange& change : changes) {
    all += (all.empty() ? "" : " ") + std::string(kNames[static_cast<int>(change.type)]) +
           (change.object ? change.object->name() : "") + "@" + std::to_string(change.revision);
  }
  return all;
}

}  // namespace cleat::bus
