// Replay: from the changes that an engine holds back to objects, histories and the latest state. Everything is checked
// to fit the kind it belongs to, so that nobody meets an unreadable object later.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/store/state.h"
#include "core/store/store.h"

namespace cleat::store {

class Replay {
 public:
  explicit Replay(const object::KindRegistry& kinds) : kinds_(kinds) {}

  // Replays every resource whose kind is registered; of those in `only` alone, if it is not null. Changes after
  // `horizon` are given as changes, those before only show in the state.
  Result<void> run(Engine& engine, uint64_t horizon, const std::set<std::string>* only);

  ObjectMaps maps;
  std::vector<Change> changes;
  // The resources that were seen but have no kind ("pods", "deployments.apps").
  std::set<std::string> unknown;

 private:
  // Null: not to be replayed.
  const Kind* kindOf(std::string_view resource, const std::set<std::string>* only);
  Result<void> apply(const Record& record, uint64_t horizon, const std::set<std::string>* only);

  const object::KindRegistry& kinds_;
  std::unordered_map<std::string, const Kind*> found_;
};

// The kind that keeps its objects under "/registry/<resource>/", or null.
const Kind* storedKind(const object::KindRegistry& kinds, std::string_view resource);

}  // namespace cleat::store
