// Checks of the roles that make things usable on a node: drivers of volumes and of devices.
#include <cleat/schema/role/device_driver.methods.h>
#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/app/check/role_checks.h"

namespace cleat::app {
namespace {

// Where no volume has ever been.
constexpr const char* kTarget = "/var/lib/cleat/check/never-mounted";
constexpr const char* kHandle = "never-mounted";
constexpr const char* kClaimUid = "7a3a6f9e-5d1c-4c57-9a0e-0c1ea7c0ffee";

// The names, as far as they are in order.
template <class Names>
std::vector<std::string> driversOf(CheckRun& run, Names names) {
  std::vector<std::string> drivers;
  for (auto each : names) {
    const std::string name = str(each);
    if (name.empty()) run.report().fail("describe", "one of its drivers has no name");
    if (std::ranges::find(drivers, name) != drivers.end()) {
      run.report().fail("describe", concat("it has the driver ", name, " twice"));
    }
    drivers.push_back(name);
  }
  return drivers;
}

std::string named(const std::vector<std::string>& drivers) {
  return drivers.empty() ? "no drivers, as it is set up" : joined(drivers, ", ");
}

void expectKnown(CheckRun& run, const std::vector<std::string>& drivers, const std::string& name, const char* what) {
  if (std::ranges::find(drivers, name) != drivers.end()) return;
  run.report().fail("describe", concat(what, " the driver \"", name, "\", which is not among its drivers"));
}

// What it may not do here it may do where it is at work.
bool isForConfinement(CheckRun& run, const host::RoleAnswer& answer) {
  if (!run.plugin().subject().spec.confinement || !answer.error) return false;
  return std::ranges::any_of(std::vector<std::string_view>{"not permitted", "ermission denied", "Read-only file"},
                             [&](std::string_view text) { return answer.error->message.contains(text); });
}

// What was never done is undone, as often as one likes.
void expectUndone(CheckRun& run, const char* check, const char* what, const SampleCall& undo) {
  for (int i = 0; i < 2; ++i) {
    const host::RoleAnswer answer = run.ask(undo);
    if (answer.status == CLEAT_OK || run.given()) continue;
    if (isForConfinement(run, answer)) {
      return run.report().skip(check, concat("confined, as it is here, it answers ", brief(answer)));
    }
    run.report().fail(check, concat(what, " it answers ", brief(answer),
                                    ": that is success, as the caller may not know how far it came before a crash"));
    return;
  }
  run.keep(undo);
  run.report().okUnlessFailed(check, "of what never was: it is harmless");
}

void checkMount(CheckRun& run, const std::string& driver) {
  // Nothing is said of where the volume is to be, nor which one it is.
  const host::RoleAnswer answer =
      run.ask(role::volume::mount, [&](role::MountVolumeParams::Builder params) { params.setDriver(driver); });
  if (answer.status == CLEAT_OK && answer.message->root<role::MountVolumeResults>().getPath().size() == 0) {
    run.report().fail("mount", concat(driver,
                                      ": asked for no volume and no place it says that it is mounted: refuse "
                                      "what lacks what you need, with 400"));
  } else if (answer.status != CLEAT_OK && !isForConfinement(run, answer)) {
    (void)isOrderly(run, "mount", "a volume without handle and target", answer);
  }
}

void checkPrepare(CheckRun& run, const std::string& driver) {
  const host::RoleAnswer answer = run.ask(role::deviceDriver::prepare, [&](role::PrepareClaimParams::Builder params) {
    params.setDriver(driver);
    params.setClaimNamespace("default");
    params.setClaimName("check");
    params.setClaimUid(kClaimUid);
    auto device = params.initDevices(1)[0];
    device.setRequest("one");
    device.setPool("no-such-pool");
    device.setDevice("no-such-device");
  });
  if (answer.status == CLEAT_OK) {
    run.report().fail("prepare", concat(driver,
                                        ": it prepares a device that there is not: refuse it, so that "
                                        "somebody hears what is wrong"));
  } else if (!isForConfinement(run, answer)) {
    (void)isOrderly(run, "prepare", "a device that there is not", answer);
  }
}

}  // namespace

void checkVolume(CheckRun& run) {
  const host::RoleAnswer said = run.ask(role::volume::describe);
  if (said.status != CLEAT_OK) {
    return run.report().fail("describe", concat("it does not say which drivers it has: ", brief(said)));
  }
  run.keep({role::volume::describe, host::emptyMessage(), {}});
  const auto description = said.message->root<role::VolumeDescription>();
  const std::vector<std::string> drivers = driversOf(run, description.getDrivers());
  for (auto name : description.getEphemeral()) expectKnown(run, drivers, str(name), "objects may name");
  for (auto each : description.getDetails()) expectKnown(run, drivers, str(each.getName()), "it has details of");
  run.report().okUnlessFailed("describe", named(drivers));
  if (drivers.empty()) return run.report().skip("unmount", "as it is set up it has no driver");
  auto undo = object::makeMessage<role::UnmountVolumeParams>([&](role::UnmountVolumeParams::Builder params) {
    params.setDriver(drivers.front());
    params.setHandle(kHandle);
    params.setTarget(kTarget);
    params.setVolume(kHandle);
    params.setPodUid(kClaimUid);
  });
  expectUndone(run, "unmount", "asked to unmount what was never mounted", {role::volume::unmount, undo, {}});
  checkMount(run, drivers.front());
  run.report().okUnlessFailed("mount", "what lacks what it needs is refused");
}

void checkDeviceDriver(CheckRun& run) {
  const host::RoleAnswer said = run.ask(role::deviceDriver::describe);
  if (said.status != CLEAT_OK) {
    return run.report().fail("describe", concat("it does not say which drivers it has: ", brief(said)));
  }
  run.keep({role::deviceDriver::describe, host::emptyMessage(), {}});
  const auto description = said.message->root<role::DeviceDrivers>();
  const std::vector<std::string> drivers = driversOf(run, description.getDrivers());
  for (auto device : description.getHealth()) {
    expectKnown(run, drivers, str(device.getDriver()), "it says how a device is of");
  }
  run.report().okUnlessFailed("describe", named(drivers));
  if (drivers.empty()) return run.report().skip("unprepare", "as it is set up it has no driver");
  auto undo = object::makeMessage<role::UnprepareClaimParams>([&](role::UnprepareClaimParams::Builder params) {
    params.setDriver(drivers.front());
    params.setClaimNamespace("default");
    params.setClaimName("check");
    params.setClaimUid(kClaimUid);
  });
  const SampleCall unprepare{role::deviceDriver::unprepare, undo, {}};
  expectUndone(run, "unprepare", "asked to unprepare what was never prepared", unprepare);
  checkPrepare(run, drivers.front());
  run.report().okUnlessFailed("prepare", "a device that there is not is refused");
  // Also what could not be prepared is unprepared.
  if (const host::RoleAnswer answer = run.ask(unprepare); answer.status != CLEAT_OK && !isForConfinement(run, answer)) {
    (void)isOrderly(run, "unprepare", "a claim that could not be prepared", answer);
  }
}

}  // namespace cleat::app
