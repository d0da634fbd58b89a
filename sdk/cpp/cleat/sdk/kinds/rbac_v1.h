// The kinds of rbac.authorization.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/rbac_v1.capnp.
#pragma once

#include <cleat/schema/kinds/rbac_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<rbac_v1::Role> {
  static constexpr Resource resource{"rbac.authorization.k8s.io", "v1", "roles", "Role", true};
};
template <>
struct KindOf<rbac_v1::RoleBinding> {
  static constexpr Resource resource{"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true};
};
template <>
struct KindOf<rbac_v1::ClusterRole> {
  static constexpr Resource resource{"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false};
};
template <>
struct KindOf<rbac_v1::ClusterRoleBinding> {
  static constexpr Resource resource{"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding",
                                     false};
};

}  // namespace cleat
