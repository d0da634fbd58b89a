// The subresource `scale` of a custom kind: a Scale (autoscaling/v1) whose numbers are somewhere in the object.
#pragma once

#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

// Names on the way from the object to a field: {"spec", "replicas"}.
using MemberPath = std::vector<std::string>;
MemberPath memberPathOf(std::string_view text);  // ".spec.replicas"

struct ScalePaths {
  explicit ScalePaths(apiextensions_v1::CustomResourceSubresourceScale::Reader scale);

  MemberPath specReplicas, statusReplicas;
  MemberPath selector;  // empty: there is none
};

// The Scale that an object shows. An error where the object has no number of wanted replicas.
Result<AnyRef> scaleOf(const Object<open_v1::OpenObject>& object, const ScalePaths& paths, bool forWrite);
// The object with another number of wanted replicas.
AnyRef scaled(const Object<open_v1::OpenObject>& object, const ScalePaths& paths, int32_t replicas);

// What is where the paths lead must be what a Scale shows. A write to /status is asked only for what is in there.
void checkScaleFields(open_v1::OpenObject::Reader object, const ScalePaths& paths, bool isStatus, Findings& findings);

}  // namespace cleat::kinds::extensions
