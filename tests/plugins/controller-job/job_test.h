// Jobs and their pods for the tests of the Job controller.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "plugins/controller-job/job_pods.h"
#include "tests/plugins/objects.h"

namespace cleat::job {

// As the API makes one that says nothing else: one pod, whose failure is tried again six times.
inline Draft<Job> makeJob(int parallelism = 1, int completions = 1) {
  auto job = test::named<Job>("default", "sum");
  auto spec = job->initSpec();
  spec.initParallelism().setValue(parallelism);
  if (completions > 0) spec.initCompletions().setValue(completions);
  spec.initBackoffLimit().setValue(6);
  spec.initSuspend().setValue(false);
  spec.setCompletionMode("NonIndexed");
  spec.setPodReplacementPolicy("TerminatingOrFailed");
  test::fillMap(spec.initSelector().initMatchLabels(1), {{"job", "sum"}});
  auto pattern = spec.initTemplate();
  test::setLabels(pattern.initMetadata(), {{"job", "sum"}});
  auto pod = pattern.initSpec();
  pod.setRestartPolicy("Never");
  auto container = pod.initContainers(1)[0];
  container.setName("main");
  container.setImage("image");
  return job;
}

inline Draft<Job> makeIndexedJob(int parallelism, int completions) {
  Draft<Job> job = makeJob(parallelism, completions);
  job->getSpec().setCompletionMode("Indexed");
  return job;
}

inline Draft<Job> makeJobPerIndex(int parallelism, int completions, int limit) {
  Draft<Job> job = makeIndexedJob(parallelism, completions);
  job->getSpec().initBackoffLimitPerIndex().setValue(limit);
  job->getSpec().getBackoffLimit().setValue(2147483647);
  return job;
}

// Adds a rule of podFailurePolicy, by exit codes.
inline void addCodesRule(Draft<Job>& job, const std::string& action, const std::string& op,
                         std::initializer_list<int> codes) {
  auto policy = job->getSpec().getPodFailurePolicy();
  const uint32_t count = policy.asReader().getRules().size();
  policy.adoptRules(extended<batch_v1::PodFailurePolicyRule>(policy.disownRules(), orphanageOf(job->getSpec()), 1));
  auto rule = policy.getRules()[count];
  rule.setAction(action);
  rule.initOnExitCodes().setOperator(op);
  auto values = rule.getOnExitCodes().initValues(static_cast<uint32_t>(codes.size()));
  uint32_t at = 0;
  for (int code : codes) values.set(at++, code);
}
inline void addConditionRule(Draft<Job>& job, const std::string& action, const std::string& condition) {
  auto policy = job->getSpec().getPodFailurePolicy();
  const uint32_t count = policy.asReader().getRules().size();
  policy.adoptRules(extended<batch_v1::PodFailurePolicyRule>(policy.disownRules(), orphanageOf(job->getSpec()), 1));
  auto rule = policy.getRules()[count];
  rule.setAction(action);
  auto pattern = rule.initOnPodConditions(1)[0];
  pattern.setType(condition);
  pattern.setStatus("True");
}

// What a node says of a pod whose only container has ended.
inline void endPod(Pod::Builder pod, std::string_view phase, int code, WallTime now) {
  auto status = pod.getStatus();
  status.setPhase(str(phase));
  auto container = status.initContainerStatuses(1)[0];
  container.setName("main");
  auto ended = container.initState().initTerminated();
  ended.setExitCode(code);
  ended.setFinishedAt(formatTime(now));
}

}  // namespace cleat::job
