// When a run of equal results of a probe counts: so many successes in a row make it pass, so many failures make it
// fail.
#pragma once

namespace cleat::agent {

class ProbeJudge {
 public:
  ProbeJudge(int successThreshold, int failureThreshold)
      : successThreshold_(successThreshold < 1 ? 1 : successThreshold),
        failureThreshold_(failureThreshold < 1 ? 3 : failureThreshold) {}

  enum class Verdict { undecided, passed, failed };
  // Counts one more result, and says what follows from it and those before.
  Verdict count(bool success) {
    if (inARow_ == 0 || success != last_) inARow_ = 0;
    last_ = success;
    ++inARow_;
    if (success) return inARow_ >= successThreshold_ ? Verdict::passed : Verdict::undecided;
    return inARow_ >= failureThreshold_ ? Verdict::failed : Verdict::undecided;
  }

 private:
  int successThreshold_, failureThreshold_;
  bool last_ = false;
  int inARow_ = 0;
};

}  // namespace cleat::agent
