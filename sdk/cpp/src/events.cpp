#include <cleat/sdk/events.h>

#include <cleat/sdk/kinds/core_v1.h>

#include <algorithm>
#include <deque>

#include "event_correlation.h"
#include "event_form.h"

namespace cleat {
namespace {

using core_v1::Event;
using Recorded = detail::RecordedEvent;

}  // namespace

class EventRecorder::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Context& context, std::string component, EventRecorderOptions options)
      : context_(context), client_(context), component_(std::move(component)), options_(std::move(options)),
        correlation_(options_.mostRemembered), known_(options_.mostRemembered) {}

  void record(Recorded event) {
    if (!correlation_.admit(event)) return;
    if (waiting_.size() >= options_.mostWaiting) {
      ++dropped_;
      return;
    }
    // The time makes the name, so no two may have the same.
    event.at = last_ = std::max(event.at, last_ + Duration(1));
    waiting_.push_back(std::move(event));
    if (!std::exchange(writing_, true)) spawn(writeAll(shared_from_this()));
  }

 private:
  static Task<void> writeAll(std::shared_ptr<Impl> self) {
    while (!self->waiting_.empty()) {
      Recorded event = std::move(self->waiting_.front());
      self->waiting_.pop_front();
      co_await self->write(std::move(event));
    }
    self->writing_ = false;
    if (self->dropped_ > 0) {
      self->context_.log.warn(std::exchange(self->dropped_, 0), " events were dropped: too many at a time");
    }
  }

  Task<void> write(Recorded event) {
    const std::string key = detail::EventCorrelation::identity(event);
    if (const Object<Event>* found = known_.find(key); found != nullptr) {
      Draft<Event> again = repeated(*found, event);
      Result<Object<Event>> updated = co_await client_.update(std::move(again));
      if (updated) {
        known_.put(key, std::move(*updated));
        co_return;
      }
      // It may have expired, or been changed by somebody: begin anew.
      if (!updated.error().is(404) && !updated.error().is(409)) {
        context_.log.warn("cannot count an event: ", updated.error());
        co_return;
      }
    }
    Draft<Event> fresh = first(event);
    Result<Object<Event>> created = co_await client_.create(std::move(fresh));
    if (created) {
      known_.put(key, std::move(*created));
    } else {
      context_.log.warn("cannot write the event ", event.reason, " of ", event.about.kind, " ",
                        keyOf(event.about.ns, event.about.name), ": ", created.error());
    }
  }

  Draft<Event> first(const Recorded& recorded) const {
    const ObjectReference& about = recorded.about;
    Draft<Event> event;
    detail::nameEvent(event->initMetadata(), about, recorded.at);
    detail::fillReference(event->initInvolvedObject(), about);
    event->setReason(recorded.reason);
    event->setMessage(recorded.message);
    event->setType(recorded.type);
    std::string now = formatTime(recorded.at);
    event->setFirstTimestamp(now);
    event->setLastTimestamp(now);
    event->setCount(1);
    auto source = event->initSource();
    source.setComponent(component_);
    source.setHost(options_.host);
    event->setReportingComponent(component_);
    event->setReportingInstance(options_.host);
    return event;
  }

  static Draft<Event> repeated(const Object<Event>& before, const Recorded& recorded) {
    Draft<Event> event(before);
    event->setCount(before->getCount() + 1);
    event->setMessage(recorded.message);
    event->setLastTimestamp(formatTime(recorded.at));
    // Whoever else changed it does not matter: the count is ours.
    event->getMetadata().setResourceVersion(0);
    return event;
  }

  Context& context_;
  Client client_;
  std::string component_;
  EventRecorderOptions options_;
  std::deque<Recorded> waiting_;
  bool writing_ = false;
  WallTime last_{};
  uint64_t dropped_ = 0;
  detail::EventCorrelation correlation_;
  detail::Recent<Object<Event>> known_;

 public:
  WallTime now() const { return context_.wallNow(); }
};

ObjectReference referenceTo(const Resource& kind, const AnyRef& object, std::string_view fieldPath) {
  return {kind.apiVersion(),     str(kind.kind),    str(object.ns()),
          str(object.name()),    str(object.uid()), std::to_string(object.revision()),
          std::string(fieldPath)};
}

EventRecorder::EventRecorder(Context& context, std::string component, EventRecorderOptions options)
    : impl_(std::make_shared<Impl>(context, std::move(component), std::move(options))) {}
EventRecorder::~EventRecorder() = default;

void EventRecorder::record(const ObjectReference& about, std::string_view type, std::string_view reason,
                           std::string_view message) {
  impl_->record({about, str(type), str(reason), str(message), impl_->now()});
}

}  // namespace cleat
