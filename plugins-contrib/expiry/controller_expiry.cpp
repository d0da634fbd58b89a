// Deletes config maps when they have expired: those with the annotation `expiry/after: 1h` an hour after they were
// made.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/time.h>

#include <optional>

namespace {

using namespace cleat;
using core_v1::ConfigMap;

constexpr std::string_view kAfter = "expiry/after";

class Expiry : public ControllerPlugin {
 public:
  explicit Expiry(Context& context) : ControllerPlugin(context, "expiry") {}

 private:
  Result<void> watch() override {
    controller().watch(maps_);
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<ConfigMap> map = maps_.get(key);
    if (!map || deletionPending(map.meta())) co_return Reconciled{};
    const auto after = annotation(map.meta(), kAfter);
    const auto made = parseTime(map.meta().getCreationTimestamp());
    if (!after || !made) co_return Reconciled{};
    const std::optional<Duration> lasts = parseDuration(*after);
    if (!lasts) {
      log().warn(key, ": ", kAfter, ": ", inQuotes(*after), " is no duration such as 1h30m");
      co_return Reconciled{};
    }
    // By the host's clock, which is the one by which the object was made.
    const Duration left = *made + *lasts - context().wallNow();
    if (left > Duration::zero()) co_return Reconciled{.requeueAfter = left};
    // Exactly this one: there may be another of its name by now.
    const DeleteOptions exactly{.preconditionUid = map.uid()};
    const auto gone = co_await client_.remove<ConfigMap>(map.ns(), map.name(), exactly);
    if (gone) log().info(key, " has expired");
    if (!gone && !gone.error().is(404) && !gone.error().is(409)) co_return fail(gone.error());
    co_return Reconciled{};
  }

  Client client_{context()};
  Informer<ConfigMap> maps_{context()};
};

}  // namespace

CLEAT_PLUGIN(Expiry, .name = "controller-expiry", .version = "1.0.0", .maturity = "alpha", .roles = "controller",
             .grants = "- configmaps get,list,watch,delete\n");
