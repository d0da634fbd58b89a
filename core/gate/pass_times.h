// PassTimes: one pass of admission over a request, and the plugins of it, as they are counted. Ends with the pass.
#pragma once

#include "core/gate/calls.h"

namespace cleat::gate {

class PassTimes {
 public:
  PassTimes(const Chains& chains, const ChangeRequest& request, AdmissionPass pass)
      : times_(chains.says().times.get()), operation_(request.operation), pass_(pass) {}
  PassTimes(const PassTimes&) = delete;
  ~PassTimes() {
    if (times_ != nullptr) times_->step().observe(operation_, pass_, !goesOn_, begun_ == 0 ? 0 : last_ - begun_);
  }
  void asking() {
    if (times_ != nullptr && begun_ == 0) begun_ = last_ = times_->now();
  }
  void answered(const AdmissionPlugin& plugin, bool rejected) {
    if (times_ == nullptr) return;
    const int64_t now = times_->now();
    if (plugin.times) plugin.times->observe(operation_, pass_, rejected, now - last_);
    last_ = now;
  }
  void goesOn() { goesOn_ = true; }

 private:
  AdmissionTimes* const times_;
  const role::Operation operation_;
  const AdmissionPass pass_;
  int64_t begun_ = 0, last_ = 0;
  bool goesOn_ = false;
};

}  // namespace cleat::gate
