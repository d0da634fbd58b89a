// Fills the role `volume`: volumes in memory, of a size that the pod says, for as long as the pod is there.
#include <cleat/schema/role/volume.interface.h>
#include <cleat/schema/role/volume.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace {

using namespace cleat;

constexpr const char* kDriver = "scratch.example.com";

Status failed(const char* what, const std::string& path) {
  return Status::internal(concat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

// Whether something is mounted there: then it is on another device than the folder around it.
bool isMounted(const std::string& path) {
  struct stat inside{}, around{};
  const std::string parent = path.substr(0, path.rfind('/'));
  return stat(path.c_str(), &inside) == 0 && stat(parent.c_str(), &around) == 0 && inside.st_dev != around.st_dev;
}

class Scratch : public RolePlugin<role::VolumeRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    const auto most = Quantity::parse(config().string("most"));
    if (!most || most->value() <= 0) co_return fail(Status::badRequest("most: is no amount of bytes"));
    most_ = most->value();
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::VolumeDescription>& call) override {
    call.results().initDrivers(1).set(0, kDriver);
    call.results().initEphemeral(1).set(0, kDriver);
    co_return {};
  }

  Task<Result<void>> mount(role::MountVolumeParams::Reader params, Call<role::MountVolumeResults>& call) override {
    call.results();
    int64_t size = most_;
    for (auto attribute : params.getAttributes()) {
      if (view(attribute.getKey()) != "size") continue;
      const auto asked = Quantity::parse(attribute.getValue());
      if (!asked || asked->value() <= 0 || asked->value() > most_) {
        co_return fail(Status::badRequest(
            concat("size ", inQuotes(view(attribute.getValue())), ": must be an amount of bytes up to ", most_)));
      }
      size = asked->value();
    }
    const std::string target = str(params.getTarget());
    const unsigned long flags = MS_NODEV | MS_NOSUID | (params.getReadOnly() ? MS_RDONLY : 0);
    auto work = [target, size, flags]() -> Result<void> {
      if (isMounted(target)) return {};  // asked once more
      const std::string options = concat("mode=1777,size=", size);
      if (::mount("scratch", target.c_str(), "tmpfs", flags, options.c_str()) == 0) return {};
      return fail(failed("mount on", target));
    };
    co_return co_await context().blocking(work);
  }

  Task<Result<void>> unmount(role::UnmountVolumeParams::Reader params, Call<void>&) override {
    const std::string target = str(params.getTarget());
    auto work = [target]() -> Result<void> {
      if (umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
      return fail(failed("unmount", target));
    };
    co_return co_await context().blocking(work);
  }

 private:
  int64_t most_ = 0;
};

}  // namespace

CLEAT_PLUGIN(Scratch, .name = "volume-scratch", .version = "1.0.0", .maturity = "alpha", .roles = "volume",
             .configSchema = "most string 256Mi # a volume is no larger\n");
CLEAT_BRINGS(cleat::role::volume);
