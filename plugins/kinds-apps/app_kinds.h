// The kinds of apps/v1, each as it adds itself to the plugin's table, and what they have in common.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>

#include <cleat/sdk/meta.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::apps {

inline constexpr const char* kSchemaFile = "kinds/apps_v1.capnp";

void addDeployments(KindTable& table);
void addReplicaSets(KindTable& table);

// The selector must be there, valid and not empty.
void checkSelector(meta_v1::LabelSelector::Reader selector, bool present, const Path& path, Findings& findings);
// A template of pods that are kept running and that the selector must match.
void checkTemplate(core_v1::PodTemplateSpec::Reader pod, meta_v1::LabelSelector::Reader selector, const Path& path,
                   Findings& findings);
void checkNotNegative(int64_t value, const Path& path, Findings& findings);
inline void checkNotNegative(meta_v1::Int32Value::Reader value, const Path& path, Findings& findings) {
  if (isSet(value)) checkNotNegative(value.getValue(), path, findings);
}

}  // namespace cleat::kinds::apps
