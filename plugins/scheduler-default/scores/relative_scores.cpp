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

// One constraint, as it counts for scores.
struct SpreadTerm {
  const DomainCounts* counts;
  double weight;  // of a pod in the domain
  double least;   // of any domain
};

// The more domains there are, the less likely is one to be full by chance, and the more it counts.
size_t domainsOf(const TopologyColumn& column, const Options& options, const Neighbours& neighbours) {
  const bool isHost = column.key() == kHostname;
  if (isHost && !neighbours.needsAllKeys()) return options.size();
  std::vector<uint8_t> seen(column.domains() + 1, 0);
  size_t domains = 0;
  for (const Option& option : options) {
    if (!isScored(neighbours, option.node)) continue;
    // Nodes without the label are one domain; each node is a host.
    uint8_t& was = seen[static_cast<size_t>(column.at(option.node) + 1)];
    domains += isHost || was == 0;
    was = 1;
  }
  return domains;
}

std::vector<SpreadTerm> termsOf(const Options& options, const Neighbours& neighbours) {
  std::vector<SpreadTerm> terms;
  for (const SpreadCount& each : neighbours.preferredSpread()) {
    const size_t domains = domainsOf(each.counts.column(), options, neighbours);
    terms.push_back(
        {&each.counts, std::log(static_cast<double>(domains + 2)), static_cast<double>(each.constraint->maxSkew - 1)});
  }
  return terms;
}

int64_t crowding(NodeIndex node, const std::vector<SpreadTerm>& terms) {
  double crowd = 0;
  for (const SpreadTerm& term : terms) {
    const int32_t domain = term.counts->column().at(node);
    if (domain >= 0) crowd += static_cast<double>(term.counts->of(domain)) * term.weight + term.least;
  }
  // To the nearest; it is never negative.
  return static_cast<int64_t>(crowd + 0.5);
}

// What a crowding is worth beside the least and the most. Many nodes are equally crowded: each is worked out once.
class Shares {
 public:
  Shares(int64_t least, int64_t most) : least_(least), most_(most) {
    if (most - least < kMostKept) kept_.assign(static_cast<size_t>(most - least + 1), -1);
  }
  int64_t of(int64_t crowd) {
    if (kept_.empty()) return workOut(crowd);
    int64_t& kept = kept_[static_cast<size_t>(crowd - least_)];
    if (kept < 0) kept = workOut(crowd);
    return kept;
  }

 private:
  static constexpr int64_t kMostKept = 4096;
  int64_t workOut(int64_t crowd) const { return most_ == 0 ? kFull : kFull * (most_ + least_ - crowd) / most_; }

  int64_t least_, most_;
  std::vector<int64_t> kept_;  // by crowding, from the least
};

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
  const std::vector<SpreadTerm> terms = termsOf(options, neighbours);
  const bool looks = neighbours.needsAllKeys();
  std::vector<int64_t> crowds;
  crowds.reserve(options.size());
  int64_t least = INT64_MAX, most = -1;
  for (const Option& option : options) {
    const int64_t crowd = !looks || isScored(neighbours, option.node) ? crowding(option.node, terms) : -1;
    crowds.push_back(crowd);
    if (crowd < 0) continue;
    least = std::min(least, crowd);
    most = std::max(most, crowd);
  }
  if (most < 0) return;
  Shares shares(least, most);
  for (size_t i = 0; i < options.size(); ++i) {
    if (crowds[i] >= 0) options[i].score += weight * shares.of(crowds[i]);
  }
}

}  // namespace cleat::scheduling
