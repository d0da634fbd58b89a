// Groups under k8s.io and kubernetes.io belong to the Kubernetes community: a CustomResourceDefinition that takes a
// name there says in an annotation who approved it, or that nobody did.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <string>
#include <string_view>

namespace cleat::kinds::extensions {

inline constexpr std::string_view kApprovalAnnotation = "api-approved.kubernetes.io";

enum class ApprovalState { invalid, approved, bypassed, missing };

struct Approval {
  ApprovalState state;
  std::string reason;  // as conditions and errors say it
};

bool isProtectedGroup(std::string_view group);
Approval approvalOf(meta_v1::ObjectMeta::Reader meta);

}  // namespace cleat::kinds::extensions
