#include "containers/event_log.h"

#include <utility>

namespace cleat::runtime {

// Microseconds since the epoch: no process makes a million events a second, so numbers of two never meet.
EventLog::EventLog(Context& context)
    : context_(context), last_(uint64_t(context.wallNow().time_since_epoch().count()) / 1000 + 1) {}

void EventLog::add(Event event) {
  ++last_;
  events_.push_back(std::move(event));
  if (events_.size() > kKept) events_.pop_front();
  for (Completion<bool>& each : std::exchange(waiting_, {}))
    if (!each.completed())
      context_.post([each]() mutable {
        if (!each.completed()) each.complete(true);
      });
}

EventLog::News EventLog::after(uint64_t cursor) const {
  uint64_t oldest = last_ - events_.size();  // the cursor of one who knows none of those kept
  if (cursor > last_ || cursor < oldest) return {last_, true, {}};
  std::vector<Event> events(events_.end() - std::ptrdiff_t(last_ - cursor), events_.end());
  return {last_, false, std::move(events)};
}

Task<EventLog::News> EventLog::next(uint64_t cursor, Instant latest) {
  if (cursor == 0) cursor = last_;
  News news = after(cursor);
  Duration left = latest - context_.now();
  if (news.lost || !news.events.empty() || left <= Duration::zero()) co_return news;
  Completion<bool> woken;
  waiting_.push_back(woken);
  Timer timer = context_.after(left, [woken]() mutable {
    if (!woken.completed()) woken.complete(false);
  });
  bool something = co_await woken;
  if (!something) std::erase_if(waiting_, [](const Completion<bool>& each) { return each.completed(); });
  co_return after(cursor);
}

}  // namespace cleat::runtime
