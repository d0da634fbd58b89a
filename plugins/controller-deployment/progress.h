// A deployment's status: counts, and the conditions that say whether it is available, whether its rollout proceeds and
// whether pods cannot be made.
#pragma once

#include <cleat/sdk/time.h>

#include <optional>
#include <string>
#include <vector>

#include "replica_sets.h"

namespace cleat::deployment {

// Something that happened to a deployment, which its condition Progressing tells from then on: the deadline counts from
// there.
struct Milestone {
  std::string status, reason, message;
};
Milestone newSetCreated(std::string_view set);
Milestone newSetFailed(std::string_view set, std::string_view why);
// The set of the current template is there, and nothing is known yet of how the rollout proceeds.
std::optional<Milestone> newSetFound(const Object<Deployment>& deployment, std::string_view set);
// It was paused or resumed since the condition was written. A rollout that has timed out stays so.
std::optional<Milestone> pausedOrResumed(const Object<Deployment>& deployment);

// The status that the sets amount to. The draft is a copy of the deployment; `wait` is when to look again, because a
// rollout may have stalled by then. Only a rollout can make progress or miss its deadline: a deployment that is paused,
// is only scaled, or is about to go cannot.
struct Assessment {
  Draft<Deployment> draft;
  Duration wait{};
};
enum class Phase { rollout, noRollout };
Assessment assess(const Object<Deployment>& deployment, const Sets& sets, const std::vector<Milestone>& milestones,
                  Phase phase, WallTime now);

// The deployment with its milestones and nothing else: for what could not be carried on with.
Draft<Deployment> withMilestones(const Object<Deployment>& deployment, const std::vector<Milestone>& milestones,
                                 WallTime now);

// Every pod is of the current template, and up.
bool complete(const Object<Deployment>& deployment, apps_v1::DeploymentStatus::Reader status);

}  // namespace cleat::deployment
