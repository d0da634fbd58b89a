// Makes folders of the node usable as volumes: each by its handle, or by the name that a pod gives.
#include <cleat/schema/role/volume.interface.h>
#include <cleat/schema/role/volume.role.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace {

using namespace cleat;

constexpr const char* kDriver = "my-plugin.example.com";

Status failed(const char* what, const std::string& path) {
  return Status::internal(concat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

bool isSameFolder(const std::string& one, const std::string& other) {
  struct stat a{}, b{};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

class MyPlugin : public RolePlugin<role::VolumeRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    folder_ = config().string("folder");
    return made(folder_);
  }

  Task<Result<void>> describe(Call<role::VolumeDescription>& call) override {
    call.results().initDrivers(1).set(0, kDriver);
    call.results().initEphemeral(1).set(0, kDriver);
    co_return {};
  }

  // Asked once more after a crash of either side: what is mounted already is success.
  Task<Result<void>> mount(role::MountVolumeParams::Reader params, Call<role::MountVolumeResults>& call) override {
    call.results();
    std::string name = str(params.getHandle());
    for (auto attribute : params.getAttributes()) {
      if (view(attribute.getKey()) == "name") name = str(attribute.getValue());
    }
    if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') {
      co_return fail(Status::badRequest(concat("name ", inQuotes(name), ": must be the name of a folder")));
    }
    const std::string source = concat(folder_, "/", name), target = str(params.getTarget());
    const bool readOnly = params.getReadOnly();
    auto work = [source, target, readOnly]() -> Result<void> {
      CLEAT_TRY(makeFolders(source));
      if (isSameFolder(source, target)) return {};
      if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) return fail(failed("mount", target));
      const unsigned long flags = MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID | (readOnly ? MS_RDONLY : 0);
      if (::mount(nullptr, target.c_str(), nullptr, flags, nullptr) == 0) return {};
      Status why = failed("mount", target);
      umount2(target.c_str(), UMOUNT_NOFOLLOW);
      return fail(std::move(why));
    };
    co_return co_await context().blocking(work);
  }

  // What is not mounted, or not any more, is success.
  Task<Result<void>> unmount(role::UnmountVolumeParams::Reader params, Call<void>&) override {
    const std::string target = str(params.getTarget());
    auto work = [target]() -> Result<void> {
      if (umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
      return fail(failed("unmount", target));
    };
    co_return co_await context().blocking(work);
  }

 private:
  static Task<Result<void>> made(std::string folder) { co_return makeFolders(folder); }

  std::string folder_;
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "volume",
             .configSchema = "folder string /var/lib/my-plugin # below it volumes are\n");
CLEAT_BRINGS(cleat::role::volume);
