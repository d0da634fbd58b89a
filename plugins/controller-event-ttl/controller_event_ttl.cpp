// Deletes events some time after they were last seen.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

using namespace cleat;
using core_v1::Event;

namespace {

// The latest of the times that an event carries; which of them it has depends on who wrote it. One in the future is a
// wrong clock's, or somebody's who wants to stay: it does not count.
WallTime lastSeen(core_v1::Event::Reader event, WallTime now) {
  WallTime last{};
  for (auto text : {event.getMetadata().getCreationTimestamp(), event.getLastTimestamp(), event.getEventTime(),
                    event.getSeries().getLastObservedTime()}) {
    if (auto time = parseTime(view(text)); time && *time <= now) last = std::max(last, *time);
  }
  return last;
}

class EventTtlController : public ControllerPlugin {
 public:
  explicit EventTtlController(Context& context) : ControllerPlugin(context, "event-ttl") {}

  Result<void> watch() override {
    ttl_ = config().duration("ttl");
    if (ttl_ <= Duration::zero()) return fail(Status::badRequest("ttl: it must be longer than nothing"));
    controller().watch(events_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Event> event = events_.get(key);
    if (!event) co_return Reconciled();
    const WallTime now = context().wallNow();
    const Duration left = lastSeen(*event, now) + ttl_ - now;
    if (left > Duration::zero()) co_return Reconciled{.requeueAfter = left};
    DeleteOptions only;
    only.preconditionUid = view(event.meta().getUid());
    only.preconditionRevision = event.revision();
    auto pending = client_.remove<Event>(event.ns(), event.name(), only);
    auto removed = co_await std::move(pending);
    if (!removed && !removed.error().is(404) && !removed.error().is(409)) co_return fail(removed.error());
    co_return Reconciled();
  }

  Duration ttl_{};
  Client client_{context()};
  Informer<Event> events_{context()};
};

}  // namespace

CLEAT_PLUGIN(EventTtlController, .name = "controller-event-ttl", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "- events get,list,watch,delete\n",
             .configSchema = "ttl duration 1h # how long an event is kept after it was last seen\n");
