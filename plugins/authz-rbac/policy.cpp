#include "policy.h"

#include <algorithm>

namespace cleat::rbac {
namespace {

bool appliesIn(const Grant& grant, std::string_view ns) { return grant.ns.empty() || grant.ns == ns; }

std::string subjectText(rbac_v1::Subject::Reader subject, std::string_view ns) {
  if (view(subject.getKind()) != "ServiceAccount") return concat(subject.getKind(), " \"", subject.getName(), "\"");
  return concat("ServiceAccount \"", subject.getName(), "/", ns, "\"");
}

std::string missingText(rbac_v1::RoleRef::Reader role) {
  const bool inNamespace = view(role.getKind()) == "Role";
  return concat(inNamespace ? "role" : "clusterrole", ".rbac.authorization.k8s.io \"", role.getName(), "\" not found");
}

// As Kubernetes joins several errors: each once, in brackets where there are more than one.
std::string inOne(const std::vector<std::string>& texts) {
  const std::string out = joined(texts, ", ");
  return texts.size() > 1 ? "[" + out + "]" : out;
}

}  // namespace

void Policy::add(rbac_v1::Subject::Reader subject, std::string_view binding, rbac_v1::RoleRef::Reader role,
                 std::string_view ns, std::shared_ptr<const Rules> rules) {
  const std::string_view kind = view(subject.getKind());
  std::string_view accountNs;
  std::string key;
  if (kind == "User") key = concat("u:", subject.getName());
  if (kind == "Group") key = concat("g:", subject.getName());
  if (kind == "ServiceAccount") {
    accountNs = view(subject.getNamespace());
    if (accountNs.empty()) accountNs = ns;
    if (!accountNs.empty()) key = concat("u:system:serviceaccount:", accountNs, ":", subject.getName());
  }
  if (key.empty()) return;
  Grant grant{str(ns), std::move(rules), ""};
  grant.text = grant.rules ? concat(binding, " of ", role.getKind(), " \"", role.getName(), "\" to ",
                                    subjectText(subject, accountNs))
                           : missingText(role);
  grants_[key].push_back(std::move(grant));
}

void Policy::visitGrants(role::User::Reader user, const std::function<bool(const Grant&)>& visit) const {
  auto each = [&](const std::string& key) {
    auto found = grants_.find(key);
    if (found == grants_.end()) return true;
    return std::ranges::all_of(found->second, visit);
  };
  if (!each(concat("u:", user.getName()))) return;
  for (auto group : user.getGroups()) {
    if (!each(concat("g:", group))) return;
  }
}

void Policy::visit(role::User::Reader user, std::string_view ns, const std::function<void(const Rule&)>& visit) const {
  visitGrants(user, [&](const Grant& grant) {
    if (!grant.rules || !appliesIn(grant, ns)) return true;
    for (const Rule& rule : *grant.rules) visit(rule);
    return true;
  });
}

Policy::Decision Policy::decide(role::Attributes::Reader attributes) const {
  Decision decision;
  std::vector<std::string> missing;
  visitGrants(attributes.getUser(), [&](const Grant& grant) {
    // A path is no part of a namespace: only what is granted everywhere counts.
    const bool applies =
        attributes.getPath().size() > 0 ? grant.ns.empty() : appliesIn(grant, view(attributes.getNamespace()));
    if (!applies) return true;
    if (!grant.rules) {
      if (std::ranges::find(missing, grant.text) == missing.end()) missing.push_back(grant.text);
      return true;
    }
    if (!std::ranges::any_of(*grant.rules, [&](const Rule& rule) { return covers(rule, attributes); })) return true;
    decision.grant = &grant;
    return false;
  });
  if (decision.grant) {
    decision.reason = "RBAC: allowed by " + decision.grant->text;
  } else if (!missing.empty()) {
    decision.reason = "RBAC: " + inOne(missing);
  }
  return decision;
}

}  // namespace cleat::rbac
