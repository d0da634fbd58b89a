// An engine in front of another one that fails some of its calls, by a seed: before anything is done, as a full or
// broken disk does.
#pragma once

#include <memory>
#include <random>

#include "core/store/engine.h"

namespace cleat::store {

class FaultyEngine final : public Engine {
 public:
  FaultyEngine(std::unique_ptr<Engine> engine, uint32_t seed, double failureRate)
      : engine_(std::move(engine)), random_(seed), fails_(failureRate) {}

  Result<uint64_t> lastRevision() override { return engine_->lastRevision(); }
  Result<uint64_t> horizon() override { return engine_->horizon(); }
  Result<uint64_t> note(std::string_view name) override { return engine_->note(name); }
  Result<void> setNote(std::string_view name, uint64_t value) override { return engine_->setNote(name, value); }
  Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) override {
    return engine_->readChanges(after, visit);
  }
  Result<void> write(std::span<const Record> batch) override {
    return fails_(random_) ? fault() : engine_->write(batch);
  }
  Result<void> compact(uint64_t revision) override { return fails_(random_) ? fault() : engine_->compact(revision); }

 private:
  static Result<void> fault() { return fail(Status::unavailable("injected fault")); }

  std::unique_ptr<Engine> engine_;
  std::mt19937 random_;
  std::bernoulli_distribution fails_;
};

}  // namespace cleat::store
