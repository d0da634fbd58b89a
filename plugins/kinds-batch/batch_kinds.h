// The kinds of batch/v1, each as it adds itself to the plugin's table, and the rules that they share.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>

#include "kinds-common/workload_rules.h"

namespace cleat::kinds::batch {

inline constexpr const char* kSchemaFile = "kinds/batch_v1.capnp";

void addJobs(KindTable& table);
void addCronJobs(KindTable& table);

// job_defaults.cpp
// What a job has in any case, in a Job and in the template of a CronJob.
// `old`: the specification before the write; of a new object an empty one.
void setJobSpecDefaults(batch_v1::JobSpec::Builder spec, batch_v1::JobSpec::Reader old);
void setJobDefaults(batch_v1::Job::Builder job, const Change<batch_v1::Job>& change);
// Of a new job: labels that only its pods have, and a selector that finds them, unless they are the client's to give.
// They are made last: whoever writes the job does not own them, so applying it again does not take them away.
void generateSelector(batch_v1::Job::Builder job);

inline constexpr const char* kJobNameLabels[] = {"job-name", "batch.kubernetes.io/job-name"};
inline constexpr const char* kJobUidLabels[] = {"controller-uid", "batch.kubernetes.io/controller-uid"};

// job_rules.cpp
// The rules for what a job is to do, in a Job and in the template of a CronJob; the selector is not looked at.
void checkJobSpec(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings);
void warnOfJobSpec(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings);
bool isIndexed(batch_v1::JobSpec::Reader spec);

// job_policies.cpp
void checkPodFailurePolicy(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings);
void checkSuccessPolicy(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings);
// As errors show them.
Shown shownPodFailurePolicy(batch_v1::JobSpec::Reader spec);
Shown shownSuccessPolicy(batch_v1::JobSpec::Reader spec);

// job_selector.cpp
// Of a new job: that selector and labels are those that were made for it, where they were made.
void checkGeneratedSelector(batch_v1::Job::Reader job, Findings& findings);

// job_update.cpp
void checkJobUpdate(batch_v1::Job::Reader job, batch_v1::Job::Reader old, Findings& findings);

// job_status.cpp
void checkJobStatus(const Change<batch_v1::Job>& change, Findings& findings);
bool hasCondition(batch_v1::Job::Reader job, std::string_view type);

}  // namespace cleat::kinds::batch
