// The roles and bindings that a cluster begins with, as core_policy.txt and component_policy.txt say them, and those of
// the plugins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rule.h"

namespace cleat::rbac {

struct BootstrapRole {
  std::string ns, name;  // without a namespace it is a ClusterRole
  Rules rules;
  // The roles "admin", "edit" and "view" whose rules these become as well (labels aggregate-to-NAME).
  std::vector<std::string> aggregatesTo = {};
  // The role has no rules of its own but collects those that aggregate to it.
  bool aggregated = false;
};

struct BootstrapSubject {
  std::string kind, ns, name;  // "User", "Group" or "ServiceAccount"
};

struct BootstrapBinding {
  std::string ns, name, role;                   // in a namespace to a role in it
  std::vector<BootstrapSubject> subjects = {};  // none: it is bound to nobody
};

struct BootstrapPolicy {
  std::vector<BootstrapRole> roles;
  std::vector<BootstrapBinding> bindings;
};

// What every cluster needs before it is used, and what Kubernetes' own parts need that may run beside a server.
const BootstrapPolicy& corePolicy();
const BootstrapPolicy& componentPolicy();
// Both files have this form; core_policy.txt says which.
BootstrapPolicy parsePolicy(std::string_view text);

// A manifest's grants: a rule a line, "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]"; "-" is the core group; with GROUP
// "url" the middle is paths.
Rules parseGrants(std::string_view text);

}  // namespace cleat::rbac
