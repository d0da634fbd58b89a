// notices-events: writes what happens to plugins as Events, which `kubectl get events` shows.
#include <cleat/schema/role/notices.role.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <cstdio>
#include <vector>

using namespace cleat;
using core_v1::Event;

namespace {

constexpr const char* kComponent = "cleat-plugins";
constexpr const char* kNamespace = "default";

std::string textOf(int64_t wallNanos) { return formatTime(WallTime(Duration(wallNanos))); }

// Its name is made of the time, by which the same happening is known when it is told again.
Draft<Event> eventOf(role::Happening::Reader happening) {
  char suffix[20];
  std::snprintf(suffix, sizeof suffix, ".%016llx", static_cast<unsigned long long>(happening.getFirstTime()));
  Draft<Event> event;
  auto meta = event->initMetadata();
  meta.setName(concat(happening.getPlugin(), suffix));
  meta.setNamespace(kNamespace);
  auto about = event->initInvolvedObject();
  about.setApiVersion("cleat.dev/v1");
  about.setKind("Plugin");
  about.setName(happening.getPlugin());
  event->setReason(happening.getReason());
  event->setMessage(happening.getMessage());
  event->setType(happening.getIsWarning() ? "Warning" : "Normal");
  event->initSource().setComponent(kComponent);
  event->setReportingComponent(kComponent);
  event->setFirstTimestamp(textOf(happening.getFirstTime()));
  event->setLastTimestamp(textOf(happening.getLastTime()));
  event->setCount(static_cast<int32_t>(happening.getCount()));
  return event;
}

class NoticesEvents : public RolePlugin<role::NoticesRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> tell(role::TellParams::Reader params, Call<void>&) override {
    std::vector<Draft<Event>> events;
    for (auto happening : params.getHappenings()) events.push_back(eventOf(happening));
    WriteOptions options;
    options.fieldManager = kComponent;
    for (Draft<Event>& event : events) {
      auto creating = client_.create(std::move(event), options);
      const auto created = co_await std::move(creating);
      // 409: it was written before, and only that was not heard.
      if (created || created.error().is(409)) continue;
      const Status& why = created.error();
      if (why.is(400) || why.is(422)) {
        log().warn("an event that nobody takes is left out: ", why);
        continue;
      }
      context().report(concat("cannot write an event: ", why.message));
      co_return fail(why);
    }
    context().report("");
    co_return Result<void>();
  }

 private:
  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(NoticesEvents, .name = "notices-events", .version = "0.1.0", .maturity = "beta", .roles = "notices",
             .grants = "- events create\n");
