#include "escalation.h"

#include <algorithm>

#include "coverage.h"

namespace cleat::rbac {
namespace {

Status forbidden(wire::ResourceRef::Reader ref, const std::string& why) {
  Status status =
      Status::forbidden(concat(ref.getResource(), ".", ref.getGroup(), " \"", ref.getName(), "\" is forbidden: ", why));
  status.details.name = str(ref.getName());
  status.details.group = str(ref.getGroup());
  status.details.kind = str(ref.getResource());
  return status;
}

// Whether the roles let the user do this in the namespace of the request.
bool allowed(const Policy& policy, role::AdmissionParams::Reader params, const char* verb, const std::string& resource,
             const std::string& name) {
  Draft<role::Attributes> attributes;
  attributes->setUser(params.getUser());
  attributes->setVerb(verb);
  attributes->setGroup(kGroup);
  attributes->setVersion("v1");
  attributes->setResource(resource);
  attributes->setNamespace(params.getRef().getNamespace());
  attributes->setName(name);
  return policy.decide(attributes.reader()).grant != nullptr;
}

Rules rulesOf(const Policy& policy, role::AdmissionParams::Reader params) {
  Rules rules;
  policy.visit(params.getUser(), view(params.getRef().getNamespace()),
               [&](const Rule& rule) { rules.push_back(rule); });
  return rules;
}

std::string refusal(role::User::Reader user, const Rules& missing) {
  std::vector<std::string> lines;
  for (const Rule& rule : missing) lines.push_back(describe(rule));
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string text = concat("user \"", user.getName(), "\" (groups=", quoted(strings(user.getGroups())),
                            ") is attempting to grant RBAC permissions not currently held:");
  for (const std::string& line : lines) text += "\n" + line;
  return text;
}

}  // namespace

bool isMaster(role::User::Reader user) { return contains(user.getGroups(), "system:masters"); }

Result<void> mayGive(const Policy& policy, role::AdmissionParams::Reader params, const Rules& rules) {
  Result<Rules> missing = uncovered(rulesOf(policy, params), rules);
  if (!missing) return fail(forbidden(params.getRef(), missing.error().message));
  if (missing->empty()) return {};
  return fail(forbidden(params.getRef(), refusal(params.getUser(), *missing)));
}

Result<void> checkRole(const Policy& policy, role::AdmissionParams::Reader params, const Rules& rules,
                       bool aggregates) {
  auto ref = params.getRef();
  if (allowed(policy, params, "escalate", str(ref.getResource()), str(ref.getName()))) return {};
  Result<void> may = mayGive(policy, params, rules);
  if (!may || !aggregates) return may;
  // It can collect anything, today or later.
  const Rules everything = {{{"*"}, {"*"}, {"*"}, {}, {}}, {{"*"}, {}, {}, {}, {"*"}}};
  Result<Rules> missing = uncovered(rulesOf(policy, params), everything);
  if (missing && missing->empty()) return {};
  return fail(forbidden(ref, "must have cluster-admin privileges to use the aggregationRule"));
}

bool mayBind(const Policy& policy, role::AdmissionParams::Reader params, rbac_v1::RoleRef::Reader role) {
  const bool inNamespace = view(role.getKind()) == "Role";
  return allowed(policy, params, "bind", inNamespace ? "roles" : "clusterroles", str(role.getName()));
}

}  // namespace cleat::rbac
