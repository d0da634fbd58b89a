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

#include "rule.h"

namespace cleat::rbac {

// A role given to somebody by a binding: everywhere, or in one namespace.
struct Grant {
  std::string ns;                      // empty: everywhere
  std::shared_ptr<const Rules> rules;  // null: the role is not there
  // With rules, who gave what: `ClusterRoleBinding "admins" of ClusterRole "admin" to Group "ops"`. Without, what is
  // missing: `clusterrole.rbac.authorization.k8s.io "admin" not found`.
  std::string text;
};

class Policy {
 public:
  struct Decision {
    const Grant* grant = nullptr;  // what allows the request; null: nothing does
    std::string reason;            // `RBAC: …`, as Kubernetes words it; may be empty
  };

  // Adds what a binding gives to one of its subjects; `binding` is its kind and quoted name for the reason.
  void add(rbac_v1::Subject::Reader subject, std::string_view binding, rbac_v1::RoleRef::Reader role,
           std::string_view ns, std::shared_ptr<const Rules> rules);

  Decision decide(role::Attributes::Reader attributes) const;
  // Every rule that the user has in a namespace; with no namespace: those that hold everywhere.
  void visit(role::User::Reader user, std::string_view ns, const std::function<void(const Rule&)>& visit) const;

 private:
  void visitGrants(role::User::Reader user, const std::function<bool(const Grant&)>& visit) const;

  // By "u:NAME" or "g:NAME".
  std::map<std::string, std::vector<Grant>, std::less<>> grants_;
};

}  // namespace cleat::rbac
