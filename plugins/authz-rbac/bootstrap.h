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
  // As a manifest's grants: a rule a line, "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]"; "-" is the core group; with GROUP
  // "url" the middle is paths.
  std::string rules;
  // The roles "admin", "edit" and "view" whose rules these become as well (labels aggregate-to-NAME).
  std::vector<std::string> aggregatesTo = {};
  // The role has no rules of its own but collects those that aggregate to it.
  bool aggregated = false;
};

struct BootstrapBinding {
  std::string name;
  std::string role;
  std::string subjectKind;  // "User" or "Group"; empty: it is bound to nobody
  std::string subject;
};

const std::vector<BootstrapRole>& bootstrapRoles();
const std::vector<BootstrapBinding>& bootstrapBindings();

// As objects to create, with the annotation that lets a later start set them right.
Draft<rbac_v1::ClusterRole> makeRole(const BootstrapRole& role);
Draft<rbac_v1::ClusterRoleBinding> makeBinding(const BootstrapBinding& binding);

// What is to become of one that is there; none: it is right as it is, or says `autoupdate: "false"`.
// Labels, annotations, rules and subjects that are missing are added. What somebody has added of their own is kept, or
// taken away where it is to be just what is wanted. Subjects that earlier versions bound and that are bound no more are
// taken away in either case.
enum class Extra { keep, remove };
std::optional<Draft<rbac_v1::ClusterRole>> mended(const Object<rbac_v1::ClusterRole>& have,
                                                  Draft<rbac_v1::ClusterRole>& want, Extra extra);
std::optional<Draft<rbac_v1::ClusterRoleBinding>> mended(const Object<rbac_v1::ClusterRoleBinding>& have,
                                                         Draft<rbac_v1::ClusterRoleBinding>& want, Extra extra);

}  // namespace cleat::rbac
