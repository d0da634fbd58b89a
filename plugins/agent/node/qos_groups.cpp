#include "node/qos_groups.h"

#include "pod/resources.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

// Somebody else may have changed them.
constexpr Duration kLookAgain = 1min;

Result<void> shape(const cgroup::Cgroups& cgroups, const QosSettings& settings, int64_t burstableMilliCpu) {
  auto one = [&](const std::string& group, const cgroup::Resources& resources) -> Result<void> {
    CLEAT_TRY(cgroups.make(group));
    auto limited = cgroups.limit(group, resources);
    if (!limited) return fail(Status::internal(concat("cannot limit the cgroup ", group, ": ", limited.error())));
    return {};
  };
  const NodeAmounts& limit = settings.limit;
  CLEAT_TRY(one(settings.root, {.cpuShares = static_cast<uint64_t>(sharesOf(limit.milliCpu)),
                                .memoryLimitBytes = static_cast<uint64_t>(limit.memoryBytes),
                                .pidsLimit = limit.pids}));
  CLEAT_TRY(one(settings.root + "/burstable", {.cpuShares = static_cast<uint64_t>(sharesOf(burstableMilliCpu))}));
  return one(settings.root + "/besteffort", {.cpuShares = static_cast<uint64_t>(sharesOf(0))});
}

}  // namespace

void QosGroups::start() {
  if (!settings_.nested) return;
  ledger_.onChange([this] { spawn(bringAboutAndTell()); });
  spawn(keep());
}

Task<void> QosGroups::keep() {
  while (true) {
    co_await bringAboutAndTell();
    co_await context_.sleep(kLookAgain);
  }
}

Task<void> QosGroups::bringAboutAndTell() {
  Result<void> done = co_await bringAbout();
  if (!done) context_.log.warn("the limits of this node's pods do not hold: ", done.error());
}

Task<Result<void>> QosGroups::bringAbout() {
  if (!settings_.nested) co_return Result<void>();
  while (true) {
    const int64_t milliCpu = ledger_.burstableMilliCpu();
    auto set = [known = cgroups_, settings = settings_, milliCpu]() -> Result<cgroup::Cgroups> {
      std::optional<cgroup::Cgroups> cgroups = known;
      if (!cgroups) {
        CLEAT_TRY(cgroups, cgroup::Cgroups::detect(settings.mountinfo));
      }
      CLEAT_TRY(shape(*cgroups, settings, milliCpu));
      return *cgroups;
    };
    Result<cgroup::Cgroups> done = co_await context_.blocking(set);
    if (!done) co_return fail(done.error());
    cgroups_ = std::move(*done);
    // What was written last may be of an earlier moment than what another has written meanwhile.
    if (milliCpu == ledger_.burstableMilliCpu()) co_return Result<void>();
  }
}

}  // namespace cleat::agent
