// AdmissionTimes: how long admission takes, each plugin of it and each pass over all of them, under the names and
// labels that Kubernetes' API server has for it. What is counted is looked up once and then found without a lock.
#pragma once

#include <cleat/schema/role/admission.capnp.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/gate/interest_rule.h"

namespace cleat::gate {

class AdmissionTimes {
 public:
  // Of one plugin, or of all together. Thread-safe.
  class Series {
   public:
    // An empty name: all of them.
    Series(base::Metrics& metrics, std::string name) : metrics_(metrics), name_(std::move(name)) {}
    void observe(role::Operation operation, AdmissionPass pass, bool rejected, int64_t nanoseconds);

   private:
    static constexpr size_t kOperations = 4;
    base::Histogram& make(size_t operation, bool validates, bool rejected) const;

    base::Metrics& metrics_;
    const std::string name_;
    std::array<std::atomic<base::Histogram*>, kOperations * 4> known_{};
  };

  AdmissionTimes(base::Executor& executor, base::Metrics& metrics)
      : executor_(executor), metrics_(metrics), step_(metrics, {}) {}
  int64_t now() const { return executor_.now(); }
  Series& step() { return step_; }
  std::shared_ptr<Series> of(const std::string& plugin) const { return std::make_shared<Series>(metrics_, plugin); }

 private:
  base::Executor& executor_;
  base::Metrics& metrics_;
  Series step_;
};

}  // namespace cleat::gate
