// Batch: the writes that are made durable together. Each is checked against the state that the ones before it leave;
// what passes becomes a revision. Nothing of it is visible until the store publishes the result.
#pragma once

#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/store/state.h"
#include "core/store/store.h"

namespace cleat::store {

// "/registry/pods/default/web"
std::string storageKey(const Kind& kind, std::string_view ns, std::string_view name);

class Batch {
 public:
  explicit Batch(const State& base) : revision_(base.revision()), maps_(base.maps()) {}

  // The object as it will be committed, or why it will not.
  Result<ObjectRef> add(Write write);

  bool empty() const { return changes_.empty(); }
  const std::vector<Change>& changes() const { return changes_; }
  // For the engine; valid as long as the batch.
  std::vector<Record> records() const;
  // The state after the batch, once.
  StateRef takeState() {
    CHECK(!std::exchange(taken_, true), "a batch leaves one state");
    return makeRef<State>(revision_, std::move(maps_));
  }

 private:
  uint64_t revision_;
  bool taken_ = false;
  ObjectMaps maps_;
  std::vector<Change> changes_;
  std::vector<std::string> keys_;
};

}  // namespace cleat::store
