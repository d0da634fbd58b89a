// Runs the probes of a pod's containers as long as these run: startup first, then liveness and readiness, and of one
// that is being stopped readiness alone. What they find goes into the pod's Progress: a readiness probe makes a
// container ready or not, a failed startup or liveness probe condemns it. Strand only.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "node_services.h"
#include "pod/pod_plan.h"
#include "probes/probe_judge.h"

namespace cleat::agent {

enum class ProbeKind { startup, liveness, readiness };

class Prober {
 public:
  // `changed` is called after something in `progress` has changed.
  Prober(NodeServices& node, Progress& progress, std::function<void()> changed)
      : node_(node), progress_(progress), changed_(std::move(changed)) {}
  ~Prober() { stopAll(); }

  // The probes that are due for what runs now go on or begin; all others stop.
  void update(const Object<core_v1::Pod>& pod, const RuntimePod& runtime, const std::vector<std::string>& podIps);
  // The container is being stopped: only its readiness is asked for from now on, until it has ended.
  void ends(const std::string& containerId);
  // All of the pod are: the same, for what of them still runs.
  void keepReadiness(const RuntimePod& runtime);
  void stopAll();

 private:
  struct Watch {
    Watch(Object<core_v1::Pod> of, const PodContainer& container, ProbeKind what, core_v1::Probe::Reader how)
        : pod(std::move(of)), spec(container), kind(what), probe(how),
          judge(how.getSuccessThreshold(), how.getFailureThreshold()) {}
    Object<core_v1::Pod> pod;  // keeps what `spec` and `probe` read
    PodContainer spec;
    ProbeKind kind;
    core_v1::Probe::Reader probe;
    ProbeJudge judge;
    std::string containerId, podIp;
    WallTime startedAt{};
    bool stopped = false;
  };
  using Key = std::pair<std::string, ProbeKind>;

  void stopUnless(const std::function<bool(const Key&)>& goesOn);
  void begin(const Object<core_v1::Pod>& pod, const PodContainer& container, const RuntimeContainer& running,
             const std::string& podIp, ProbeKind kind);
  Task<void> run(std::shared_ptr<Watch> watch);
  void judge(Watch& watch, bool success, const std::string& output);

  NodeServices& node_;
  Progress& progress_;
  std::function<void()> changed_;
  std::map<Key, std::shared_ptr<Watch>> watches_;
  std::set<std::string> ending_;  // ids of containers
};

}  // namespace cleat::agent
