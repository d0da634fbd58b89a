#include "devices/device_drivers.h"

#include <cleat/sdk/lists.h>

#include <optional>

namespace cleat::agent {
namespace {

using resource_v1::ResourceClaim;

constexpr Duration kDriverLimit = std::chrono::minutes(1);

// Whether one of the requests, or all, get devices of the driver.
bool isAbout(resource_v1::DeviceAllocationConfiguration::Reader config, std::string_view driver) {
  return config.hasOpaque() && view(config.getOpaque().getDriver()) == driver;
}

void writeDevices(role::PrepareClaimParams::Builder params, resource_v1::DeviceAllocationResult::Reader allocated,
                  std::string_view driver) {
  std::vector<resource_v1::DeviceRequestAllocationResult::Reader> own;
  for (auto result : allocated.getResults()) {
    if (view(result.getDriver()) == driver) own.push_back(result);
  }
  auto list = params.initDevices(static_cast<uint32_t>(own.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setRequest(own[i].getRequest());
    list[i].setPool(own[i].getPool());
    list[i].setDevice(own[i].getDevice());
    list[i].setShareId(own[i].getShareID());
    list[i].setAdminAccess(own[i].getAdminAccess().getValue());
  }
}

void writeParameters(role::PrepareClaimParams::Builder params, resource_v1::DeviceAllocationResult::Reader allocated,
                     std::string_view driver) {
  std::vector<resource_v1::DeviceAllocationConfiguration::Reader> own;
  for (auto config : allocated.getConfig()) {
    if (isAbout(config, driver)) own.push_back(config);
  }
  auto list = params.initParameters(static_cast<uint32_t>(own.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setFromClass(view(own[i].getSource()) == "FromClass");
    list[i].adoptRequests(textList(orphanageOf(params), strings(own[i].getRequests())));
    list[i].setJson(own[i].getOpaque().getParameters());
  }
}

}  // namespace

std::set<std::string> driversOf(ResourceClaim::Reader claim) {
  std::set<std::string> drivers;
  for (auto result : claim.getStatus().getAllocation().getDevices().getResults())
    drivers.insert(str(result.getDriver()));
  return drivers;
}

Task<Result<std::string>> DeviceDrivers::find(std::string driver) {
  if (auto known = plugins_.find(driver); known != plugins_.end()) co_return known->second;
  auto asking = describeAll();
  auto all = co_await std::move(asking);
  if (auto known = plugins_.find(driver); known != plugins_.end()) co_return known->second;
  // Perhaps it is the one that could not say.
  if (!all) co_return fail(all.error());
  co_return fail(Status::unavailable(concat("DRA driver ", driver, " is not registered")));
}

Task<Result<void>> DeviceDrivers::check(std::string driver) {
  auto finding = find(std::move(driver));
  CLEAT_CO_TRY(co_await std::move(finding));
  co_return Result<void>();
}

Task<Result<DeviceDrivers::Description>> DeviceDrivers::describeAll() {
  auto listing = fillers_.of(role::deviceDriver::describe);
  CLEAT_CO_TRY(const std::vector<std::string> plugins, co_await std::move(listing));
  std::optional<Status> silent;
  Description all;
  std::map<std::string, std::string> known;
  for (const std::string& plugin : plugins) {
    auto description = co_await fillers_.call(plugin, role::deviceDriver::describe);
    if (!description) {
      silent = description.error();
      continue;
    }
    for (auto driver : (*description)->getDrivers()) {
      all.drivers.insert(str(driver));
      known.emplace(str(driver), plugin);
    }
    for (auto device : (*description)->getHealth()) {
      DeviceId id{str(device.getDriver()), str(device.getPool()), str(device.getDevice())};
      all.health[std::move(id)] = {device.getHealth(), str(device.getMessage())};
    }
  }
  plugins_ = std::move(known);
  if (silent) co_return fail(*silent);
  co_return all;
}

Task<Result<std::vector<PreparedDevice>>> DeviceDrivers::prepare(Object<ResourceClaim> claim, std::string driver) {
  auto finding = find(driver);
  CLEAT_CO_TRY(const std::string plugin, co_await std::move(finding));
  auto fill = [&](role::PrepareClaimParams::Builder params) {
    params.setDriver(driver);
    params.setClaimNamespace(str(claim.ns()));
    params.setClaimName(str(claim.name()));
    params.setClaimUid(str(claim.uid()));
    auto allocated = claim->getStatus().getAllocation().getDevices();
    writeDevices(params, allocated, driver);
    writeParameters(params, allocated, driver);
  };
  CallOptions options;
  options.timeout = kDriverLimit;
  auto prepared = co_await fillers_.call(plugin, role::deviceDriver::prepare, fill, options);
  if (!prepared) {
    plugins_.erase(driver);  // another may have it by now
    co_return fail(prepared.error());
  }
  std::vector<PreparedDevice> devices;
  for (auto device : (*prepared)->getDevices()) {
    devices.push_back({strings(device.getRequests()), strings(device.getCdiDevices()), str(device.getPool()),
                       str(device.getDevice())});
  }
  co_return devices;
}

Task<Result<void>> DeviceDrivers::unprepare(PreparedClaim claim, std::string driver) {
  auto finding = find(driver);
  CLEAT_CO_TRY(const std::string plugin, co_await std::move(finding));
  auto fill = [&](role::UnprepareClaimParams::Builder params) {
    params.setDriver(driver);
    params.setClaimNamespace(claim.ns);
    params.setClaimName(claim.name);
    params.setClaimUid(claim.uid);
  };
  CallOptions options;
  options.timeout = kDriverLimit;
  auto done = co_await fillers_.call(plugin, role::deviceDriver::unprepare, fill, options);
  if (!done) {
    plugins_.erase(driver);
    co_return fail(done.error());
  }
  co_return Result<void>();
}

}  // namespace cleat::agent
