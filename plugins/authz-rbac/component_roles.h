// The roles of Kubernetes' own components: its controller manager with each of its controllers, its scheduler, and a
// few that are for whoever takes over a task of theirs. A cluster begins with them, so that those programs work on it
// as they are.
#pragma once

#include <vector>

#include "bootstrap.h"

namespace cleat::rbac {

// Of the whole cluster.
std::vector<BootstrapRole> componentRoles();
std::vector<BootstrapBinding> componentBindings();
// Of one namespace each, which the role or binding names.
std::vector<BootstrapRole> namespaceRoles();
std::vector<BootstrapBinding> namespaceBindings();

}  // namespace cleat::rbac
