// HorizontalPodAutoscalers: what they are in both versions of the group. v2 is what is stored and what the rules are
// about; v1 is a view of it.
#pragma once

#include <string>

#include "autoscaling-common/autoscaler_conversion.h"
#include "kinds-common/kind_table.h"

namespace cleat::kinds::autoscaling {

void addAutoscalers(KindTable& table);

// What is left out, as v2 has it.
void setDefaults(v2::HorizontalPodAutoscaler::Builder autoscaler);
// What of an autoscaler is looked at. The version of a target that was there stays as it is.
enum class Looked { all, allButVersion, status };
// What is wrong with it, in the words and by the fields of v2, whichever version it was written in.
void checkAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, Looked looked, Findings& findings);
void printAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, Cells& cells);

}  // namespace cleat::kinds::autoscaling
