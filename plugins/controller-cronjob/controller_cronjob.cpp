// Makes a Job at every time of a CronJob's schedule.
#include <capnp/any.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/resync.h>
#include <cleat/sdk/slow_start.h>

#include <unordered_map>

#include "batch-common/job_end.h"
#include "cron_jobs.h"
#include "due.h"

using namespace cleat;
using namespace cleat::cronjob;

namespace {

class CronJobController : public ControllerPlugin {
 public:
  explicit CronJobController(Context& context) : ControllerPlugin(context, "cronjob", {.resync = kUsualResync}) {}

  Result<void> watch() override {
    crons_.onChange([this](const Object<CronJob>& before, const Object<CronJob>& now) {
      if (!now) written_.erase(str(before.uid()));
    });
    controller().watch(crons_);
    owned_.watch(controller());
    return {};
  }

 private:
  // What a pass works with: the status as it is to become.
  struct Pass {
    Object<CronJob> cron;
    Draft<CronJob> draft;
    Duration lookAgain{};
    batch_v1::CronJobStatus::Builder status() { return draft->getStatus(); }
  };

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<CronJob> cron = crons_.get(key);
    if (!cron) co_return Reconciled();
    // Decided on a status older than its own last one, a time would be seen to twice.
    const bool current = co_await crons_.waitFor(written_[str(cron.uid())]);
    if (!current) co_return fail(Status::timeout("the status that was written is not seen"));
    Object<CronJob> now = crons_.get(key);
    if (!now || now.uid() != cron.uid()) co_return Reconciled();
    Pass pass{now, Draft<CronJob>(now)};
    Result<void> done = co_await proceed(pass);
    Result<void> told = co_await write(pass);
    if (!done) co_return fail(done.error());
    if (!told) co_return fail(told.error());
    co_return Reconciled{pass.lookAgain};
  }

  Task<Result<void>> proceed(Pass& pass) {
    CLEAT_CO_TRY(co_await lookAtJobs(pass));
    CLEAT_CO_TRY(co_await lookForMissing(pass));
    if (deletionPending(pass.cron.meta())) co_return Result<void>();
    Result<void> done = co_await keepTime(pass);
    for (const Object<Job>& job : beyondHistory(pass.cron, owned_.of(pass.cron))) {
      Result<void> gone = co_await remove(pass, job);
      if (!gone && done) done = gone;
    }
    co_return done;
  }

  // -- What has become of its jobs --

  Task<Result<void>> lookAtJobs(Pass& pass) {
    for (const Object<Job>& job : owned_.of(pass.cron)) {
      const auto end = batch::endOf(*job);
      const bool listed = isListed(pass.status().asReader(), job.uid());
      if (!end && !listed) CLEAT_CO_TRY(co_await tellOfUnexpected(pass, job));
      if (end && listed) {
        dropFromList(pass.status(), job.uid());
        events_.normal(pass.cron, "SawCompletedJob",
                       concat("Saw completed job: ", job.name(), ", condition: ", end->getType()));
      }
      if (end && view(end->getType()) == "Complete") noteSuccess(pass, job);
    }
    co_return Result<void>();
  }

  static void noteSuccess(Pass& pass, const Object<Job>& job) {
    auto time = parseTime(job->getStatus().getCompletionTime());
    auto before = parseTime(pass.status().asReader().getLastSuccessfulTime());
    if (time && (!before || *time > *before)) pass.status().setLastSuccessfulTime(formatTime(*time));
  }

  // One that somebody made in its name, or that it made itself and could not write down.
  Task<Result<void>> tellOfUnexpected(Pass& pass, Object<Job> job) {
    if (deletionPending(job.meta())) co_return Result<void>();
    CLEAT_CO_TRY(Object<Job> live, co_await current(job.ns(), job.name()));
    if (!live || live.uid() != job.uid() || deletionPending(live.meta())) co_return Result<void>();
    events_.warning(pass.cron, "UnexpectedJob",
                    concat("Saw a job that the controller did not create or forgot: ", job.name()));
    co_return Result<void>();
  }

  Task<Result<void>> lookForMissing(Pass& pass) {
    std::vector<core_v1::ObjectReference::Reader> listed;
    for (auto job : pass.cron->getStatus().getActive()) listed.push_back(job);
    for (auto job : listed) {
      const std::string key = keyOf(view(job.getNamespace()), view(job.getName()));
      Object<Job> known = jobs_.get(key);
      if (known && known.uid() == view(job.getUid())) continue;
      // It may be too new to be shown.
      CLEAT_CO_TRY(Object<Job> live, co_await current(view(job.getNamespace()), view(job.getName())));
      if (live && live.uid() == view(job.getUid())) continue;
      events_.normal(pass.cron, "MissingJob", concat("Active job went missing: ", job.getName()));
      dropFromList(pass.status(), view(job.getUid()));
    }
    co_return Result<void>();
  }

  // As the API has it; nothing where there is none.
  Task<Result<Object<Job>>> current(std::string_view ns, std::string_view name) {
    Result<Object<Job>> live = co_await client_.get<Job>(ns, name);
    if (!live && live.error().is(404)) co_return Object<Job>();
    co_return live;
  }

