#include "policy.h"

#include <cleat/sdk/lists.h>

#include <algorithm>

namespace cleat::rbac {
namespace {

bool has(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::any_of(list, [&](const std::string& one) { return one == "*" || one == wanted; });
}

bool coversResource(const Rule& rule, std::string_view resource, std::string_view subresource) {
  const std::string whole = subresource.empty() ? std::string(resource) : concat(resource, "/", subresource);
  const std::string anyParent = concat("*/", subresource);
  return std::ranges::any_of(rule.resources, [&](const std::string& one) {
    return one == "*" || one == whole || (!subresource.empty() && one == anyParent);
  });
}

bool coversPath(const Rule& rule, std::string_view path) {
  return std::ranges::any_of(rule.paths, [&](const std::string& one) {
    if (one == "*" || one == path) return true;
    return one.ends_with('*') && path.starts_with(std::string_view(one).substr(0, one.size() - 1));
  });
}

bool appliesIn(const Grant& grant, std::string_view ns) { return grant.ns.empty() || grant.ns == ns; }

}  // namespace

Rules readRules(capnp::List<rbac_v1::PolicyRule>::Reader list) {
  Rules rules;
  for (auto rule : list) {
    rules.push_back({strings(rule.getVerbs()), strings(rule.getApiGroups()), strings(rule.getResources()),
                     strings(rule.getResourceNames()), strings(rule.getNonResourceURLs())});
  }
  return rules;
}

bool covers(const Rule& rule, role::Attributes::Reader attributes) {
  if (!has(rule.verbs, view(attributes.getVerb()))) return false;
  if (attributes.getPath().size() > 0) return coversPath(rule, view(attributes.getPath()));
  if (!has(rule.groups, view(attributes.getGroup()))) return false;
  if (!coversResource(rule, view(attributes.getResource()), view(attributes.getSubresource()))) return false;
  if (rule.resourceNames.empty()) return true;
  return std::ranges::find(rule.resourceNames, view(attributes.getName())) != rule.resourceNames.end();
}

void Policy::add(rbac_v1::Subject::Reader subject, std::string_view bindingNamespace, Grant grant) {
  const std::string_view kind = view(subject.getKind());
  std::string key;
  if (kind == "User") key = concat("u:", view(subject.getName()));
  if (kind == "Group") key = concat("g:", view(subject.getName()));
  if (kind == "ServiceAccount") {
    std::string_view ns = view(subject.getNamespace());
    if (ns.empty()) ns = bindingNamespace;
    key = concat("u:system:serviceaccount:", ns, ":", view(subject.getName()));
  }
  if (!key.empty()) grants_[key].push_back(std::move(grant));
}

void Policy::visit(role::User::Reader user, std::string_view ns, const std::function<void(const Rule&)>& visit) const {
  auto each = [&](const std::string& key) {
    auto found = grants_.find(key);
    if (found == grants_.end()) return;
    for (const Grant& grant : found->second) {
      if (!appliesIn(grant, ns)) continue;
      for (const Rule& rule : *grant.rules) visit(rule);
    }
  };
  each(concat("u:", view(user.getName())));
  for (auto group : user.getGroups()) each(concat("g:", view(group)));
}

const Grant* Policy::allows(role::Attributes::Reader attributes) const {
  auto look = [&](const std::string& key) -> const Grant* {
    auto found = grants_.find(key);
    if (found == grants_.end()) return nullptr;
    for (const Grant& grant : found->second) {
      // A path is no part of a namespace: only what is granted everywhere counts.
      if (attributes.getPath().size() > 0 ? !grant.ns.empty() : !appliesIn(grant, view(attributes.getNamespace()))) {
        continue;
      }
      for (const Rule& rule : *grant.rules) {
        if (covers(rule, attributes)) return &grant;
      }
    }
    return nullptr;
  };
  auto user = attributes.getUser();
  if (const Grant* grant = look(concat("u:", view(user.getName())))) return grant;
  for (auto group : user.getGroups()) {
    if (const Grant* grant = look(concat("g:", view(group)))) return grant;
  }
  return nullptr;
}

}  // namespace cleat::rbac
