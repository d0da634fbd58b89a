#include <cleat/sdk/event_series.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>

#include "event_form.h"
#include "recent.h"

namespace cleat {
namespace {

using core_v1::Event;

constexpr size_t kLongestNote = 1024;
constexpr Duration kEndsAfter = std::chrono::minutes(6);  // without another one; and how often that is looked at
constexpr Duration kToldEvery = std::chrono::minutes(30);
// Where many happen, those that are written at a time share a commit.
constexpr size_t kAtATime = 8;

// One event, and how often it has happened.
struct Series {
  ObjectReference about;
  Happening happening;
  WallTime first, last;
  int32_t count = 1;
  int32_t toldCount = 0;
  WallTime told;          // when it was written last
  Object<Event> written;  // refers to nothing before it was
  bool underWay = false;  // it is being written
};

std::string identityOf(const Series& series) {
  const ObjectReference& about = series.about;
  const ObjectReference& related = series.happening.related;
  const Happening& what = series.happening;
  std::string key;
  for (const std::string* part :
       {&about.apiVersion, &about.kind, &about.ns, &about.name, &about.uid, &about.resourceVersion, &about.fieldPath,
        &related.apiVersion, &related.kind, &related.ns, &related.name, &related.uid, &related.resourceVersion,
        &what.type, &what.reason, &what.action}) {
    key.append(*part).push_back('\0');
  }
  return key;
}

std::string noteOf(std::string message) {
  constexpr std::string_view kCut = " ...";
  if (message.size() > kLongestNote) message = message.substr(0, kLongestNote - kCut.size()).append(kCut);
  return message;
}

// The machine's name makes it one of many; where that may not be asked for the controller's own has to do.
std::string instanceHere(const std::string& controller) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return controller;
  return concat(controller, "-", name.data());
}

}  // namespace

class SeriesRecorder::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Context& context, std::string controller, SeriesRecorderOptions options)
      : context_(context), client_(context), controller_(std::move(controller)), options_(std::move(options)),
        known_(options_.mostRemembered) {
    if (options_.instance.empty()) options_.instance = instanceHere(controller_);
  }

  void record(const ObjectReference& about, Happening happening) {
    auto fresh = std::make_shared<Series>(Series{.about = about, .happening = std::move(happening)});
    const std::string key = identityOf(*fresh);
    const WallTime now = context_.wallNow();
    if (auto* found = known_.find(key); found != nullptr) {
      Series& series = **found;
      series.last = now;
      if (++series.count == 2) write(*found);
      return;
    }
    // The time makes the name, so no two may have the same.
    fresh->first = fresh->last = last_ = std::max(now, last_ + Duration(1));
    fresh->happening.message = noteOf(std::move(fresh->happening.message));
    known_.put(key, fresh);
    write(std::move(fresh));
    if (!timer_.pending()) arm();
  }

 private:
  void arm() {
    timer_ = context_.after(kEndsAfter, [this] { lookAfter(); });
  }

  void lookAfter() {
    const WallTime now = context_.wallNow();
    bool left = false;
    known_.eraseIf([&](const std::shared_ptr<Series>& series) {
      const bool ended = series->last <= now - kEndsAfter;
      const bool untold = series->count > series->toldCount;
      if ((ended && untold) || (series->count > 1 && now - series->told >= kToldEvery)) write(series);
      left = left || !ended;
      return ended;
    });
    if (left) arm();
  }

  void write(std::shared_ptr<Series> series) {
    if (waiting_.size() >= options_.mostWaiting) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(series));
    if (writers_ == kAtATime) return;
    ++writers_;
    spawn(writeAll(shared_from_this()));
  }

  // The next one that may be written; null: none. What is under way already is taken by whoever is at it.
  std::shared_ptr<Series> next() {
    auto found = std::ranges::find_if(waiting_, [](const auto& series) { return !series->underWay; });
    if (found == waiting_.end()) return nullptr;
    std::shared_ptr<Series> series = std::move(*found);
    waiting_.erase(found);
    series->underWay = true;
    return series;
  }

  static Task<void> writeAll(std::shared_ptr<Impl> self) {
    while (const std::shared_ptr<Series> series = self->next()) {
      co_await self->writeOne(series);
      series->underWay = false;
    }
    if (--self->writers_ == 0 && self->dropped_ > 0) {
      self->context_.log.warn(std::exchange(self->dropped_, 0), " events were dropped: too many at a time");
    }
  }

  Task<void> writeOne(std::shared_ptr<Series> series) {
    series->told = context_.wallNow();
    series->toldCount = series->count;
    if (series->written) {
      Draft<Event> again(series->written);
      fillSeries(*again, *series);
      // Whoever else changed it does not matter: the count is ours.
      again->getMetadata().setResourceVersion(0);
      Result<Object<Event>> updated = co_await client_.update(std::move(again));
      if (updated) {
        series->written = std::move(*updated);
        co_return;
      }
      // It may have expired: then it is made once more.
      if (!updated.error().is(404)) {
        context_.log.warn("cannot count an event: ", updated.error());
        co_return;
      }
    }
    Draft<Event> fresh = eventOf(*series);
    Result<Object<Event>> created = co_await client_.create(std::move(fresh));
    if (created) {
      series->written = std::move(*created);
    } else {
      context_.log.warn("cannot write the event ", series->happening.reason, " of ", series->about.kind, " ",
                        keyOf(series->about.ns, series->about.name), ": ", created.error());
    }
  }

  static void fillSeries(Event::Builder event, const Series& series) {
    event.setLastTimestamp(formatTime(series.last));
    if (series.count < 2) return;
    auto told = event.initSeries();
    told.setCount(series.count);
    told.setLastObservedTime(formatMicroTime(series.last));
  }

  Draft<Event> eventOf(const Series& series) const {
    Draft<Event> event;
    detail::nameEvent(event->initMetadata(), series.about, series.first);
    detail::fillReference(event->initInvolvedObject(), series.about);
    if (!series.happening.related.name.empty()) detail::fillReference(event->initRelated(), series.happening.related);
    event->setType(series.happening.type);
    event->setReason(series.happening.reason);
    event->setAction(series.happening.action);
    event->setMessage(series.happening.message);
    event->setEventTime(formatMicroTime(series.first));
    // For whoever sorts events by their last time, as `kubectl get events --sort-by=.lastTimestamp` does.
    event->setFirstTimestamp(formatTime(series.first));
    event->setReportingComponent(controller_);
    event->setReportingInstance(options_.instance);
    fillSeries(*event, series);
    return event;
  }

  Context& context_;
  Client client_;
  std::string controller_;
  SeriesRecorderOptions options_;
  detail::Recent<std::shared_ptr<Series>> known_;
  std::deque<std::shared_ptr<Series>> waiting_;
  size_t writers_ = 0;
  WallTime last_{};
  uint64_t dropped_ = 0;
  Timer timer_;
};

SeriesRecorder::SeriesRecorder(Context& context, std::string controller, SeriesRecorderOptions options)
    : impl_(std::make_shared<Impl>(context, std::move(controller), std::move(options))) {}
SeriesRecorder::~SeriesRecorder() = default;

void SeriesRecorder::record(const ObjectReference& about, Happening happening) {
  impl_->record(about, std::move(happening));
}

}  // namespace cleat
