// RequestNotes: what is noted of one request on its way through the gate, for who keeps a log of requests. There is one
// only where such a log is kept. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cleat::bus {

class RequestNotes {
 public:
  using Annotations = std::vector<std::pair<std::string, std::string>>;

  enum class Bodies { left, shown };
  explicit RequestNotes(Bodies bodies = Bodies::left) : bodies_(bodies) {}

  // Whether the log shows what is sent, so that notes may show parts of it.
  bool showsBodies() const { return bodies_ == Bodies::shown; }

  // Of two with the same key the first one stands.
  void annotate(std::string key, std::string value) {
    MutexLock lock(mutex_);
    if (std::ranges::find(annotations_, key, &Annotations::value_type::first) != annotations_.end()) return;
    annotations_.emplace_back(std::move(key), std::move(value));
  }
  Annotations annotations() const {
    MutexLock lock(mutex_);
    return annotations_;
  }

 private:
  const Bodies bodies_;
  mutable Mutex mutex_;
  Annotations annotations_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::bus
