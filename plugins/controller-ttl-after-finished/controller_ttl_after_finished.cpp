// Deletes each Job when it has ended for as long as its ttlSecondsAfterFinished says.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/meta.h>

#include "batch-common/job_end.h"

using namespace cleat;
using batch_v1::Job;

namespace {

// How long it may stay yet; zero: no longer. None: it is not to be deleted.
std::optional<Duration> timeLeft(const Object<Job>& job, WallTime now) {
  auto spec = job->getSpec();
  if (deletionPending(job.meta()) || !spec.hasTtlSecondsAfterFinished()) return std::nullopt;
  auto condition = batch::endOf(*job);
  auto end = condition ? parseTime(condition->getLastTransitionTime()) : std::nullopt;
  if (!end) return std::nullopt;
  const WallTime until = *end + std::chrono::seconds(spec.getTtlSecondsAfterFinished().getValue());
  return std::max<Duration>(until - now, Duration::zero());
}

class TtlAfterFinishedController : public ControllerPlugin {
 public:
  explicit TtlAfterFinishedController(Context& context) : ControllerPlugin(context, "ttl-after-finished") {}

  Result<void> watch() override {
    controller().watch(jobs_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Job> known = jobs_.get(key);
    if (!known) co_return Reconciled();
    std::optional<Duration> left = timeLeft(known, context().wallNow());
    if (!left || *left > Duration::zero()) co_return Reconciled{left.value_or(Duration::zero())};
    // It may have been given more time, or be another one by now.
    Result<Object<Job>> live = co_await client_.get<Job>(key);
    if (!live && live.error().is(404)) co_return Reconciled();
    if (!live) co_return fail(live.error());
    left = timeLeft(*live, context().wallNow());
    if (!left || *left > Duration::zero()) co_return Reconciled{left.value_or(Duration::zero())};
    DeleteOptions options;
    options.propagationPolicy = "Foreground";
    options.preconditionUid = live->uid();
    options.preconditionRevision = live->revision();
    Result<Object<Job>> gone = co_await client_.remove<Job>(live->ns(), live->name(), options);
    if (!gone && !gone.error().is(404)) co_return fail(gone.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<Job> jobs_{context()};
};

}  // namespace

CLEAT_PLUGIN(TtlAfterFinishedController, .name = "controller-ttl-after-finished", .version = "0.1.0",
             .maturity = "beta", .roles = "controller", .grants = "batch jobs get,list,watch,delete\n");
