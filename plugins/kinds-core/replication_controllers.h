// Kinds of core/v1 that hold templates of pods, as they add themselves to the plugin's table.
#pragma once

#include "kinds-common/scale.h"

namespace cleat::kinds::core {

void addReplicationControllers(KindTable& table, Scales& scales);
void addPodTemplates(KindTable& table);

}  // namespace cleat::kinds::core
