// The roles and bindings that a cluster begins with, and those of the plugins.
#pragma once

#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::rbac {

struct BootstrapRole {
  std::string name;
  // As a manifest's grants: a rule a line, "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]"; "-" is the core group; with GROUP
  // "url" the middle is paths.
  std::string rules;
};

struct BootstrapBinding {
  std::string name;
  std::string role;
  std::string subjectKind;  // "User" or "Group"
  std::string subject;
};

const std::vector<BootstrapRole>& bootstrapRoles();
const std::vector<BootstrapBinding>& bootstrapBindings();

// As objects to create, with the annotation that lets a later start set them right.
Draft<rbac_v1::ClusterRole> makeRole(const BootstrapRole& role);
Draft<rbac_v1::ClusterRoleBinding> makeBinding(const BootstrapBinding& binding);

}  // namespace cleat::rbac
