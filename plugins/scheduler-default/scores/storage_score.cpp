#include "scores/storage_score.h"

#include <cleat/sdk/storage_classes.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scores/node_scores.h"
#include "volume-common/volume_match.h"

namespace cleat::scheduling {
namespace {

struct Storage {
  int64_t requested = 0, capacity = 0;
  int64_t score() const { return capacity == 0 || requested > capacity ? 0 : kFull - requested * kFull / capacity; }
};
using ByClass = std::map<std::string, Storage>;

void add(ByClass& all, const ClaimChoice& choice, const Object<Node>& node, const VolumeState& known) {
  const Quantity size = volumes::requestOf(choice.claim);
  const std::string name = str(storageClassOf(*choice.claim).value_or(""));
  if (choice.volume) {
    all[name].requested += size.value();
    all[name].capacity += volumes::sizeOf(choice.volume).value();
    return;
  }
  // What is left for a class is left once, for however many claims.
  const auto left = known.capacities.leftFor(name, size, node);
  if (!left) return;
  all[name].requested += size.value();
  all[name].capacity = left->value();
}

}  // namespace

int64_t storageScore(const std::vector<ClaimChoice>& choices, const Object<Node>& node, const VolumeState& known) {
  const bool anyThere = std::ranges::any_of(choices, [](const ClaimChoice& one) { return bool(one.volume); });
  ByClass all;
  for (const ClaimChoice& choice : choices) {
    if (bool(choice.volume) == anyThere) add(all, choice, node, known);
  }
  if (all.empty()) return 0;
  int64_t sum = 0;
  for (const auto& [name, storage] : all) sum += storage.score();
  return std::llround(static_cast<double>(sum) / static_cast<double>(all.size()));
}

}  // namespace cleat::scheduling
