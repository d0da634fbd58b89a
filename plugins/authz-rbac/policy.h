// Policy: the roles and bindings of the cluster, compiled so that a decision looks only at the rules of whoever asks.
#pragma once

#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::rbac {

struct Rule {
  std::vector<std::string> verbs, groups, resources, resourceNames, paths;
};
using Rules = std::vector<Rule>;

Rules readRules(capnp::List<rbac_v1::PolicyRule>::Reader rules);

// Whether one rule covers a request.
bool covers(const Rule& rule, role::Attributes::Reader attributes);

// A role given to somebody: everywhere, or in one namespace.
struct Grant {
  std::string ns;  // empty: everywhere
  std::shared_ptr<const Rules> rules;
  std::string binding;  // for the reason: `ClusterRoleBinding "cluster-admin" …`
};

class Policy {
 public:
  void add(rbac_v1::Subject::Reader subject, std::string_view bindingNamespace, Grant grant);

  // The binding that allows the request, or null.
  const Grant* allows(role::Attributes::Reader attributes) const;
  // Every rule that the user has in a namespace.
  void visit(role::User::Reader user, std::string_view ns, const std::function<void(const Rule&)>& visit) const;

 private:
  // By "u:NAME" or "g:NAME".
  std::map<std::string, std::vector<Grant>, std::less<>> grants_;
};

}  // namespace cleat::rbac
