// The parameters that a binding gives a policy.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>

#include <expected>
#include <string>
#include <vector>

namespace cleat::policy {

struct PolicyParams {
  std::string group, version, kind;
  std::vector<AnyRef> objects;  // one that refers to nothing: the policy is evaluated without parameters
};

// What keeps them from being found, in Kubernetes' words.
struct PolicyParamsError {
  bool ofPolicy = false;  // it is the policy that is wrong, rather than the binding
  std::string message;
};

// `ns`: of the request.
Task<std::expected<PolicyParams, PolicyParamsError>> collectParams(
    Context& context, admissionregistration_v1::ValidatingAdmissionPolicySpec::Reader policy,
    admissionregistration_v1::ParamRef::Reader ref, bool hasRef, std::string ns);

}  // namespace cleat::policy
