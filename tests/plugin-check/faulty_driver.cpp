// A driver of volumes and devices that is wrong in the way that its setting `fault` names, for the test of `cleat
// plugin check`. FIXTURE_ROLES says which roles its manifest names; FIXTURE_BRINGS, whether their interfaces come
// along.
#include <cleat/schema/role/device_driver.interface.h>
#include <cleat/schema/role/device_driver.role.h>
#include <cleat/schema/role/volume.interface.h>
#include <cleat/schema/role/volume.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <string>

namespace {

using namespace cleat;

constexpr const char* kDriver = "faulty.example.com";

class FaultyDriver : public RolePlugin<role::VolumeRole, role::DeviceDriverRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    fault_ = config().string("fault");
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::VolumeDescription>& call) override {
    call.results().initDrivers(1).set(0, kDriver);
    call.results().initEphemeral(1).set(0, is("another") ? "another.example.com" : kDriver);
    co_return Result<void>();
  }

  Task<Result<void>> describe(Call<role::DeviceDrivers>& call) override {
    auto drivers = call.results().initDrivers(is("twice") ? 2 : 1);
    for (uint32_t i = 0; i < drivers.size(); ++i) drivers.set(i, kDriver);
    co_return Result<void>();
  }

  Task<Result<void>> mount(role::MountVolumeParams::Reader params, Call<role::MountVolumeResults>& call) override {
    call.results();
    if (params.getTarget().size() == 0 && !is("obliging")) co_return fail(Status::badRequest("there is no target"));
    co_return Result<void>();
  }

  Task<Result<void>> unmount(role::UnmountVolumeParams::Reader, Call<void>&) override {
    if (is("particular")) co_return fail(Status::badRequest("there is no such volume"));
    co_return Result<void>();
  }

  Task<Result<void>> expand(role::ExpandVolumeParams::Reader, Call<role::ExpandVolumeResults>& call) override {
    call.results();
    co_return Result<void>();
  }

  Task<Result<void>> prepare(role::PrepareClaimParams::Reader, Call<role::PrepareClaimResults>& call) override {
    call.results();
    if (!is("obliging")) co_return fail(Status::badRequest("there is no such device"));
    co_return Result<void>();
  }

  Task<Result<void>> unprepare(role::UnprepareClaimParams::Reader, Call<void>&) override {
    if (is("particular") && unprepared_++ > 0) co_return fail(Status::internal("that has been done already"));
    co_return Result<void>();
  }

 private:
  bool is(std::string_view fault) const { return fault_ == fault; }

  std::string fault_;
  int unprepared_ = 0;
};

}  // namespace

CLEAT_PLUGIN(FaultyDriver, .name = "faulty-driver", .maturity = "alpha", .roles = FIXTURE_ROLES,
             .configSchema = "fault string none # what is wrong with it\n");
#ifdef FIXTURE_BRINGS
CLEAT_BRINGS(cleat::role::volume);
CLEAT_BRINGS(cleat::role::deviceDriver);
#endif
