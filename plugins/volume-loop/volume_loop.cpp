// volume-loop: volumes of a fixed size, each a file with a filesystem of its own on the node's disk.
#include <cleat/schema/role/volume.interface.h>
#include <cleat/schema/role/volume.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <memory>

#include "images.h"
#include "loop_mounts.h"

namespace cleat::loop {
namespace {

constexpr std::string_view kDriver = "loop.cleat";

class LoopVolumes : public RolePlugin<role::VolumeRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    images_.folder = config().string("folder");
    if (images_.folder.empty()) images_.folder = config().dataDir() + "/images";
    images_.mkfs = config().string("mkfs");
    if (!images_.folder.starts_with('/') || !images_.mkfs.starts_with('/')) {
      co_return fail(Status::badRequest("folder and mkfs: must be absolute paths"));
    }
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::VolumeDescription>& call) override {
    call.results().initDrivers(1).set(0, kDriver.data());
    call.results().initEphemeral(1).set(0, kDriver.data());
    co_return {};
  }

  Task<Result<void>> mount(role::MountVolumeParams::Reader params, Call<role::MountVolumeResults>& call) override {
    call.results();
    const std::string handle = str(params.getHandle()), target = str(params.getTarget());
    CLEAT_CO_TRY(check(view(params.getDriver()), handle));
    const std::string_view fsType = view(params.getFsType());
    if (!fsType.empty() && fsType != "ext4") {
      co_return fail(Status::badRequest(concat("fsType ", inQuotes(fsType), ": these volumes are ext4")));
    }
    uint64_t bytes = params.getCapacityBytes();
    for (auto attribute : params.getAttributes()) {
      if (view(attribute.getKey()) != "size") continue;
      const auto size = Quantity::parse(attribute.getValue());
      if (!size || size->value() <= 0) {
        co_return fail(Status::badRequest(
            concat("volumeAttributes.size: ", inQuotes(view(attribute.getValue())), " is no amount of bytes")));
      }
      if (bytes == 0) bytes = static_cast<uint64_t>(size->value());
    }
    const bool readOnly = params.getReadOnly();
    auto work = [one = oneAtATime_, images = images_, handle, target, bytes, readOnly,
                 folder = folderOf(handle)]() -> Result<void> {
      MutexLock lock(*one);
      CLEAT_TRY(images.make(handle, bytes));
      CLEAT_TRY(mountFile(images.fileOf(handle), folder));
      return mountAlso(folder, target, readOnly);
    };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> unmount(role::UnmountVolumeParams::Reader params, Call<void>&) override {
    const std::string handle = str(params.getHandle()), target = str(params.getTarget());
    CLEAT_CO_TRY(check(view(params.getDriver()), handle));
    // What a pod had for itself alone goes with it.
    const bool goes = params.getVolume().size() == 0;
    auto work = [one = oneAtATime_, images = images_, handle, target, goes,
                 folder = folderOf(handle)]() -> Result<void> {
      MutexLock lock(*one);
      CLEAT_TRY(loop::unmount(target));
      CLEAT_TRY(const bool isUnused, unmountUnused(folder));
      if (!isUnused || !goes) return {};
      return images.remove(handle);
    };
    co_return co_await context().blocking(work);
  }

 private:
  static Result<void> check(std::string_view driver, const std::string& handle) {
    if (driver != kDriver) return fail(Status::badRequest(concat("driver ", driver, " is somebody else's")));
    if (auto wrong = wrongHandle(handle); !wrong.empty()) {
      return fail(Status::badRequest(concat("volumeHandle ", inQuotes(handle), ": ", wrong)));
    }
    return {};
  }
  std::string folderOf(const std::string& handle) const { return concat(images_.folder, "/mounts/", handle); }

  Images images_;
  // Two pods may want the same volume at the same time. Whoever works for the one holds it, also when this has gone.
  std::shared_ptr<Mutex> oneAtATime_ = std::make_shared<Mutex>();
};

}  // namespace
}  // namespace cleat::loop

CLEAT_PLUGIN(cleat::loop::LoopVolumes, .name = "volume-loop", .version = "0.1.0", .maturity = "alpha",
             .roles = "volume",
             .configSchema =
                 "folder string # where the files are; empty: below the plugin's state folder\n"
                 "mkfs string /sbin/mkfs.ext4 # what makes a filesystem in a new one\n");
CLEAT_BRINGS(cleat::role::volume);
