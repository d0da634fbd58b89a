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

// `paramKind`: of the policy; `ref`: of the binding; each may be absent. `ns`: of the request.
struct ParamsWanted {
  bool hasKind = false, hasRef = false;
  admissionregistration_v1::ParamKind::Reader kind;
  admissionregistration_v1::ParamRef::Reader ref;
  std::string ns;
};
Task<std::expected<PolicyParams, PolicyParamsError>> collectParams(Context& context, ParamsWanted wanted);

}  // namespace cleat::policy
