@0xdbbcca1aba468aac;
# Kinds of the group batch/v1: Job, which runs pods until enough of them have succeeded, and CronJob, which makes Jobs
# at given times.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";
using Scheduling = import "scheduling_v1alpha3.capnp";

$Cxx.namespace("cleat::batch_v1");

struct Job $C.openapi("io.k8s.api.batch.v1.Job") {
  # Runs pods until a given number of them has succeeded.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :JobSpec $C.proto([2]) $C.always;
  # What to run, how often, and when to give up.
  status @2 :JobStatus $C.proto([3]) $C.always;
  # How far the job is, as last observed. Written by the controller.
}

struct CronJob $C.openapi("io.k8s.api.batch.v1.CronJob") {
  # Makes a Job at every time of a schedule.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name has at
  # most 52 characters, because those of its jobs are longer.
  spec @1 :CronJobSpec $C.proto([2]) $C.required;
  # When to make a job, and which.
  status @2 :CronJobStatus $C.proto([3]) $C.always;
  # Which jobs are running, as last observed. Written by the controller.
}

struct CronJobSpec $C.openapi("io.k8s.api.batch.v1.CronJobSpec") {
  # The desired state of a CronJob.
  schedule @0 :Text $C.proto([1]) $C.required;
  # The times as cron writes them: minute, hour, day of the month, month, day of the week.
  startingDeadlineSeconds @1 :Meta.Int64Value $C.proto([2]);
  # Seconds after its time within which a job may still be started, if it could not be in time. Jobs
  # missed for longer count as failed. Absent sets no limit.
  concurrencyPolicy @2 :Text $C.proto([3]) $C.values(["Allow", "Forbid", "Replace"]);
  # What happens when the job before is still running. Allow starts the next one beside it, Forbid
  # leaves the next one out, Replace ends the one that runs. Defaults to Allow.
  suspend @3 :Meta.BoolValue $C.proto([4]);
  # True makes no more jobs until it is false again; those that run go on. Defaults to false.
  jobTemplate @4 :JobTemplateSpec $C.proto([5]) $C.required;
  # The job to make.
  successfulJobsHistoryLimit @5 :Meta.Int32Value $C.proto([6]);
  # How many jobs that have succeeded to keep. Defaults to 3.
  failedJobsHistoryLimit @6 :Meta.Int32Value $C.proto([7]);
  # How many jobs that have failed to keep. Defaults to 1.
  timeZone @7 :Text $C.proto([8]) $C.optional;
  # The time zone that the schedule is in, by its name in the tz database, such as Europe/Vienna.
  # Absent means the zone of the controller.
}

struct CronJobStatus $C.openapi("io.k8s.api.batch.v1.CronJobStatus") {
  # The observed state of a CronJob.
  active @0 :List(Core.ObjectReference) $C.proto([1]) $C.listType("atomic");
  # The jobs that are running.
  lastScheduleTime @1 :Text $C.proto([4]) $C.format("date-time");
  # The last time for which a job was made.
  lastSuccessfulTime @2 :Text $C.proto([5]) $C.format("date-time");
  # When a job last succeeded.
}

