#include "pod/pod_plan.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::agent {
namespace {

class Planner {
 public:
  Planner(core_v1::PodSpec::Reader spec, const RuntimePod& runtime, const Progress& progress)
      : spec_(spec), runtime_(runtime), progress_(progress), containers_(containersOf(spec)) {}

  PodPlan plan() {
    const RuntimeSandbox* sandbox = runtime_.newestSandbox();
    if (sandbox == nullptr || !sandbox->ready) {
      planSandbox(sandbox);
      return std::move(plan_);
    }
    sandboxId_ = sandbox->id;
    bool failed = planInit();
    if (!failed && plan_.initialized) planRegular();
    if (failed || (plan_.initialized && !wanted_)) plan_.finished = true;
    if (plan_.finished)
      plan_.start.clear();
    else
      planEphemeral();
    return std::move(plan_);
  }

 private:
  void planSandbox(const RuntimeSandbox* last) {
    bool anyToRun = std::any_of(containers_.begin(), containers_.end(), [&](const PodContainer& container) {
      return container.role == ContainerRole::regular && wantsToRun(container);
    });
    // A pod that must not restart lived in the sandbox that is gone.
    bool mayRestart = last == nullptr || restartPolicyOf(spec_) != RestartPolicy::never || runtime_.containers.empty();
    if (!anyToRun || !mayRestart) {
      plan_.finished = true;
      return;
    }
    plan_.createSandbox = true;
    plan_.sandboxAttempt = last == nullptr ? 0 : last->attempt + 1;
  }

  const RuntimeContainer* inSandbox(std::string_view name) const {
    const RuntimeContainer* newest = runtime_.newest(name);
    return newest != nullptr && newest->sandboxId == sandboxId_ ? newest : nullptr;
  }

  bool isStarted(const RuntimeContainer& container) const {
    auto found = progress_.find(container.id);
    return found != progress_.end() && found->second.started();
  }

  bool restartsForResize(const RuntimeContainer& container) const {
    auto found = progress_.find(container.id);
    return found != progress_.end() && found->second.resizeRestart;
  }

  // Whether the container runs, or is to.
  bool wantsToRun(const PodContainer& container) const {
    const RuntimeContainer* newest = runtime_.newest(container.name());
    if (newest == nullptr || !newest->exited() || restartsForResize(*newest)) return true;
    return shouldRestart(spec_, container, newest->exitCode) || newest->specHash != specHash(container.spec);
  }

  // Kills a container that is condemned or has changed. Returns whether it does.
  bool killIfDue(const PodContainer& container, const RuntimeContainer& running) {
    auto found = progress_.find(running.id);
    if (found != progress_.end() && !found->second.condemned.empty()) {
      bool again = shouldRestart(spec_, container, 1);
      kill(running,
           concat("Container ", container.name(), " ", found->second.condemned, again ? ", will be restarted" : ""));
      return true;
    }
    if (restartsForResize(running)) {
      kill(running, concat("Container ", container.name(), " resize requires restart"));
      return true;
    }
    if (container.role != ContainerRole::init && running.specHash != specHash(container.spec)) {
      kill(running, concat("Container ", container.name(), " definition changed, will be restarted"));
      return true;
    }
    return false;
  }

  void kill(const RuntimeContainer& container, std::string message) {
    plan_.kill.push_back({container.id, container.name, std::move(message)});
  }

  // Returns whether the pod has failed for good.
  bool planInit() {
    bool regularBegan = std::any_of(containers_.begin(), containers_.end(), [&](const PodContainer& container) {
      return container.role == ContainerRole::regular && inSandbox(container.name()) != nullptr;
    });
    for (const auto& container : containers_) {
      if (container.role == ContainerRole::regular) break;
      if (container.role == ContainerRole::sidecar) {
        if (!planSidecar(container) && !regularBegan) return false;
        continue;
      }
      if (regularBegan) continue;
      const RuntimeContainer* newest = inSandbox(container.name());
      if (newest != nullptr && newest->exited() && newest->exitCode == 0) continue;
      if (newest != nullptr && newest->exited() && !shouldRestart(spec_, container, newest->exitCode)) return true;
      if (newest != nullptr && newest->running()) {
        killIfDue(container, *newest);
        return false;
      }
      replaceIfUnknown(newest);
      plan_.start.emplace_back(container.name());
      return false;
    }
    plan_.initialized = true;
    return false;
  }

  // Returns whether the containers after it may begin.
  bool planSidecar(const PodContainer& container) {
    const RuntimeContainer* newest = inSandbox(container.name());
    if (newest != nullptr && newest->running()) {
      killIfDue(container, *newest);
      return isStarted(*newest);
    }
    replaceIfUnknown(newest);
    plan_.start.emplace_back(container.name());
    return false;
  }

  void planRegular() {
    for (const auto& container : containers_) {
      if (container.role != ContainerRole::regular || !wantsToRun(container)) continue;
      wanted_ = true;
      const RuntimeContainer* newest = inSandbox(container.name());
      if (newest != nullptr && newest->running()) {
        killIfDue(container, *newest);
        continue;
      }
      replaceIfUnknown(newest);
      plan_.start.emplace_back(container.name());
    }
  }

  // Once, and whatever the others do.
  void planEphemeral() {
    for (const auto& container : ephemeralContainersOf(spec_)) {
      if (runtime_.newest(container.name()) == nullptr) plan_.start.emplace_back(container.name());
    }
  }

  // What the runtime cannot tell the state of may still run.
  void replaceIfUnknown(const RuntimeContainer* container) {
    if (container != nullptr && container->state == RuntimeContainer::State::unknown) {
      kill(*container, concat("Container ", container->name, " is in unknown state, try killing it before restart"));
    }
  }

  core_v1::PodSpec::Reader spec_;
  const RuntimePod& runtime_;
  const Progress& progress_;
  std::vector<PodContainer> containers_;
  std::string sandboxId_;
  bool wanted_ = false;
  PodPlan plan_;
};

}  // namespace

PodPlan planPod(core_v1::PodSpec::Reader spec, const RuntimePod& runtime, const Progress& progress) {
  return Planner(spec, runtime, progress).plan();
}

}  // namespace cleat::agent
