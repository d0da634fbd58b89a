// The roles and bindings that a cluster begins with, and those of the plugins.
#pragma once

#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <vector>

namespace cleat::rbac {

// "false" on a role or binding: it is not set right at a start.
constexpr const char* kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

struct BootstrapRole {
  std::string name;
  // As a manifest's grants: a rule a line, "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…] [NAME,…]"; "-" is the core group;
  // with GROUP "url" the middle is paths.
  std::string rules;
  // The roles "admin", "edit" and "view" whose rules these become as well (labels aggregate-to-NAME).
  std::vector<std::string> aggregatesTo = {};
  // The role has no rules of its own but collects those that aggregate to it.
  bool aggregated = false;
  std::string ns = {};  // empty: of the whole cluster
};

struct BootstrapSubject {
  std::string kind;  // "User", "Group" or "ServiceAccount"
  std::string name;
  std::string ns = {};  // of a service account
};

struct BootstrapBinding {
  std::string name;
  std::string role;
  std::vector<BootstrapSubject> subjects;  // none: it is bound to nobody
  std::string ns = {};                     // empty: of the whole cluster
};

// Those of the whole cluster; component_roles.h has those of one namespace.
const std::vector<BootstrapRole>& bootstrapRoles();
const std::vector<BootstrapBinding>& bootstrapBindings();

// As objects to create, with the annotation that lets a later start set them right. K is a role (binding) or a cluster
// role (binding), as it says whose it is.
template <class K = rbac_v1::ClusterRole>
Draft<K> makeRole(const BootstrapRole& role);
template <class K = rbac_v1::ClusterRoleBinding>
Draft<K> makeBinding(const BootstrapBinding& binding);

// What is to become of one that is there; none: it is right as it is, or says `autoupdate: "false"`.
// Labels, annotations, rules and subjects that are missing are added. What somebody has added of their own is kept, or
// taken away where it is to be just what is wanted. Subjects that earlier versions bound and that are bound no more are
// taken away in either case.
enum class Extra { keep, remove };
template <class K>
std::optional<Draft<K>> mended(const Object<K>& have, Draft<K>& want, Extra extra);

}  // namespace cleat::rbac
