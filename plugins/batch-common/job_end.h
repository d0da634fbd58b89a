// How a Job has ended.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>

#include <optional>

namespace cleat::batch {

// The condition that says so: Complete or Failed. None: it has not ended.
std::optional<batch_v1::JobCondition::Reader> endOf(batch_v1::Job::Reader job);

}  // namespace cleat::batch
