// What a pod violates of a level of the Pod Security Standards, in Kubernetes' words.
//
//   Violations violations = evaluate({Level::restricted}, pod.meta(), pod->getSpec());
//   if (!violations.empty()) … violations.detail()
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <string>
#include <vector>

#include "policy.h"

namespace cleat::pod_security {

struct Violation {
  std::string reason;  // `runAsNonRoot != true`
  std::string detail;  // `pod or container "c" must set securityContext.runAsNonRoot=true`
};

struct Violations {
  std::vector<Violation> all;  // those of the baseline first

  bool empty() const { return all.empty(); }
  std::string reasons() const;  // "REASON, REASON"
  std::string detail() const;   // "REASON (DETAIL), REASON (DETAIL)"
};

Violations evaluate(const LevelVersion& levelVersion, meta_v1::ObjectMeta::Reader meta, core_v1::PodSpec::Reader spec);

}  // namespace cleat::pod_security
