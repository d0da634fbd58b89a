#include "scores/relative_scores.h"

#include <algorithm>
#include <cmath>

#include "scores/node_scores.h"

namespace cleat::scheduling {
namespace {

constexpr std::string_view kHostname = "kubernetes.io/hostname";

bool isScored(const Neighbours& neighbours, NodeIndex node) {
  return !neighbours.needsAllKeys() || std::ranges::all_of(neighbours.preferredSpread(), [&](const SpreadCount& each) {
    return each.counts.column().at(node) >= 0;
  });
}

// The more domains there are, the less likely is one to be full by chance, and the more it counts.
std::vector<double> domainWeights(const Options& options, const Neighbours& neighbours) {
  std::vector<double> weights;
  for (const SpreadCount& each : neighbours.preferredSpread()) {
    const TopologyColumn& column = each.counts.column();
    std::vector<uint8_t> seen(column.domains() + 1, 0);
    size_t domains = 0;
    for (const Option& option : options) {
      if (!isScored(neighbours, option.node)) continue;
      // Nodes without the label are one domain; each node is a host.
      uint8_t& was = seen[static_cast<size_t>(column.at(option.node) + 1)];
      domains += column.key() == kHostname || was == 0;
      was = 1;
    }
    weights.push_back(std::log(static_cast<double>(domains + 2)));
  }
  return weights;
}

int64_t crowding(NodeIndex node, const Neighbours& neighbours, const std::vector<double>& weights) {
  double crowd = 0;
  size_t i = 0;
  for (const SpreadCount& each : neighbours.preferredSpread()) {
    const double weight = weights[i++];
    const int32_t domain = each.counts.column().at(node);
    if (domain < 0) continue;
    crowd += static_cast<double>(each.counts.of(domain)) * weight + static_cast<double>(each.constraint->maxSkew - 1);
  }
  return std::llround(crowd);
}

}  // namespace

void addInProportion(Options& options, const std::vector<int64_t>& raw, bool reversed, int64_t weight) {
  int64_t most = 0;
  for (const Option& option : options) most = std::max(most, raw[option.node]);
  if (most == 0 && !reversed) return;
  for (Option& option : options) {
    const int64_t share = most == 0 ? 0 : kFull * raw[option.node] / most;
    option.score += weight * (reversed ? kFull - share : share);
  }
}

void addAffinityScores(Options& options, const Neighbours& neighbours, int64_t weight) {
  if (neighbours.weights().empty() || options.empty()) return;
  std::vector<int64_t> sums;
  sums.reserve(options.size());
  for (const Option& option : options) {
    int64_t sum = 0;
    for (const DomainCounts& counts : neighbours.weights()) sum += counts.at(option.node);
    sums.push_back(sum);
  }
  const auto [least, most] = std::ranges::minmax(sums);
  if (least == most) return;
  for (size_t i = 0; i < options.size(); ++i) {
    const auto share = static_cast<double>(sums[i] - least) / static_cast<double>(most - least);
    options[i].score += weight * static_cast<int64_t>(static_cast<double>(kFull) * share);
  }
}

void addSpreadScores(Options& options, const Neighbours& neighbours, int64_t weight) {
  if (neighbours.preferredSpread().empty()) return;
  const std::vector<double> weights = domainWeights(options, neighbours);
  std::vector<int64_t> crowds;
  crowds.reserve(options.size());
  int64_t least = INT64_MAX, most = -1;
  for (const Option& option : options) {
    const int64_t crowd = isScored(neighbours, option.node) ? crowding(option.node, neighbours, weights) : -1;
    crowds.push_back(crowd);
    if (crowd < 0) continue;
    least = std::min(least, crowd);
    most = std::max(most, crowd);
  }
  for (size_t i = 0; i < options.size(); ++i) {
    if (crowds[i] < 0) continue;
    options[i].score += weight * (most == 0 ? kFull : kFull * (most + least - crowds[i]) / most);
  }
}

}  // namespace cleat::scheduling
