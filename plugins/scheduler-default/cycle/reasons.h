// How many nodes are not for a pod, and why, as Kubernetes' messages say it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "filters/why.h"

namespace cleat::scheduling {

class Reasons {
 public:
  void add(const Why& why);
  void add(std::string_view text, size_t nodes) {
    if (nodes > 0) texts_[std::string(text)] += nodes;
  }
  // In the judge's own words.
  void add(Judge judge, std::string_view text) {
    add(text, 1);
    inWords_ |= bit(judge);
  }
  JudgeSet judges() const;
  // "0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods."
  std::string message(const PodClass& podClass, const ClusterState& state) const;

 private:
  std::vector<std::pair<Why, size_t>> whys_;
  std::map<std::string, size_t> texts_;
  JudgeSet inWords_ = 0;
};

}  // namespace cleat::scheduling