  Task<Result<void>> remove(Pass& pass, Object<Job> job) {
    DeleteOptions options;
    options.propagationPolicy = "Background";
    options.preconditionUid = job.uid();
    Result<Object<Job>> gone = co_await client_.remove<Job>(job.ns(), job.name(), options);
    if (!gone && !gone.error().is(404)) {
      events_.warning(pass.cron, "FailedDelete", concat("Deleted job: ", gone.error().message));
      co_return fail(gone.error());
    }
    if (isListed(pass.status().asReader(), job.uid())) dropFromList(pass.status(), job.uid());
    if (gone) events_.normal(pass.cron, "SuccessfulDelete", concat("Deleted job ", job.name()));
    co_return Result<void>();
  }

  // -- What its schedule asks for --

  Task<Result<void>> keepTime(Pass& pass) {
    // A zone that this machine does not know is told of even while nothing is made.
    auto timetable = timetableOf(pass.cron);
    const bool suspended = pass.cron->getSpec().getSuspend().getValue();
    if (!timetable && (!suspended || timetable.error().reason == std::string_view("UnknownTimeZone"))) {
      events_.warning(pass.cron, timetable.error().reason, timetable.error().message);
    }
    // Nothing but a change of the object helps here.
    if (!timetable || suspended) co_return Result<void>();
    auto due = dueNow(pass.cron, *timetable, context().wallNow());
    if (!due) {
      events_.warning(pass.cron, due.error().reason, due.error().message);
      co_return Result<void>();
    }
    pass.lookAgain = due->lookAgain;
    tellOf(pass, *due);
    if (!due->time) co_return Result<void>();
    if (isListedByName(pass.status().asReader(), jobName(pass.cron, *due->time))) co_return Result<void>();
    co_return co_await begin(pass, *due->time, timetable->zone);
  }

  void tellOf(const Pass& pass, const Due& due) {
    if (due.many) {
      events_.warning(pass.cron, "TooManyMissedTimes",
                      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
    }
    if (due.missed) {
      events_.warning(pass.cron, "MissSchedule",
                      concat("Missed scheduled time to start a job: ", forPeople(*due.missed)));
    }
  }

  Task<Result<void>> begin(Pass& pass, Seconds time, batch::TimeZone zone) {
    const std::string policy = str(pass.cron->getSpec().getConcurrencyPolicy());
    if (policy == "Forbid" && pass.status().getActive().size() > 0) {
      events_.normal(pass.cron, "JobAlreadyActive",
                     "Not starting job because prior execution is running and concurrency policy is Forbid");
      co_return Result<void>();
    }
    if (policy == "Replace") CLEAT_CO_TRY(co_await removeActive(pass));
    Result<Object<Job>> job = co_await client_.create<Job>(jobFor(pass.cron, time, zone));
    if (job) {
      events_.normal(pass.cron, "SuccessfulCreate", concat("Created job ", job->name()));
    } else if (job.error().is(409)) {
      // Its own, if it could not be written down before.
      job = co_await current(pass.cron.ns(), jobName(pass.cron, time));
      if (!job) co_return fail(job.error());
      if (!*job || !isControlledBy(job->meta(), pass.cron.uid())) co_return Result<void>();
      if (isListed(pass.status().asReader(), job->uid())) co_return Result<void>();
    } else {
      if (namespaceEnds(job.error())) co_return Result<void>();
      events_.warning(pass.cron, "FailedCreate", concat("Error creating job: ", job.error().message));
      co_return fail(job.error());
    }
    if (!batch::endOf(**job)) addToList(pass.status(), *job);
    pass.status().setLastScheduleTime(formatTime(time));
    co_return Result<void>();
  }

  Task<Result<void>> removeActive(Pass& pass) {
    std::vector<std::string> names;
    for (auto job : pass.status().asReader().getActive()) names.push_back(str(job.getName()));
    for (const std::string& name : names) {
      Result<Object<Job>> job = co_await client_.get<Job>(pass.cron.ns(), name);
      if (!job) {
        events_.warning(pass.cron, "FailedGet", concat("Get job: ", job.error().message));
        co_return fail(job.error());
      }
      CLEAT_CO_TRY(co_await remove(pass, *job));
    }
    co_return Result<void>();
  }

  Task<Result<void>> write(Pass& pass) {
    if (capnp::toAny(pass.draft.reader().getStatus()) == capnp::toAny(pass.cron->getStatus())) co_return Result<void>();
    Result<Object<CronJob>> updated = co_await client_.updateStatus<CronJob>(std::move(pass.draft));
    // What somebody else has written meanwhile brings the next look.
    if (!updated && (updated.error().is(404) || updated.error().is(409))) co_return Result<void>();
    if (!updated) co_return fail(updated.error());
    written_[str(pass.cron.uid())] = updated->revision();
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), "cronjob-controller"};
  Informer<CronJob> crons_{context()};
  Informer<Job> jobs_{context()};
  Ownership<CronJob, Job> owned_{context(), crons_, jobs_};
  std::unordered_map<std::string, uint64_t> written_;  // by uid, the revision of the last status
};

}  // namespace

CLEAT_PLUGIN(CronJobController, .name = "controller-cronjob", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "batch cronjobs get,list,watch\nbatch cronjobs/status update\n"
                 "batch jobs get,list,watch,create,delete\n- events create,patch,update\n");
