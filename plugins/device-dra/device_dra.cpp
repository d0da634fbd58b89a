// device-dra: devices of drivers that are programs of others behind Unix sockets on this node, as the kubelet has them.
#include <cleat/schema/role/device_driver.interface.h>
#include <cleat/schema/role/device_driver.role.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <memory>

#include "device_health.h"
#include "dra_driver.h"

namespace cleat::dra {
namespace {

using Registry = grpc::PluginRegistry<DriverFacts>;

template <class Params>
ClaimName claimOf(Params params) {
  return {str(params.getClaimNamespace()), str(params.getClaimName()), str(params.getClaimUid())};
}

class DraDevices : public RolePlugin<role::DeviceDriverRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    std::string folder = config().string("registration_folder");
    if (!folder.starts_with('/')) {
      co_return fail(Status::badRequest("registration_folder: must be an absolute path"));
    }
    co_await grpc::expectRegistrations(context(), folder);
    registry_ = std::make_shared<Registry>(std::move(folder), "DRAPlugin", takeDriver);
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::DeviceDrivers>& call) override {
    const std::vector<DriverFacts> drivers = co_await grpc::lookAround(context(), locks_, registry_);
    auto results = call.results();
    auto names = results.initDrivers(static_cast<uint32_t>(drivers.size()));
    for (uint32_t i = 0; i < names.size(); ++i) names.set(i, drivers[i].name);
    watchHealth(drivers);
    describeHealth(results);
    co_return Result<void>();
  }
  void stop() override { health_.clear(); }

  // The driver reads for itself what it has to know of the claim.
  Task<Result<void>> prepare(role::PrepareClaimParams::Reader params, Call<role::PrepareClaimResults>& call) override {
    auto results = call.results();
    CLEAT_CO_TRY(const DriverFacts driver, find(view(params.getDriver())));
    const ClaimName claim = claimOf(params);
    auto turn = co_await locks_.lock(claim.uid);
    auto work = [driver, claim] { return prepareClaim(driver, claim); };
    CLEAT_CO_TRY(const std::vector<Device> devices, co_await context().blocking(work));
    auto list = results.initDevices(static_cast<uint32_t>(devices.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].adoptRequests(textList(orphanageOf(results), devices[i].requests));
      list[i].setPool(devices[i].pool);
      list[i].setDevice(devices[i].device);
      list[i].setShareId(devices[i].shareId);
      list[i].adoptCdiDevices(textList(orphanageOf(results), devices[i].cdiDevices));
    }
    co_return Result<void>();
  }

  Task<Result<void>> unprepare(role::UnprepareClaimParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(const DriverFacts driver, find(view(params.getDriver())));
    const ClaimName claim = claimOf(params);
    auto turn = co_await locks_.lock(claim.uid);
    auto work = [driver, claim] { return unprepareClaim(driver, claim); };
    co_return co_await context().blocking(work);
  }

 private:
  // Of those that are registered now; one that has registered anew is another one.
  void watchHealth(const std::vector<DriverFacts>& drivers) {
    std::erase_if(health_,
                  [&](const auto& known) { return std::ranges::find(drivers, known->driver()) == drivers.end(); });
    for (const DriverFacts& driver : drivers) {
      const bool isWatched = std::ranges::any_of(health_, [&](const auto& one) { return one->driver() == driver; });
      if (driver.healthService.empty() || isWatched) continue;
      auto say = [this](const std::string& line) { context().post([this, line] { log().warn(line); }); };
      health_.push_back(std::make_unique<DriverHealth>(driver, std::move(say)));
    }
  }

  void describeHealth(role::DeviceDrivers::Builder results) const {
    std::vector<std::pair<std::string, DeviceHealth>> all;
    for (const auto& driver : health_) {
      for (DeviceHealth& device : driver->known()) all.emplace_back(driver->driver().name, std::move(device));
    }
    auto list = results.initHealth(static_cast<uint32_t>(all.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setDriver(all[i].first);
      list[i].setPool(all[i].second.pool);
      list[i].setDevice(all[i].second.device);
      list[i].setHealth(static_cast<role::Health>(all[i].second.state));
      list[i].setMessage(all[i].second.message);
    }
  }

  Result<DriverFacts> find(std::string_view name) const {
    auto driver = registry_->find(name);
    if (driver) return std::move(*driver);
    return fail(Status::unavailable(concat("DRA driver ", name, " is not registered")));
  }

  std::shared_ptr<Registry> registry_;
  std::vector<std::unique_ptr<DriverHealth>> health_;  // of drivers that say it
  KeyedLock locks_{context()};                         // by the claim's uid, and "registry"
};

}  // namespace
}  // namespace cleat::dra

CLEAT_PLUGIN(cleat::dra::DraDevices, .name = "device-dra", .version = "0.1.0", .maturity = "alpha",
             .roles = "device-driver",
             .configSchema =
                 "registration_folder string /var/lib/kubelet/plugins_registry # where drivers have the sockets by "
                 "which they register\n");
CLEAT_BRINGS(cleat::role::deviceDriver);
