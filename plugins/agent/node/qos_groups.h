// The control groups above the pods' own, nested as the kubelet's are, so that a class of pods has what its pods asked
// for and not what it can take:
//
//   /cleat                 all pods: what the machine has without what is reserved (CPU, memory, processes)
//   /cleat/podUID          a Guaranteed pod
//   /cleat/burstable       Burstable pods: CPU in proportion to what they ask for together
//   /cleat/besteffort      BestEffort pods: the smallest share of the CPU there is, all of them together
//
//   groups.configure({.root = "/cleat", .limit = limitOfPods(machine, reserved)});
//   groups.start();                      // keeps them so from now on
//   co_await groups.bringAbout();        // they are so now; before a pod's own is made
//
// Strand only.
#pragma once

#include <cleat/sdk/context.h>

#include <optional>
#include <string>

#include "cgroup-common/cgroups.h"
#include "node/node_amounts.h"
#include "node/resource_ledger.h"

namespace cleat::agent {

struct QosSettings {
  std::string root = "/cleat";
  bool nested = true;  // else there are no classes and no limit for all: pods are side by side below the root
  NodeAmounts limit;
  std::string mountinfo = "/proc/self/mountinfo";
};

class QosGroups {
 public:
  QosGroups(Context& context, ResourceLedger& ledger) : context_(context), ledger_(ledger) {}

  void configure(QosSettings settings) { settings_ = std::move(settings); }
  const QosSettings& settings() const { return settings_; }

  void start();
  Task<Result<void>> bringAbout();

 private:
  Task<void> keep();
  Task<void> bringAboutAndTell();

  Context& context_;
  ResourceLedger& ledger_;
  QosSettings settings_;
  std::optional<cgroup::Cgroups> cgroups_;
};

}  // namespace cleat::agent
