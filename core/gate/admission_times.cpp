#include "core/gate/admission_times.h"

namespace cleat::gate {
namespace {

constexpr int64_t kAdmissionMs = 1'000'000;
constexpr std::array<int64_t, 6> kAdmissionBounds = {5 * kAdmissionMs,   25 * kAdmissionMs,   100 * kAdmissionMs,
                                                     500 * kAdmissionMs, 1000 * kAdmissionMs, 2500 * kAdmissionMs};
constexpr std::array<const char*, 4> kOperationNames = {"CREATE", "UPDATE", "DELETE", "CONNECT"};

size_t indexOf(role::Operation operation) {
  switch (operation) {
    case role::Operation::CREATE: return 0;
    case role::Operation::UPDATE: return 1;
    case role::Operation::DELETE: return 2;
    case role::Operation::CONNECT: return 3;
  }
  return 0;
}

}  // namespace

base::Histogram& AdmissionTimes::Series::make(size_t operation, bool validates, bool rejected) const {
  base::Metrics::Labels labels;
  if (!name_.empty()) labels.emplace_back("name", name_);
  labels.emplace_back("operation", kOperationNames[operation]);
  labels.emplace_back("rejected", rejected ? "true" : "false");
  labels.emplace_back("type", validates ? "validate" : "admit");
  if (name_.empty()) {
    return metrics_.histogram("apiserver_admission_step_admission_duration_seconds",
                              "How long all admission plugins took together.", std::move(labels), kAdmissionBounds);
  }
  return metrics_.histogram("apiserver_admission_controller_admission_duration_seconds",
                            "How long an admission plugin took.", std::move(labels), kAdmissionBounds);
}

void AdmissionTimes::Series::observe(role::Operation operation, AdmissionPass pass, bool rejected,
                                     int64_t nanoseconds) {
  const size_t of = indexOf(operation);
  const bool validates = pass != AdmissionPass::mutate;
  std::atomic<base::Histogram*>& known = known_[of * 4 + (validates ? 2 : 0) + (rejected ? 1 : 0)];
  base::Histogram* histogram = known.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    histogram = &make(of, validates, rejected);
    known.store(histogram, std::memory_order_release);
  }
  histogram->observe(nanoseconds);
}

}  // namespace cleat::gate
