// OneAtATime: says, and checks, that a stretch of code is in one thread at a time though no lock keeps others out: what
// keeps them out is elsewhere. Two that meet in it end the process.
//
//   OneAtATime::Turn turn(committing_, "only one commits at a time");
#pragma once

#include <atomic>

#include "core/base/check.h"

namespace cleat::base {

class OneAtATime {
 public:
  class [[nodiscard]] Turn {
   public:
    Turn(OneAtATime& of, const char* why) : of_(of) {
      CHECK(!of_.taken_.exchange(true, std::memory_order_acquire), why);
    }
    ~Turn() { of_.taken_.store(false, std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    OneAtATime& of_;
  };

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace cleat::base
