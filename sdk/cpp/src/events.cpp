#include <cleat/sdk/events.h>

#include <cleat/sdk/kinds/core_v1.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <list>
#include <unordered_map>

#include "strand.h"

namespace cleat {
namespace {

using core_v1::Event;

// One event as it was recorded.
struct Recorded {
  ObjectReference about;
  std::string type, reason, message;
  WallTime at;
};

// Events that differ in nothing but the time are the same one, counted.
std::string identity(const Recorded& event) {
  const ObjectReference& about = event.about;
  std::string key;
  for (const std::string* part : {&about.apiVersion, &about.kind, &about.ns, &about.name, &about.uid, &about.fieldPath,
                                  &event.type, &event.reason, &event.message}) {
    key.append(*part).push_back('\0');
  }
  return key;
}

std::string hex(int64_t value) {
  char digits[20];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, static_cast<uint64_t>(value), 16).ptr);
}

}  // namespace

class EventRecorder::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Context& context, std::string component, EventRecorderOptions options)
      : context_(context), client_(context), component_(std::move(component)), options_(std::move(options)) {}

  void record(Recorded event) {
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
  struct Known {
    std::string key;
    Object<Event> event;
  };

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
    std::string key = identity(event);
    auto found = known_.find(key);
    if (found != known_.end()) {
      Draft<Event> again = repeated(found->second->event, event);
      Result<Object<Event>> updated = co_await client_.update(std::move(again));
      if (updated) {
        remember(std::move(key), std::move(*updated));
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
      remember(std::move(key), std::move(*created));
    } else {
      context_.log.warn("cannot write the event ", event.reason, " of ", event.about.kind, " ",
                        keyOf(event.about.ns, event.about.name), ": ", created.error());
    }
  }

  Draft<Event> first(const Recorded& recorded) const {
    const ObjectReference& about = recorded.about;
    Draft<Event> event;
    auto meta = event->initMetadata();
    meta.setName(concat(about.name, ".", hex(recorded.at.time_since_epoch().count())));
    meta.setNamespace(about.ns.empty() ? std::string("default") : about.ns);
    auto reference = event->initInvolvedObject();
    reference.setApiVersion(about.apiVersion);
    reference.setKind(about.kind);
    reference.setNamespace(about.ns);
    reference.setName(about.name);
    reference.setUid(about.uid);
    reference.setResourceVersion(about.resourceVersion);
    reference.setFieldPath(about.fieldPath);
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
    event->setLastTimestamp(formatTime(recorded.at));
    // Whoever else changed it does not matter: the count is ours.
    event->getMetadata().setResourceVersion(0);
    return event;
  }

  // The most recent in front; the oldest are forgotten.
  void remember(std::string key, Object<Event> event) {
    auto found = known_.find(key);
    if (found != known_.end()) {
      order_.erase(found->second);
      known_.erase(found);
    }
    order_.push_front({key, std::move(event)});
    known_.emplace(std::move(key), order_.begin());
    while (order_.size() > options_.mostRemembered) {
      known_.erase(order_.back().key);
      order_.pop_back();
    }
  }

  Context& context_;
  Client client_;
  std::string component_;
  EventRecorderOptions options_;
  std::deque<Recorded> waiting_;
  bool writing_ = false;
  WallTime last_{};
  uint64_t dropped_ = 0;
  std::list<Known> order_;
  std::unordered_map<std::string, std::list<Known>::iterator> known_;

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
