// One pass over a deployment: makes the set of its template, moves pods from the old sets to it as the strategy says,
// or only gives all of them another size when the deployment was paused or scaled.
//
//   Rollout rollout(tools, deployment, sets);
//   Result<void> done = co_await rollout.run();
//   … assess(deployment, rollout.sets(), rollout.milestones(), rollout.phase(), now) …
//
// It writes replica sets only; what it has to say of the deployment is the caller's to write.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/ownership.h>

#include <string>
#include <vector>

#include "progress.h"
#include "replica_sets.h"
#include "sizing.h"

namespace cleat::deployment {

struct RolloutTools {
  Client& client;
  EventRecorder& events;
  const Ownership<ReplicaSet, core_v1::Pod>& pods;
  Expectations& ahead;  // of sets
};

class Rollout {
 public:
  Rollout(RolloutTools tools, Object<Deployment> deployment, Sets sets)
      : tools_(tools), deployment_(std::move(deployment)), sets_(std::move(sets)) {}

  Task<Result<void>> run();

  // As they are now, and what is known besides.
  const Sets& sets() const { return sets_; }
  const std::vector<Milestone>& milestones() const { return milestones_; }
  Phase phase() const { return phase_; }

 private:
  int64_t replicas() const;
  bool recreates() const;
  int64_t maxPods() const;
  bool scaled() const;
  int64_t nextRevision() const;
  Task<Result<void>> syncCurrent();
  Task<Result<void>> ensureCurrent();
  Task<Result<void>> resolveCollision(std::string name);
  Task<Result<void>> roll();
  Task<Result<void>> recreate();
  Task<Result<void>> scale();
  Task<Result<void>> shareOut(std::vector<Object<ReplicaSet>*> active);
  Task<Result<void>> resize(Object<ReplicaSet>& set, int64_t size);
  void found();

  RolloutTools tools_;
  Object<Deployment> deployment_;
  Sets sets_;
  std::vector<Milestone> milestones_;
  Phase phase_ = Phase::rollout;
};

}  // namespace cleat::deployment