struct JobCondition $C.openapi("io.k8s.api.batch.v1.JobCondition") {
  # One aspect of a job's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect: Complete, Failed or Suspended; SuccessCriteriaMet and FailureTarget while the result
  # is certain and pods are still ending.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastProbeTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the condition was last checked.
  lastTransitionTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When status last went from one value to another.
  reason @4 :Text $C.proto([5]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @5 :Text $C.proto([6]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct JobSchedulingConfiguration $C.openapi("io.k8s.api.batch.v1.JobSchedulingConfiguration") {
  # How the pods of a job are scheduled as a group.
  schedulingPolicy @0 :Scheduling.WorkloadPodGroupSchedulingPolicy $C.proto([1]);
  # Whether the pods wait for each other.
  schedulingConstraints @1 :Scheduling.WorkloadPodGroupSchedulingConstraints $C.proto([2]);
  # Where the pods may be placed relative to each other.
  disruptionMode @2 :Scheduling.WorkloadPodGroupDisruptionMode $C.proto([3]);
  # Whether the pods may be disrupted one by one or only together.
  resourceClaims @3 :List(Scheduling.WorkloadPodGroupResourceClaim) $C.proto([4]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Claims to devices that the pods share.
}

struct JobSpec $C.openapi("io.k8s.api.batch.v1.JobSpec") {
  # The desired state of a Job.
  parallelism @0 :Meta.Int32Value $C.proto([1]);
  # How many pods may run at the same time. Defaults to 1; 0 pauses the job.
  completions @1 :Meta.Int32Value $C.proto([2]);
  # How many pods must succeed. Absent means that the success of any pod is the success of all, and
  # parallelism pods are started. Defaults to 1 if parallelism is absent too.
  activeDeadlineSeconds @2 :Meta.Int64Value $C.proto([3]);
  # Seconds after its start within which the job must be done before it counts as failed. The time
  # begins anew when a suspended job is resumed.
  selector @3 :Meta.LabelSelector $C.proto([4]);
  # Which pods belong to this job. Made by the server, unless manualSelector is true.
  manualSelector @4 :Meta.BoolValue $C.proto([5]);
  # True leaves selector and the labels of the template as they are given. Whoever sets it must make
  # sure that the job selects no pods of others.
  template @5 :Core.PodTemplateSpec $C.proto([6]) $C.required;
  # The pod to run. Its restart policy must be Never or OnFailure.
  backoffLimit @6 :Meta.Int32Value $C.proto([7]);
  # How many failures of pods there may be before the job counts as failed. Defaults to 6; with
  # backoffLimitPerIndex to no limit.
  ttlSecondsAfterFinished @7 :Meta.Int32Value $C.proto([8]);
  # Seconds after its end after which the job is deleted. Absent keeps it; 0 deletes it at once.
  completionMode @8 :Text $C.proto([9]) $C.optional $C.values(["Indexed", "NonIndexed"]);
  # NonIndexed counts the pods that succeed. Indexed gives each pod a number from 0 to completions-1,
  # and one pod of each number must succeed. Defaults to NonIndexed.
  suspend @9 :Meta.BoolValue $C.proto([10]);
  # True runs no pods, and ends those that run, until it is false again. Defaults to false.
  podFailurePolicy @10 :PodFailurePolicy $C.proto([11]);
  # What a failure of a pod means for the job. Absent counts each towards backoffLimit.
  backoffLimitPerIndex @11 :Meta.Int32Value $C.proto([12]);
  # How many failures of pods there may be for each index before the index counts as failed. Only for
  # completionMode Indexed and pods that are never restarted; cannot change.
  maxFailedIndexes @12 :Meta.Int32Value $C.proto([13]);
  # How many indexes may fail before the job counts as failed and its pods are ended. Absent lets the
  # other indexes run on. Needs backoffLimitPerIndex.
  podReplacementPolicy @13 :Text $C.proto([14]) $C.optional $C.values(["Failed", "TerminatingOrFailed"]);
  # When a pod is replaced: TerminatingOrFailed does so as soon as it is being deleted, Failed only
  # when it has ended. Defaults to TerminatingOrFailed; with podFailurePolicy it is Failed.
  managedBy @14 :Text $C.proto([15]) $C.optional;
  # Who runs the job, as DOMAIN/NAME. Absent or kubernetes.io/job-controller means the controller of
  # the cluster; cannot change.
  successPolicy @15 :SuccessPolicy $C.proto([16]);
  # When the job succeeds before all of its indexes have. Only for completionMode Indexed.
  scheduling @16 :JobSchedulingConfiguration $C.proto([17]);
  # How the pods are scheduled as a group. Alpha, and left out of what is stored.
}

struct JobStatus $C.openapi("io.k8s.api.batch.v1.JobStatus") {
  # The observed state of a Job.
  conditions @0 :List(JobCondition) $C.proto([1]) $C.listType("atomic") $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The job's conditions. It has ended when Complete or Failed is True.
  startTime @1 :Text $C.proto([2]) $C.format("date-time");
  # When the controller first worked on the job, or last resumed it.
  completionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the job succeeded. Absent if it failed.
  active @3 :Int32 $C.proto([4]);
  # Pods that are running or wait to, and are not terminating.
  succeeded @4 :Int32 $C.proto([5]);
  # Pods that have succeeded.
  failed @5 :Int32 $C.proto([6]);
  # Pods that have failed.
  completedIndexes @6 :Text $C.proto([7]);
  # The indexes that have succeeded, in order, such as "1,3-5,7".
  uncountedTerminatedPods @7 :UncountedTerminatedPods $C.proto([8]);
  # Pods that have ended and are not yet counted in succeeded or failed.
  ready @8 :Meta.Int32Value $C.proto([9]);
  # Of the active pods, those whose Ready condition is True.
  failedIndexes @9 :Text $C.proto([10]) $C.optional;
  # The indexes that have failed, written as in completedIndexes. Only with backoffLimitPerIndex.
  terminating @10 :Meta.Int32Value $C.proto([11]);
  # Pods that are being deleted and have not ended. Absent when not tracked.
}

struct JobTemplateSpec $C.openapi("io.k8s.api.batch.v1.JobTemplateSpec") {
  # The job that a CronJob makes.
  metadata @0 :Meta.ObjectMeta $C.proto([1]) $C.always;
  # The labels and annotations that the jobs get.
  spec @1 :JobSpec $C.proto([2]) $C.always;
  # What the jobs run.
}

struct PodFailurePolicy $C.openapi("io.k8s.api.batch.v1.PodFailurePolicy") {
  # What failures of pods mean for a job.
  rules @0 :List(PodFailurePolicyRule) $C.proto([1]) $C.required $C.listType("atomic");
  # The rules, at most 20. The first one that fits a failed pod counts; where none does, the failure
  # counts towards backoffLimit.
}

struct PodFailurePolicyOnExitCodesRequirement $C.openapi("io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement") {
  # Fits a pod by the exit codes of its containers. Those that ended with 0 do not count.
  containerName @0 :Text $C.proto([1]) $C.optional;
  # The container that is meant. Absent means any.
  operator @1 :Text $C.proto([2]) $C.required $C.values(["In", "NotIn"]);
  # In fits if a code is one of values, NotIn if one is none of them.
  values @2 :List(Int32) $C.proto([3]) $C.required $C.listType("set");
  # The exit codes, in rising order, at most 255. With In, 0 is not allowed.
}

struct PodFailurePolicyOnPodConditionsPattern $C.openapi("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern") {
  # Fits a pod that has a condition of this type and status.
  type @0 :Text $C.proto([1]) $C.required;
  # The condition's type, such as DisruptionTarget.
  status @1 :Text $C.proto([2]) $C.always;
  # The condition's status: True, False or Unknown. Defaults to True.
}

struct PodFailurePolicyRule $C.openapi("io.k8s.api.batch.v1.PodFailurePolicyRule") {
  # What one sort of failures means. Either onExitCodes or onPodConditions is given.
  action @0 :Text $C.proto([1]) $C.required $C.values(["Count", "FailIndex", "FailJob", "Ignore"]);
  # FailJob ends the job as failed, FailIndex only the pod's index, Ignore does not count the failure,
  # Count counts it as if there were no rule.
  onExitCodes @1 :PodFailurePolicyOnExitCodesRequirement $C.proto([2]);
  # Fits a pod by the exit codes of its containers.
  onPodConditions @2 :List(PodFailurePolicyOnPodConditionsPattern) $C.proto([3]) $C.listType("atomic");
  # Fits a pod that has one of these conditions. At most 20.
}

struct SuccessPolicy $C.openapi("io.k8s.api.batch.v1.SuccessPolicy") {
  # When an indexed job succeeds before all of its indexes have.
  rules @0 :List(SuccessPolicyRule) $C.proto([1]) $C.required $C.listType("atomic");
  # The rules, at most 20. Once one of them holds, the job has succeeded and its other pods are ended.
}

struct SuccessPolicyRule $C.openapi("io.k8s.api.batch.v1.SuccessPolicyRule") {
  # Which indexes must have succeeded. At least one of the two is given.
  succeededIndexes @0 :Text $C.proto([1]) $C.optional;
  # The indexes that count, such as "1,3-5,7". Absent counts all. Without succeededCount all of them
  # must have succeeded.
  succeededCount @1 :Meta.Int32Value $C.proto([2]);
  # How many of the indexes that count must have succeeded.
}

struct UncountedTerminatedPods $C.openapi("io.k8s.api.batch.v1.UncountedTerminatedPods") {
  # Pods that have ended and that the job does not count yet, so that each is counted once.
  succeeded @0 :List(Text) $C.proto([1]) $C.listType("set");
  # The uids of those that have succeeded.
  failed @1 :List(Text) $C.proto([2]) $C.listType("set");
  # The uids of those that have failed.
}
