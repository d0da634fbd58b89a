// kinds-apps: apps/v1, workloads made of pods of one template, their scale, and the revisions of them.
#include <cleat/sdk/plugin.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::apps {

class AppsKinds : public KindsPlugin {
 public:
  explicit AppsKinds(Context& context) : KindsPlugin(context) {
    addDeployments(table(), scales_);
    addReplicaSets(table(), scales_);
    addStatefulSets(table(), scales_);
    addDaemonSets(table());
    addControllerRevisions(table());
  }

 protected:
  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (!scales_.has(params.getRef())) co_return noSuchSubresource(params.getRef());
    co_return scales_.project(params, call);
  }

  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (!scales_.has(params.getRef())) co_return noSuchSubresource(params.getRef());
    co_return scales_.transform(params, call);
  }

 private:
  Scales scales_;
};

}  // namespace cleat::kinds::apps

CLEAT_PLUGIN(cleat::kinds::apps::AppsKinds, .name = "kinds-apps", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
