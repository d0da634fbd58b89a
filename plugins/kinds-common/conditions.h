// The rules for a list of conditions of meta/v1, which are the same wherever a status has one.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

void checkConditions(capnp::List<meta_v1::Condition>::Reader conditions, const Path& path, Findings& findings);

}  // namespace cleat::kinds
