// HorizontalPodAutoscalers: what they are in both versions of the group. v2 is what is stored and what the rules are
// about; v1 is a view of it.
#pragma once

#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>

#include <string>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::autoscaling {

namespace v1 = autoscaling_v1;
namespace v2 = autoscaling_v2;

void addAutoscalers(KindTable& table);

// What is left out, as v2 has it.
void setDefaults(v2::HorizontalPodAutoscaler::Builder autoscaler);
// What is wrong with it, in the words and by the fields of v2, whichever version it was written in.
void checkAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, bool isStatus, Findings& findings);
void printAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, Cells& cells);

// Nothing is lost on the way to v1 and back: what v1 has no fields for stands in annotations.
Draft<v1::HorizontalPodAutoscaler> toV1(v2::HorizontalPodAutoscaler::Reader autoscaler);
Draft<v2::HorizontalPodAutoscaler> toV2(v1::HorizontalPodAutoscaler::Reader autoscaler);

}  // namespace cleat::kinds::autoscaling
