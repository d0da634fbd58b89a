// The selectors of an access review: which part of a collection the question is about, as text or in parts.
#pragma once

#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/kinds/authorization_v1.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// Each selector that is there says something, once. `path` is that of the resource attributes.
void checkSelectors(authorization_v1::ResourceAttributes::Reader asked, const Path& path, Findings& findings);

// What cannot be told to an authorizer (a text that is no selector, a field with several values) is left out: the
// question is about more objects then, never about fewer.
void fillSelectors(role::Attributes::Builder out, authorization_v1::ResourceAttributes::Reader asked);

}  // namespace cleat::kinds
