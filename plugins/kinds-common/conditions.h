// The rules for conditions of the form that most kinds share (meta/v1).
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

void checkConditions(capnp::List<meta_v1::Condition>::Reader conditions, const Path& path, Findings& findings);

}  // namespace cleat::kinds
