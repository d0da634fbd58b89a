// Evictions: deletes of pods that are held to the budgets which protect them. One object serves all requests.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/policy_v1.h>

#include <string>
#include <vector>

namespace cleat::kinds::policy {

// What the client asked for, taken out of the body of its request.
struct EvictionRequest {
  std::string ns, name;
  bool dryRun = false;
  int64_t gracePeriodSeconds = -1;
  std::string propagationPolicy;
  std::string uid, resourceVersion;  // that the pod must have; empty: any

  // 400 or 422 for a body that asks for what an eviction cannot do.
  static Result<EvictionRequest> read(const Object<policy_v1::Eviction>& body, const Object<core_v1::Pod>& pod,
                                      bool dryRun);
};

class Evictions {
 public:
  explicit Evictions(Context& context) : context_(context), client_(context) {}

  // Returns when the pod is deleted, or being so. 429 where a budget does not allow it, 500 where there are several.
  Task<Result<void>> evict(EvictionRequest request);

 private:
  using Pod = core_v1::Pod;
  using Budget = policy_v1::PodDisruptionBudget;

  Task<Result<void>> evictOnce(const EvictionRequest& request, const Object<Pod>& pod);
  Task<Result<std::vector<Object<Budget>>>> budgetsOf(Object<Pod> pod);
  Task<Result<void>> spendBudget(const EvictionRequest& request, Object<Budget> budget);
  // Says in the pod's status why it goes, and deletes it. `revision`: the one that it must still have; 0: any.
  Task<Result<void>> remove(const EvictionRequest& request, uint64_t revision);

  Context& context_;
  Client client_;
};

}  // namespace cleat::kinds::policy
