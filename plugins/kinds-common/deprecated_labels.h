// Labels of nodes that have other names by now. Whoever chooses nodes by one of them is warned.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// What is said of the label; empty: it is as good as any other.
std::string_view deprecatedLabel(std::string_view key);
// What a deprecated label has become, where it says the same; empty: nothing.
std::string_view successorOfLabel(std::string_view key);

void warnOfDeprecatedLabels(core_v1::NodeSelector::Reader selector, const Path& path, Findings& findings);
void warnOfDeprecatedLabels(meta_v1::LabelSelector::Reader selector, const Path& path, Findings& findings);

}  // namespace cleat::kinds
