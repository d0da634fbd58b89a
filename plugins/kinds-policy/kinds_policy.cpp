// kinds-policy: policy/v1, the budgets for disruptions of pods and the evictions that are held to them.
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-policy/evictions.h"
#include "kinds-policy/policy_kinds.h"

namespace cleat::kinds::policy {

void addEvictions(KindTable& table) {
  table.add<policy_v1::Eviction>({.structFile = kSchemaFile, .bodyOnly = true});
  table.addSubresource<core_v1::Pod>({.name = "eviction",
                                      .style = "review",
                                      .bodyGroup = "policy",
                                      .bodyVersion = "v1",
                                      .bodyKind = "Eviction",
                                      .verbs = {"create"},
                                      .olderBodies = {"policy/v1beta1"}});
}

class PolicyKinds : public KindsPlugin {
 public:
  explicit PolicyKinds(Context& context) : KindsPlugin(context) {
    addDisruptionBudgets(table());
    addEvictions(table());
  }

 protected:
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override {
    if (targetOf(params.getRef()) != "pods/eviction") co_return noSuchSubresource(params.getRef());
    auto body = call.object<policy_v1::Eviction>();
    auto pod = call.object<core_v1::Pod>(1);
    CLEAT_CO_TRY(EvictionRequest request, EvictionRequest::read(body, pod, params.getDryRun()));
    auto pending = evictions_.evict(std::move(request));
    CLEAT_CO_TRY(co_await std::move(pending));
    // Without an object: the answer is a Status.
    call.results();
    co_return Result<void>();
  }

 private:
  Evictions evictions_{context()};
};

}  // namespace cleat::kinds::policy

CLEAT_PLUGIN(cleat::kinds::policy::PolicyKinds, .name = "kinds-policy", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds",
             .grants =
                 "- pods delete,get\n"
                 "- pods/status update\n"
                 "policy poddisruptionbudgets get,list\n"
                 "policy poddisruptionbudgets/status update\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
