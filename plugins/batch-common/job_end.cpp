#include "batch-common/job_end.h"

#include <cleat/sdk/text.h>

namespace cleat::batch {

std::optional<batch_v1::JobCondition::Reader> endOf(batch_v1::Job::Reader job) {
  for (auto condition : job.getStatus().getConditions()) {
    const std::string_view type = view(condition.getType());
    if ((type == "Complete" || type == "Failed") && view(condition.getStatus()) == "True") return condition;
  }
  return std::nullopt;
}

}  // namespace cleat::batch
