#include "scores/node_scores.h"

#include <algorithm>
#include <cmath>

namespace cleat::scheduling {
namespace {

constexpr int64_t kMebibyte = 1 << 20;
constexpr int64_t kLeastImages = 23 * kMebibyte;
constexpr int64_t kMostImagePerContainer = 1000 * kMebibyte;

// How much of each resource of a node is in use.
class UsedShares {
 public:
  void add(int64_t used, int64_t all) {
    if (count_ == std::size(shares_)) return;
    shares_[count_] = std::min(1.0, static_cast<double>(used) / static_cast<double>(all));
    sum_ += shares_[count_++];
  }
  // 100 where all are equal, less by their standard deviation.
  int64_t evenness() const {
    double deviation = 0;
    if (count_ == 2) {
      deviation = std::abs((shares_[0] - shares_[1]) / 2);
    } else if (count_ > 2) {
      const double mean = sum_ / static_cast<double>(count_);
      for (size_t i = 0; i < count_; ++i) deviation += (shares_[i] - mean) * (shares_[i] - mean);
      deviation = std::sqrt(deviation / static_cast<double>(count_));
    }
    return static_cast<int64_t>((1 - deviation) * static_cast<double>(kFull));
  }

 private:
  double shares_[8] = {};
  size_t count_ = 0;
  double sum_ = 0;
};

}  // namespace

NodeScores::NodeScores(const Profile& profile, ClusterState& state) : profile_(profile), nodes_(state.nodes()) {
  for (const auto& [name, weight] : profile.resources) {
    const uint32_t id = state.classes().resources().id(name);
    state.nodes().haveResource(id);
    resources_.push_back({id, weight, id == kCpu || id == kMemory || id == kStorage});
  }
}

// Along the profile's shape, whose marks go from 0 to 10.
int64_t NodeScores::ratio(int64_t used, int64_t all) const {
  const auto& shape = profile_.shape;
  const int64_t share = all == 0 || used > all ? kFull : used * kFull / all;
  if (shape.empty()) return 0;
  if (share <= shape.front().first) return shape.front().second * kFull / 10;
  for (size_t i = 1; i < shape.size(); ++i) {
    if (share > shape[i].first) continue;
    const int64_t from = shape[i - 1].second * kFull / 10, to = shape[i].second * kFull / 10;
    return from + (to - from) * (share - shape[i - 1].first) / (shape[i].first - shape[i - 1].first);
  }
  return shape.back().second * kFull / 10;
}

int64_t NodeScores::fit(const PodClass& podClass, NodeIndex node) const {
  int64_t sum = 0, weights = 0;
  for (const Weighted& each : resources_) {
    const int64_t all = nodes_.allocatable(each.resource)[node];
    const int64_t asked = amountOf(podClass.requests, each.resource);
    if (all == 0 || (!each.always && asked == 0)) continue;
    int64_t used = 0;
    if (each.resource == kCpu) {
      used = nodes_.scoredCpu()[node] + podClass.scoredCpu;
    } else if (each.resource == kMemory) {
      used = nodes_.scoredMemory()[node] + podClass.scoredMemory;
    } else {
      used = nodes_.requested(each.resource)[node] + asked;
    }
    int64_t score = 0;
    if (profile_.scoring == Scoring::leastAllocated) {
      score = used > all ? 0 : (all - used) * kFull / all;
    } else if (profile_.scoring == Scoring::mostAllocated) {
      score = std::min(used, all) * kFull / all;
    } else {
      score = ratio(used, all);
      if (score == 0) continue;
    }
    sum += score * each.weight;
    weights += each.weight;
  }
  if (weights == 0) return 0;
  if (profile_.scoring != Scoring::requestedToCapacityRatio) return sum / weights;
  return std::llround(static_cast<double>(sum) / static_cast<double>(weights));
}

// By how much the pod makes the node more evenly used, or less: 75 where it changes nothing. A pod that asks for none
// of the resources changes nothing anywhere.
int64_t NodeScores::balance(const PodClass& podClass, NodeIndex node) const {
  UsedShares with, without;
  bool asks = false;
  for (const Weighted& each : resources_) {
    const int64_t all = nodes_.allocatable(each.resource)[node];
    const int64_t asked = amountOf(podClass.requests, each.resource);
    asks = asks || asked != 0;
    if (all == 0 || (!each.always && asked == 0)) continue;
    const int64_t used = nodes_.requested(each.resource)[node];
    with.add(used + asked, all);
    without.add(used, all);
  }
  return asks ? kFull / 2 + (kFull / 2 + with.evenness() - without.evenness()) / 2 : 0;
}

std::vector<int64_t> NodeScores::images(const PodClass& podClass) const {
  std::vector<int64_t> scores;
  if (nodes_.present() == 0) return scores;
  for (const uint32_t image : podClass.images) {
    const auto& having = nodes_.nodesWith(image);
    if (having.empty()) continue;
    scores.resize(nodes_.size(), 0);
    const double spread = static_cast<double>(having.size()) / static_cast<double>(nodes_.present());
    for (const auto& [node, size] : having) scores[node] += static_cast<int64_t>(static_cast<double>(size) * spread);
  }
  const int64_t most = kMostImagePerContainer * static_cast<int64_t>(podClass.images.size());
  for (int64_t& score : scores) {
    score = kFull * (std::clamp(score, kLeastImages, most) - kLeastImages) / (most - kLeastImages);
  }
  return scores;
}

}  // namespace cleat::scheduling
