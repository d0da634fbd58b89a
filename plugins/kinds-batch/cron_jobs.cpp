// CronJobs: a job at every time of a schedule.
#include <cleat/sdk/meta.h>

#include "batch-common/cron_schedule.h"
#include "batch-common/time_zones.h"
#include "kinds-batch/batch_kinds.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::batch {

namespace {

constexpr int32_t kKeptSuccessful = 3, kKeptFailed = 1;
// What the controller adds to the name of a job is eleven characters long.
constexpr size_t kMaxName = kLabelMaxLength - 11;

void setDefaults(batch_v1::CronJob::Builder job, const Change<batch_v1::CronJob>& change) {
  if (change.isDelete()) return;
  auto spec = job.getSpec();
  if (spec.getConcurrencyPolicy().size() == 0) spec.setConcurrencyPolicy("Allow");
  if (!spec.hasSuspend()) spec.initSuspend().setValue(false);
  if (!spec.hasSuccessfulJobsHistoryLimit()) spec.initSuccessfulJobsHistoryLimit().setValue(kKeptSuccessful);
  if (!spec.hasFailedJobsHistoryLimit()) spec.initFailedJobsHistoryLimit().setValue(kKeptFailed);
  setJobSpecDefaults(spec.getJobTemplate().getSpec(),
                     change.old ? change.old->getSpec().getJobTemplate().getSpec() : batch_v1::JobSpec::Reader());
}

bool namesZone(batch_v1::CronJobSpec::Reader spec) {
  return view(spec.getSchedule()).find("TZ") != std::string_view::npos;
}

void checkSchedule(const Change<batch_v1::CronJob>& change, const Path& path, Findings& findings) {
  auto spec = change.object.getSpec();
  auto text = spec.getSchedule();
  if (text.size() == 0) return findings.required(path);
  auto schedule = cleat::batch::CronSchedule::parse(view(text));
  if (!schedule) findings.invalid(path, text, schedule.error());
  if (!namesZone(spec)) return;
  // One that had its zone in the schedule before may keep it there.
  if (!change.old || !namesZone(change.old->getSpec())) {
    findings.invalid(path, text, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  } else if (spec.hasTimeZone()) {
    findings.invalid(path, text, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
}

void checkTimeZone(capnp::Text::Reader zone, const Path& path, Findings& findings) {
  const std::string_view name = view(zone);
  if (name.empty()) return findings.invalid(path, zone, "timeZone must be nil or non-empty string");
  const std::string unknown = concat("unknown time zone ", name);
  if (!cleat::batch::isTimeZoneName(name)) return findings.invalid(path, zone, unknown);
  if (lowerCase(name) == "local") {
    findings.invalid(path, zone,
                     "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  }
  // "Local" itself is a name that Go finds a zone by.
  if (name != "Local" && !cleat::batch::isTimeZone(name)) findings.invalid(path, zone, unknown);
}

bool sameZone(batch_v1::CronJobSpec::Reader a, batch_v1::CronJobSpec::Reader b) {
  return a.hasTimeZone() == b.hasTimeZone() && view(a.getTimeZone()) == view(b.getTimeZone());
}

// A job of a template has its selector made for it.
void checkTemplate(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings) {
  checkJobSpec(spec, path, findings);
  if (spec.hasSelector()) {
    findings.invalid(path / "selector", shownSelector(spec.getSelector()), "`selector` will be auto-generated");
  }
  if (valueOr(spec.getManualSelector(), false)) {
    findings.notSupported(path / "manualSelector", true, {"nil", "false"});
  }
}

void warnOf(const Change<batch_v1::CronJob>& change, const Path& templatePath, Findings& findings) {
  auto spec = change.object.getSpec();
  if (change.isCreate()) warnOfPodNames(change.object.getMetadata(), findings);
  if (change.isCreate() || !sameStruct(spec, change.old->getSpec())) {
    warnOfJobSpec(spec.getJobTemplate().getSpec(), templatePath, findings);
  }
  if (!change.isCreate() && namesZone(spec)) {
    findings.warn(
        "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details");
  }
}

void validate(const Change<batch_v1::CronJob>& change, Findings& findings) {
  if (change.isStatus()) return;
  auto job = change.object;
  auto spec = job.getSpec();
  const Path path("spec"), templatePath = path / "jobTemplate" / "spec";
  checkSchedule(change, path / "schedule", findings);
  checkNotNegative(spec.getStartingDeadlineSeconds(), path / "startingDeadlineSeconds", findings);
  if (spec.hasTimeZone() && (!change.old || !sameZone(spec, change.old->getSpec()))) {
    checkTimeZone(spec.getTimeZone(), path / "timeZone", findings);
  }
  checkOneOf(view(spec.getConcurrencyPolicy()), path / "concurrencyPolicy", {"Allow", "Forbid", "Replace"}, findings);
  checkTemplate(spec.getJobTemplate().getSpec(), templatePath, findings);
  checkNotNegative(spec.getSuccessfulJobsHistoryLimit(), path / "successfulJobsHistoryLimit", findings);
  checkNotNegative(spec.getFailedJobsHistoryLimit(), path / "failedJobsHistoryLimit", findings);
  auto name = job.getMetadata().getName();
  if (change.isCreate()) {
    if (name.size() > kMaxName) {
      findings.invalid(Path("metadata") / "name", name, concat("must be no more than ", kMaxName, " characters"));
    }
  }
  if (findings.empty()) warnOf(change, templatePath, findings);
}

void print(batch_v1::CronJob::Reader job, Cells& cells) {
  auto spec = job.getSpec();
  auto status = job.getStatus();
  auto jobSpec = spec.getJobTemplate().getSpec();
  auto containers = jobSpec.getTemplate().getSpec().getContainers();
  cells.text(job.getMetadata().getName());
  cells.text(spec.getSchedule());
  cells.text(spec.hasTimeZone() ? view(spec.getTimeZone()) : "<none>");
  cells.text(!isSet(spec.getSuspend()) ? "<unset>" : spec.getSuspend().getValue() ? "True" : "False");
  cells.integer(status.getActive().size());
  cells.text(status.hasLastScheduleTime() ? cells.since(status.getLastScheduleTime()) : "<none>");
  cells.age(job.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(selectorText(jobSpec.getSelector()));
}

}  // namespace

void addCronJobs(KindTable& table) {
  table.add<batch_v1::CronJob>({.structFile = kSchemaFile,
                                .shortNames = {"cj"},
                                .categories = {"all"},
                                .columns = {nameColumn(),
                                            {"Schedule", "string", "When jobs are made, as cron writes it."},
                                            {"Timezone", "string", "The time zone of the schedule."},
                                            {"Suspend", "boolean", "Whether the making of jobs is paused."},
                                            {"Active", "integer", "How many jobs are running."},
                                            {"Last Schedule", "string", "How long ago the last job was made."},
                                            ageColumn(),
                                            wide({"Containers", "string", "The names of the template's containers."}),
                                            wide({"Images", "string", "The images of the template's containers."}),
                                            wide({"Selector", "string", "The labels of the pods."})},
                                .hasStatus = true},
                               {setDefaults, validate, print});
  table.addStatus<batch_v1::CronJob>();
}

}  // namespace cleat::kinds::batch
