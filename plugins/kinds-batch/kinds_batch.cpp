// kinds-batch: batch/v1, jobs that run to their end, and the schedules that make them.
#include <cleat/sdk/plugin.h>

#include "kinds-batch/batch_kinds.h"
#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::batch {

class BatchKinds : public KindsPlugin {
 public:
  explicit BatchKinds(Context& context) : KindsPlugin(context) {
    addJobs(table());
    addCronJobs(table());
  }

 protected:
  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override {
    call.results();
    if (params.getOperation() == role::Operation::CREATE) {
      Draft<batch_v1::Job> job(call.object<batch_v1::Job>());
      generateSelector(*job);
      call.addObject(std::move(job));
    }
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds::batch

CLEAT_PLUGIN(cleat::kinds::batch::BatchKinds, .name = "kinds-batch", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
