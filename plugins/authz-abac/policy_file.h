// PolicyFile: Kubernetes' attribute-based rules, one JSON object a line (abac.authorization.kubernetes.io/v1beta1, and
// the form without a version from before it). A request is allowed when one line matches it; there are no denials.
#pragma once

#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::abac {

struct PolicyLine {
  std::string user, group;                   // "*": whoever is known; empty: not looked at
  std::string ns, resource, apiGroup, path;  // "*": any; a path may end with *
  bool isReadonly = false;

  bool matches(role::Attributes::Reader attributes) const;
  bool isFor(role::User::Reader user) const;
};

// An error names the line: `policy.jsonl:3: …`.
Result<std::vector<PolicyLine>> parsePolicy(std::string_view text, std::string_view fileName);

}  // namespace cleat::abac
