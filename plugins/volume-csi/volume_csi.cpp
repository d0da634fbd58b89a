// volume-csi: volumes of CSI drivers, which are programs of others behind Unix sockets on this node.
#include <cleat/schema/role/volume.interface.h>
#include <cleat/schema/role/volume.role.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "csi_driver.h"
#include "published_volumes.h"

namespace cleat::csi {
namespace {

using Registry = grpc::PluginRegistry<DriverFacts>;

// Of a target, which is a folder of the pod's: where the driver publishes. It makes that itself, and takes it away.
constexpr const char* kMount = "/mount";
constexpr const char* kDevice = "/device";

bool exists(const std::string& path) {
  struct stat facts{};
  return lstat(path.c_str(), &facts) == 0;
}

template <class List>
TextMap mapOf(List list) {
  TextMap map;
  for (auto entry : list) {
    const auto value = entry.getValue();
    map[str(entry.getKey())] = std::string(reinterpret_cast<const char*>(value.begin()), value.size());
  }
  return map;
}

template <class List>
std::vector<std::string> textsOf(List list) {
  std::vector<std::string> texts;
  for (auto text : list) texts.push_back(str(text));
  return texts;
}

template <class Params>
VolumeUse useOf(Params params) {
  return {params.getBlock(),
          str(params.getFsType()),
          textsOf(params.getMountOptions()),
          textsOf(params.getAccessModes()),
          {}};
}

// Publishes the volume for a pod. Every step may be repeated, also after a crash.
Result<void> publish(const DriverFacts& driver, PublishedVolume volume, const std::string& target, bool lasts,
                     const PublishedVolumes& published) {
  CLEAT_TRY(published.noteTarget(driver.name, volume.handle, target));
  if (lasts && driver.stages) {
    CLEAT_TRY(volume.stagingPath, published.makeStaging(driver.name, volume.handle));
    CLEAT_TRY(stageVolume(driver, volume));
  }
  return publishVolume(driver, volume);
}

Result<void> unpublish(const DriverFacts& driver, const std::string& handle, const std::string& target, bool lasts,
                       const PublishedVolumes& published) {
  for (const char* part : {kDevice, kMount}) {
    const std::string path = target + part;
    if (!exists(path)) continue;
    CLEAT_TRY(unpublishVolume(driver, handle, path));
    // What the driver leaves of it is a folder or a file that holds nothing any more.
    if (exists(path) && rmdir(path.c_str()) != 0 && (errno != ENOTDIR || unlink(path.c_str()) != 0)) {
      return fail(systemError("cannot remove " + path, errno));
    }
  }
  if (!published.isKnown(driver.name, handle)) return {};
  CLEAT_TRY(const bool isUnused, published.forgetTarget(driver.name, handle, target));
  if (!isUnused) return {};
  const std::string staging = published.stagingPath(driver.name, handle);
  if (lasts && driver.stages && exists(staging)) {
    CLEAT_TRY(unstageVolume(driver, handle, staging));
  }
  return published.forget(driver.name, handle);
}

class CsiVolumes : public RolePlugin<role::VolumeRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    std::string registrations = config().string("registration_folder"), staging = config().string("staging_folder");
    if (staging.empty()) staging = config().dataDir() + "/volumes";
    if (!registrations.starts_with('/') || !staging.starts_with('/')) {
      co_return fail(Status::badRequest("registration_folder and staging_folder: must be absolute paths"));
    }
    auto make = [staging] { return makeFolders(staging, 0750); };
    CLEAT_CO_TRY(co_await context().blocking(make));
    co_await grpc::expectRegistrations(context(), registrations);
    registry_ = std::make_shared<Registry>(std::move(registrations), "CSIPlugin", takeDriver);
    published_ = PublishedVolumes(std::move(staging));
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::VolumeDescription>& call) override {
    const std::vector<DriverFacts> drivers = co_await grpc::lookAround(context(), locks_, registry_);
    const auto count = static_cast<uint32_t>(drivers.size());
    auto names = call.results().initDrivers(count);
    auto details = call.results().initDetails(count);
    for (uint32_t i = 0; i < count; ++i) {
      names.set(i, drivers[i].name);
      details[i].setName(drivers[i].name);
      details[i].setNodeId(drivers[i].nodeId);
      details[i].setMostVolumes(drivers[i].mostVolumes);
      details[i].setExpands(drivers[i].expands);
      auto topology = details[i].initTopology(static_cast<uint32_t>(drivers[i].topology.size()));
      uint32_t at = 0;
      for (const auto& [key, value] : drivers[i].topology) {
        topology[at].setKey(key);
        topology[at++].setValue(value);
      }
    }
    co_return Result<void>();
  }

