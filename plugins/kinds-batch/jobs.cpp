// Jobs: pods that run until enough of them have succeeded.
#include <cleat/sdk/meta.h>
#include <cleat/sdk/time.h>

#include "kinds-batch/batch_kinds.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::batch {

namespace {

constexpr const char* kOrphanWarning =
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning";

// The pods of an indexed job are named after it and their index, and their names are their hosts'.
void checkNameAllowsIndexes(batch_v1::Job::Reader job, Findings& findings) {
  auto spec = job.getSpec();
  const int32_t completions = valueOr(spec.getCompletions(), 0);
  if (!isIndexed(spec) || completions <= 0) return;
  auto name = job.getMetadata().getName();
  const std::string host = concat(view(name), "-", completions - 1);
  if (wrongDns1123Label(host).empty()) return;
  findings.invalid(Path("metadata") / "name", name,
                   concat("will not able to create pod with invalid DNS label: ", host));
}

void checkSpecAndSelector(batch_v1::JobSpec::Reader spec, Findings& findings) {
  const Path path("spec");
  checkJobSpec(spec, path, findings);
  if (spec.hasSelector()) {
    checkLabelSelector(spec.getSelector(), path / "selector", findings);
  } else {
    findings.required(path / "selector");
  }
  auto selector = selectorOf(spec.getSelector(), spec.hasSelector());
  if (selector) checkSelected(spec.getTemplate(), *selector, path / "template", findings);
}

void validate(const Change<batch_v1::Job>& change, Findings& findings) {
  if (change.isStatus()) return checkJobStatus(change, findings);
  // A new one is looked at as it will be.
  Draft<batch_v1::Job> whole(change.object);
  if (change.isCreate()) generateSelector(*whole);
  batch_v1::Job::Reader job = whole.reader();
  if (change.isCreate()) checkGeneratedSelector(job, findings);
  checkSpecAndSelector(job.getSpec(), findings);
  if (change.old) checkJobUpdate(job, *change.old, findings);
  checkNameAllowsIndexes(job, findings);
  if (!findings.empty()) return;
  if (change.isCreate()) warnOfPodNames(job.getMetadata(), findings);
  if (change.isCreate() || !sameStruct(job.getSpec(), change.old->getSpec())) {
    warnOfJobSpec(job.getSpec(), Path("spec"), findings);
  }
}

std::string_view statusOf(batch_v1::Job::Reader job) {
  if (hasCondition(job, "Complete")) return "Complete";
  if (hasCondition(job, "Failed")) return "Failed";
  if (deletionPending(job.getMetadata())) return "Terminating";
  for (std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (hasCondition(job, type)) return type;
  }
  return "Running";
}

std::string completionsOf(batch_v1::Job::Reader job) {
  auto completions = job.getSpec().getCompletions();
  const int32_t succeeded = job.getStatus().getSucceeded();
  if (isSet(completions)) return concat(succeeded, "/", completions.getValue());
  const int32_t parallelism = valueOr(job.getSpec().getParallelism(), 0);
  return parallelism > 1 ? concat(succeeded, "/1 of ", parallelism) : concat(succeeded, "/1");
}

std::string durationOf(batch_v1::JobStatus::Reader status, const Cells& cells) {
  if (!status.hasStartTime()) return {};
  if (!status.hasCompletionTime()) return cells.since(status.getStartTime());
  auto start = parseTime(status.getStartTime()), end = parseTime(status.getCompletionTime());
  return start && end ? humanDuration(*end - *start) : std::string();
}

void print(batch_v1::Job::Reader job, Cells& cells) {
  auto spec = job.getSpec();
  auto containers = spec.getTemplate().getSpec().getContainers();
  cells.text(job.getMetadata().getName());
  cells.text(statusOf(job));
  cells.text(completionsOf(job));
  cells.text(durationOf(job.getStatus(), cells));
  cells.age(job.getMetadata().getCreationTimestamp());
  cells.text(containerNames(containers));
  cells.text(containerImages(containers));
  cells.text(selectorText(spec.getSelector()));
}

}  // namespace

void addJobs(KindTable& table) {
  table.add<batch_v1::Job>({.structFile = kSchemaFile,
                            .categories = {"all"},
                            .columns = {nameColumn(),
                                        {"Status", "string", "Whether the job runs, or how it has ended."},
                                        {"Completions", "string", "How many of the wanted pods have succeeded."},
                                        {"Duration", "string", "How long the job has run, or took."},
                                        ageColumn(),
                                        wide({"Containers", "string", "The names of the template's containers."}),
                                        wide({"Images", "string", "The images of the template's containers."}),
                                        wide({"Selector", "string", "The labels of the job's pods."})},
                            .selectableFields = {"status.successful=status.succeeded"},
                            .hasStatus = true,
                            .orphansByDefault = true,
                            .orphanWarning = kOrphanWarning,
                            .allocates = true},
                           {setJobDefaults, validate, print});
  table.addStatus<batch_v1::Job>();
}

}  // namespace cleat::kinds::batch
