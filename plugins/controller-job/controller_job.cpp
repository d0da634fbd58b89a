// Runs pods for each Job until enough of them have succeeded, or too many have failed.
#include <capnp/any.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/pod_control.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/resync.h>

#include <unordered_map>
#include <unordered_set>

#include "assessment.h"
#include "conditions.h"
#include "orphans.h"
#include "plan.h"
#include "tally.h"
#include "tracking.h"

using namespace cleat;
using namespace cleat::job;

namespace {

// Between looks at a job that could not be carried out, such as one whose pods a quota refuses.
constexpr BackoffOptions kPauses{.first = std::chrono::seconds(1), .most = std::chrono::minutes(1)};

// Of other controllers' pods those that a job has had and has to let go.
bool mayBeJobs(const AnyRef& pod) { return mayBelongTo<Job>(pod) || hasFinalizer(pod.meta(), kFinalizer); }

class JobController : public ControllerPlugin {
 public:
  explicit JobController(Context& context)
      : ControllerPlugin(context, "job", {.resync = kUsualResync, .backoff = kPauses}) {}

  Result<void> watch() override {
    jobs_.onChange([this](const Object<Job>& before, const Object<Job>& now) {
      if (!now) known_.erase(str(before.uid()));
    });
    controller().watch(jobs_);
    owned_.watch(controller());
    orphans_.watch();
    return {};
  }

 private:
  // What is known of a job that its object does not say.
  struct Known {
    uint64_t revision = 0;                    // of the last status that was written
    std::optional<FailureRecord> failures{};  // none: of an earlier run of this controller
  };
  // What a pass works with.
  struct Pass {
    Object<Job> job;
    Duration lookAgain{};
    std::vector<Note> notes{};                    // told once the status is written
    std::unordered_set<std::string> dismissed{};  // the uids of pods that it ends because the job is decided
  };

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Job> job = jobs_.get(key);
    if (!job) co_return Reconciled();
    if (isManagedElsewhere(job) || isFinished(job)) {
      known_.erase(str(job.uid()));
      co_return Reconciled();
    }
    // Decided on a status older than its own last one, a pod could be counted or made twice.
    const bool current = co_await jobs_.waitFor(known_[str(job.uid())].revision);
    if (!current) co_return fail(Status::timeout("the status that was written is not seen"));
    if (!deletionPending(job.meta())) {
      CLEAT_CO_TRY(LabelSelector selector, LabelSelector::compile(job->getSpec().getSelector()));
      Claim<Pod> claim{.selector = std::move(selector), .finalizer = kFinalizer};
      CLEAT_CO_TRY(bool stays, co_await owned_.settle(job, std::move(claim)));
      if (!stays) co_return Reconciled();
    }
    Object<Job> now = jobs_.get(key);
    if (!now || now.uid() != job.uid() || isFinished(now)) co_return Reconciled();
    Pass pass{now};
    co_return co_await proceed(std::move(pass));
  }

  Task<Result<Reconciled>> proceed(Pass pass) {
    const Situation before = situation(pass);
    PodPlan plan = planPods(before, assess(before));
    lookAgainAfter(pass, plan.lookAgain);
    if (!plan.forgets) {
      for (const Object<Pod>& pod : plan.remove) pass.dismissed.emplace(pod.uid());
    }
    Result<void> done = co_await carryOut(pass, std::move(plan));
    Result<void> told = co_await report(pass);
    if (!done) co_return fail(done.error());
    if (!told) co_return fail(told.error());
    // Should an expected pod never be shown, nothing else would bring the next look.
    if (!ahead_.met(pass.job.uid())) lookAgainAfter(pass, Expectations::kLookAgain);
    co_return Reconciled{pass.lookAgain};
  }

  Situation situation(const Pass& pass) {
    const bool decided = isDecided(pass.job);
    Situation now{.job = started(pass.job), .pods = {}, .failures = {}, .now = context().wallNow()};
    for (const Object<Pod>& pod : owned_.of(pass.job)) {
      const Shown shown{.tracked = tracking_.has(pod),
                        .deleting = ahead_.isDeleting(pod),
                        .dismissed = decided || pass.dismissed.contains(str(pod.uid()))};
      now.pods.push_back(describe(pass.job, pod, shown));
    }
    now.unseen = ahead_.unseen(pass.job.uid());
    now.settled = ahead_.met(pass.job.uid());
    now.failures = failuresOf(pass.job, now.pods);
    return now;
  }

  // A job starts when it is first looked at and not suspended.
  Object<Job> started(const Object<Job>& job) {
    if (job->getStatus().hasStartTime() || isSuspended(job)) return job;
    Draft<Job> draft(job);
    draft->getStatus().setStartTime(formatTime(context().wallNow()));
    return std::move(draft).freeze();
  }

  // After a restart the pods that are left tell how often the job has failed lately.
  FailureRecord failuresOf(const Object<Job>& job, const std::vector<JobPod>& pods) {
    Known& known = known_[str(job.uid())];
    if (known.failures) return *known.failures;
    std::vector<const JobPod*> ended;
    for (const JobPod& pod : pods) {
      if (!pod.tracked && pod.ended) ended.push_back(&pod);
    }
    return known.failures.emplace(continued({}, ended));
  }