  Task<Result<void>> mount(role::MountVolumeParams::Reader params, Call<role::MountVolumeResults>& call) override {
    CLEAT_CO_TRY(const DriverFacts driver, find(view(params.getDriver())));
    const std::string target = str(params.getTarget());
    const bool lasts = params.getVolume().size() > 0;
    PublishedVolume volume{.handle = str(params.getHandle()),
                           .stagingPath = {},
                           .targetPath = target + (params.getBlock() ? kDevice : kMount),
                           .use = useOf(params),
                           .readOnly = params.getReadOnly(),
                           .publishContext = mapOf(params.getPublishContext()),
                           .attributes = mapOf(params.getAttributes()),
                           .stageSecrets = mapOf(params.getStageSecrets()),
                           .publishSecrets = mapOf(params.getPublishSecrets())};
    if (params.getHasGroup()) volume.use.group = concat(params.getGroup());
    call.results().setPath(volume.targetPath);
    call.results().setGroupIsSet(driver.setsGroup && params.getHasGroup());
    auto turn = co_await locks_.lock(concat(driver.name, "/", volume.handle));
    auto work = [driver, volume, target, lasts, published = published_] {
      return publish(driver, volume, target, lasts, published);
    };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> unmount(role::UnmountVolumeParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(const DriverFacts driver, find(view(params.getDriver())));
    const std::string handle = str(params.getHandle()), target = str(params.getTarget());
    const bool lasts = params.getVolume().size() > 0;
    auto turn = co_await locks_.lock(concat(driver.name, "/", handle));
    auto work = [driver, handle, target, lasts, published = published_] {
      return unpublish(driver, handle, target, lasts, published);
    };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> expand(role::ExpandVolumeParams::Reader params, Call<role::ExpandVolumeResults>& call) override {
    call.results();
    CLEAT_CO_TRY(const DriverFacts driver, find(view(params.getDriver())));
    if (!driver.expands) co_return fail(Status::badRequest(concat("driver ", driver.name, " expands no volumes here")));
    VolumeGrowth growth{.handle = str(params.getHandle()),
                        .path = str(params.getPath()),
                        .stagingPath = {},
                        .use = useOf(params),
                        .capacityBytes = params.getCapacityBytes(),
                        .secrets = mapOf(params.getSecrets())};
    if (driver.stages) growth.stagingPath = published_.stagingPath(driver.name, growth.handle);
    auto turn = co_await locks_.lock(concat(driver.name, "/", growth.handle));
    auto work = [driver, growth] { return expandVolume(driver, growth); };
    CLEAT_CO_TRY(const uint64_t bytes, co_await context().blocking(work));
    call.results().setCapacityBytes(bytes);
    co_return Result<void>();
  }

 private:
  Result<DriverFacts> find(std::string_view name) const {
    auto driver = registry_->find(name);
    if (driver) return std::move(*driver);
    return fail(Status::unavailable(concat("driver name ", name, " not found in the list of registered CSI drivers")));
  }

  std::shared_ptr<Registry> registry_;
  PublishedVolumes published_{""};
  KeyedLock locks_{context()};  // by volume, and "registry"
};

}  // namespace
}  // namespace cleat::csi

CLEAT_PLUGIN(cleat::csi::CsiVolumes, .name = "volume-csi", .version = "0.1.0", .maturity = "alpha", .roles = "volume",
             .configSchema =
                 "registration_folder string /var/lib/kubelet/plugins_registry # where drivers have the sockets by "
                 "which they register\n"
                 "staging_folder string # where volumes are staged; empty: below the plugin's state folder\n");
CLEAT_BRINGS(cleat::role::volume);
