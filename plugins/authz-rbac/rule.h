// Rule: one rule of a role, out of the message; whether it covers a request, and how Kubernetes' messages write it.
#pragma once

#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/lists.h>

#include <string>
#include <vector>

namespace cleat::rbac {

constexpr const char* kGroup = "rbac.authorization.k8s.io";

struct Rule {
  std::vector<std::string> verbs, groups, resources, resourceNames, paths;
  auto operator<=>(const Rule&) const = default;
};
using Rules = std::vector<Rule>;

Rules readRules(capnp::List<rbac_v1::PolicyRule>::Reader rules);
// For a role's adoptRules.
capnp::Orphan<capnp::List<rbac_v1::PolicyRule>> writeRules(capnp::Orphanage orphanage, const Rules& rules);

// Whether a rule's path means this one: as it is, or up to the stars at its end.
bool matchesPath(std::string_view pattern, std::string_view path);

// Whether one rule covers a request.
bool covers(const Rule& rule, role::Attributes::Reader attributes);

// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`
std::string describe(const Rule& rule);
// `["a" "b"]`
std::string quoted(const std::vector<std::string>& texts);

}  // namespace cleat::rbac