  Task<Result<void>> carryOut(Pass& pass, PodPlan plan) {
    if (plan.forgets) CLEAT_CO_TRY(co_await tracking_.releaseAll(plan.remove));
    Result<void> gone = co_await control_.removeMany(pass.job, std::move(plan.remove));
    auto make = [&](size_t index) { return podFor(pass.job, plan.create[index]); };
    Result<void> made = co_await control_.createMany(pass.job, plan.create.size(), make);
    co_return gone ? made : gone;
  }

  // -- The status --

  Task<Result<void>> report(Pass& pass) {
    const Situation now = situation(pass);
    const Assessment assessed = assess(now);
    const bool final = assessed.verdict && assessed.active == 0 && now.settled;
    Draft<Job> draft(now.job);
    auto status = draft->getStatus();
    settle(status, isIndexed(pass.job), [&](std::string_view uid) { return isTracked(now, uid); });
    Tally tally = count(now, assessed, final, status);
    status.setActive(assessed.active);
    status.initReady().setValue(assessed.ready);
    status.initTerminating().setValue(assessed.terminating);
    if (assessed.verdict) {
      announce(*assessed.verdict, now.now, status);
    } else if (now.settled && !deletionPending(pass.job.meta())) {
      if (auto note = noteSuspension(pass.job, now.now, status)) pass.notes.push_back(std::move(*note));
    }
    CLEAT_CO_TRY(bool written, co_await write(pass, std::move(draft)));
    if (!written) co_return Result<void>();
    known_[str(pass.job.uid())].failures = assessed.failures;

    Result<void> released = co_await tracking_.releaseAll(std::move(tally.release));
    Draft<Job> second(pass.job);
    settle(second->getStatus(), isIndexed(pass.job), [&](std::string_view uid) { return isTracked(now, uid); });
    const bool over = final && released && tally.complete && assessed.terminating == 0;
    if (over) finish(pass, *assessed.verdict, second->getStatus());
    CLEAT_CO_TRY(co_await write(pass, std::move(second)));
    co_return released;
  }

  bool isTracked(const Situation& now, std::string_view uid) {
    for (const JobPod& pod : now.pods) {
      if (pod.pod.uid() == uid) return tracking_.has(pod.pod);
    }
    return false;
  }

  void finish(Pass& pass, const Verdict& verdict, batch_v1::JobStatus::Builder status) {
    auto uncounted = status.asReader().getUncountedTerminatedPods();
    if (uncounted.getSucceeded().size() + uncounted.getFailed().size() > 0) return;
    conclude(verdict, context().wallNow(), status);
    if (!verdict.success) {
      pass.notes.push_back({"Warning", verdict.reason, verdict.message});
      return;
    }
    auto completions = pass.job->getSpec().getCompletions();
    if (isSet(completions) && status.getSucceeded() > completions.getValue()) {
      pass.notes.push_back({"Warning", "TooManySucceededPods", "Too many succeeded pods recorded"});
    }
    pass.notes.push_back({"Normal", "Completed", "Job completed"});
  }

  // Against the version that was read; afterwards the pass has the new one. False: somebody else has written, or the
  // job has gone, and the news of it brings the next look.
  Task<Result<bool>> write(Pass& pass, Draft<Job> draft) {
    if (capnp::toAny(draft.reader().getStatus()) != capnp::toAny(pass.job->getStatus())) {
      Result<Object<Job>> updated = co_await client_.updateStatus<Job>(std::move(draft));
      if (!updated && (updated.error().is(404) || updated.error().is(409))) co_return false;
      if (!updated) co_return fail(updated.error());
      pass.job = *updated;
      known_[str(pass.job.uid())].revision = updated->revision();
    }
    for (const Note& note : pass.notes) {
      events_.record(referenceTo(pass.job), note.type, note.reason, note.message);
    }
    pass.notes.clear();
    co_return true;
  }

  static void lookAgainAfter(Pass& pass, Duration wait) {
    const bool sooner = pass.lookAgain == Duration::zero() || wait < pass.lookAgain;
    if (wait > Duration::zero() && sooner) pass.lookAgain = wait;
  }

  Client client_{context()};
  EventRecorder events_{context(), "job-controller"};
  Informer<Job> jobs_{context()};
  Informer<Pod> pods_{context(), {.only = mayBeJobs}};
  Ownership<Job, Pod> owned_{context(), jobs_, pods_};
  Expectations ahead_{jobs_.any(), pods_.any()};
  PodControl control_{context(), KindOf<Job>::resource, events_, ahead_};
  Tracking tracking_{context(), pods_};
  Orphans orphans_{context(), jobs_, pods_, owned_, tracking_};
  std::unordered_map<std::string, Known> known_;  // by uid
};

}  // namespace

CLEAT_PLUGIN(JobController, .name = "controller-job", .version = "0.1.0", .maturity = "beta", .roles = "controller",
             .grants =
                 "batch jobs get,list,watch\nbatch jobs/status update\n"
                 "- pods get,list,watch,create,update,delete\n- events create,patch,update\n");
