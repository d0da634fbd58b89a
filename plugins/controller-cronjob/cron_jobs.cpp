#include "cron_jobs.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

#include "batch-common/job_end.h"

namespace cleat::cronjob {

namespace {

constexpr const char* kScheduledFor = "batch.kubernetes.io/cronjob-scheduled-timestamp";

// All but the youngest `kept` of them.
void addOldest(std::vector<Object<Job>> jobs, int64_t kept, std::vector<Object<Job>>& chosen) {
  auto age = [](const Object<Job>& job) {
    auto start = job->getStatus().getStartTime();
    return std::make_tuple(start.size() == 0, str(start), str(job.name()));
  };
  std::ranges::sort(jobs, {}, age);
  const auto count = std::max<int64_t>(static_cast<int64_t>(jobs.size()) - kept, 0);
  chosen.insert(chosen.end(), jobs.begin(), jobs.begin() + count);
}

}  // namespace

std::string jobName(const Object<CronJob>& cron, Seconds time) {
  return concat(cron.name(), "-", time.time_since_epoch().count() / 60);
}

Draft<Job> jobFor(const Object<CronJob>& cron, Seconds time, const batch::TimeZone& zone) {
  auto pattern = cron->getSpec().getJobTemplate();
  Draft<Job> job;
  job.meta().setName(jobName(cron, time));
  job.meta().setNamespace(str(cron.ns()));
  job.meta().setLabels(pattern.getMetadata().getLabels());
  job.meta().setAnnotations(pattern.getMetadata().getAnnotations());
  setAnnotation(job.meta(), kScheduledFor, inZone(time, zone));
  setController(job.meta(), cron);
  job->setSpec(pattern.getSpec());
  return job;
}

std::vector<Object<Job>> beyondHistory(const Object<CronJob>& cron, const std::vector<Object<Job>>& jobs) {
  auto spec = cron->getSpec();
  std::vector<Object<Job>> complete, failed, chosen;
  for (const Object<Job>& job : jobs) {
    const auto end = batch::endOf(*job);
    if (!end || deletionPending(job.meta())) continue;
    (view(end->getType()) == "Complete" ? complete : failed).push_back(job);
  }
  if (spec.hasSuccessfulJobsHistoryLimit()) {
    addOldest(std::move(complete), spec.getSuccessfulJobsHistoryLimit().getValue(), chosen);
  }
  if (spec.hasFailedJobsHistoryLimit()) {
    addOldest(std::move(failed), spec.getFailedJobsHistoryLimit().getValue(), chosen);
  }
  return chosen;
}

bool isListed(batch_v1::CronJobStatus::Reader status, std::string_view uid) {
  for (auto job : status.getActive()) {
    if (view(job.getUid()) == uid) return true;
  }
  return false;
}

bool isListedByName(batch_v1::CronJobStatus::Reader status, std::string_view name) {
  for (auto job : status.getActive()) {
    if (view(job.getName()) == name) return true;
  }
  return false;
}

void addToList(batch_v1::CronJobStatus::Builder status, const Object<Job>& job) {
  const uint32_t count = status.asReader().getActive().size();
  status.adoptActive(extended<core_v1::ObjectReference>(status.disownActive(), orphanageOf(status), 1));
  auto reference = status.getActive()[count];
  reference.setKind(str(KindOf<Job>::resource.kind));
  reference.setApiVersion(KindOf<Job>::resource.apiVersion());
  reference.setNamespace(str(job.ns()));
  reference.setName(str(job.name()));
  reference.setUid(str(job.uid()));
  reference.setResourceVersion(std::to_string(job.revision()));
}

void dropFromList(batch_v1::CronJobStatus::Builder status, std::string_view uid) {
  std::vector<core_v1::ObjectReference::Reader> left;
  for (auto job : status.asReader().getActive()) {
    if (view(job.getUid()) != uid) left.push_back(job);
  }
  status.adoptActive(listOf<core_v1::ObjectReference>(orphanageOf(status), left));
}

}  // namespace cleat::cronjob
