// Whether a custom object is what its kind's schema says, in Kubernetes' words:
//
//   Findings findings;
//   validateObject(*schema, {object, "example.com/v1", "CronTab"}, findings);
//   // spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"
//
// What is checked: the schema's rules, the embedded objects (x-kubernetes-embedded-resource), and that lists of the
// types set and map hold nothing twice. Metadata, names and scales are checked elsewhere. Time is bounded for any
// object and schema; an object that would take longer is refused. At most kMostFindings are added for one object.
#pragma once

#include <cleat/schema/kinds/open_v1.capnp.h>

#include <string_view>

#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

inline constexpr size_t kMostFindings = 100;

struct CustomObject {
  open_v1::OpenObject::Reader object;
  std::string_view apiVersion, kind;
};

void validateObject(const CompiledSchema& schema, const CustomObject& object, Findings& findings);

// The same, but what is wrong in a part that is as it was is not found ("ratcheting"): a schema that became stricter
// does not stand in the way of other changes.
void validateUpdate(const CompiledSchema& schema, const CustomObject& object, const CustomObject& old,
                    Findings& findings);

// An update by way of /status: only the status is looked at.
void validateStatusUpdate(const CompiledSchema& schema, const CustomObject& object, const CustomObject& old,
                          Findings& findings);

}  // namespace cleat::kinds::extensions
