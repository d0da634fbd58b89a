#include "writes/announcements.h"

#include <utility>

namespace cleat::scheduling {

void Announcements::bound(const Object<Pod>& pod, const std::string& node) {
  Waiting one{referenceTo(pod), concat("Successfully assigned ", pod.key(), " to ", node), context_.now()};
  if (waiting_.empty() && underWay_() < kCalm) return tell(one);
  if (waiting_.size() >= kMost) {
    ++untold_;
    return;
  }
  waiting_.push_back(std::move(one));
  if (!timer_.pending()) arm();
}

void Announcements::arm() {
  timer_ = context_.after(kTurn, [this] { turn(); });
}

void Announcements::turn() {
  const bool due = underWay_() < kCalm || context_.now() - waiting_.front().since >= kLongest;
  for (size_t i = 0; due && i < kInATurn && !waiting_.empty(); ++i) {
    tell(waiting_.front());
    waiting_.pop_front();
  }
  if (!waiting_.empty()) return arm();
  if (untold_ > 0)
    context_.log.warn(std::exchange(untold_, 0), " pods were bound without an event: too many at a time");
}

}  // namespace cleat::scheduling
