// WriteClock: how long one write takes, for whoever wants to be told (Options::written).
#pragma once

#include <utility>

#include "core/store/store.h"

namespace cleat::store {

class WriteClock {
 public:
  WriteClock(const Options& options, const Write& write) : options_(options) {
    if (!options.written) return;
    kind_ = write.object.kind;
    type_ = write.isDelete                ? ChangeType::deleted
            : write.expectedRevision == 0 ? ChangeType::added
                                          : ChangeType::modified;
    begun_ = std::chrono::steady_clock::now();
  }

  // Hands the answer on.
  Result<ObjectRef> stopped(Result<ObjectRef> answer) const {
    constexpr int kServerError = 500;
    if (!options_.written) return answer;
    const bool failed = !answer && answer.error().code >= kServerError;
    options_.written({*kind_, type_, std::chrono::steady_clock::now() - begun_, failed});
    return answer;
  }

 private:
  const Options& options_;
  object::KindRef kind_;
  ChangeType type_ = ChangeType::added;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace cleat::store
