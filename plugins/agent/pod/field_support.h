// What this node does about each field of a pod: it does what is asked, refuses the pod, or leaves the field to
// somebody else, which then harms nobody. There is no fourth: a field that is not in the table fails the test that
// walks the schema (tests/plugins/agent/pod/field_support_test.cpp).
//
// What a field that is done needs of the kernel or the runtime is asked for in pod/admission.cpp.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::agent {

enum class Support {
  done,      // as Kubernetes does it; the fields below it have entries of their own
  refused,   // a pod that has it does not run here
  harmless,  // without effect on the node, with all that is below it
};

struct FieldSupport {
  Support support = Support::refused;
  std::string_view why;      // of what is not done: what the pod's event says, or why nothing is lost
  std::string_view allowed;  // of what is refused: the one value that asks for nothing
};

// By the schema's names: "PodSpec", "hostUsers". The fields that an ephemeral container shares with others are those of
// "Container". Nothing for a field that the table does not know.
std::optional<FieldSupport> supportOf(std::string_view type, std::string_view field);

// The first field that the pod has and this node refuses: "spec.volumes[0].nfs: …". A field that the table does not
// know is refused too.
std::optional<std::string> unsupportedField(core_v1::PodSpec::Reader spec);
// The same of one container, as "spec.containers[0]" in `path` calls it.
std::optional<std::string> unsupportedField(core_v1::Container::Reader container, std::string_view path);

}  // namespace cleat::agent
