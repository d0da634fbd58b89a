// Counts and logs what requests a plugin's refusals or failures have not stopped, because the operator has it audit, or
// says that its failures are to be ignored.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <string>

#include "core/base/executor.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/gate/admission_policy.h"

namespace cleat::app {

class PassedRequests {
 public:
  PassedRequests(base::Executor& executor, base::Metrics& metrics) : executor_(executor), metrics_(metrics) {}

  // An admission plugin's answer. All from any thread.
  void note(const std::string& plugin, gate::Passed what, const std::string& why) {
    const bool refusal = what == gate::Passed::refusal;
    metrics_
        .counter("cleat_admission_passed_total",
                 "Requests that an admission plugin refused or failed, and that went on by the configuration.",
                 {{"plugin", plugin}, {"why", refusal ? "audit" : "failure"}})
        .add();
    tell(plugin, concat(refusal ? "would refuse: " : "failed, which is ignored: ", why));
  }
  // An authenticator or authorizer has failed, and the next was asked.
  void passedOver(const std::string& plugin, const std::string& why) {
    metrics_
        .counter("cleat_deciders_passed_over_total",
                 "How often an authenticator or authorizer failed and the next was asked, by the configuration.",
                 {{"plugin", plugin}})
        .add();
    tell(plugin, "failed, and the next is asked: " + why);
  }

 private:
  // Of one plugin a line a second at most: all of them are counted.
  void tell(const std::string& plugin, const std::string& line) {
    const int64_t now = executor_.now();
    uint64_t untold = 0;
    {
      MutexLock lock(mutex_);
      Told& told = told_[plugin];
      if (told.at != 0 && now - told.at < kEveryNs) {
        ++told.untold;
        return;
      }
      told.at = now;
      untold = std::exchange(told.untold, 0);
    }
    const std::string more = untold == 0 ? std::string() : concat(" (and ", untold, " more since)");
    base::log(base::LogLevel::warn, plugin, line + more);
  }

  static constexpr int64_t kEveryNs = 1'000'000'000;
  struct Told {
    int64_t at = 0;
    uint64_t untold = 0;
  };
  base::Executor& executor_;
  base::Metrics& metrics_;
  Mutex mutex_;
  std::map<std::string, Told> told_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::app
