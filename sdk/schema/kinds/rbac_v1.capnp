@0xa435b2fbe6d0d389;
# Kinds of the group rbac.authorization.k8s.io/v1, which say who may do what: Role, ClusterRole and
# their bindings. Rules only ever allow; nothing denies.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::rbac_v1");

struct Role $C.openapi("io.k8s.api.rbac.v1.Role") {
  # A set of rights within one namespace.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  rules @1 :List(PolicyRule) $C.proto([2]) $C.always $C.listType("atomic");
  # What the role allows. Rules add up.
}

struct RoleBinding $C.openapi("io.k8s.api.rbac.v1.RoleBinding") {
  # Grants a role to users, groups or service accounts within one namespace.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  subjects @1 :List(Subject) $C.proto([2]) $C.listType("atomic");
  # Who is granted the role.
  roleRef @2 :RoleRef $C.proto([3]) $C.required;
  # The role granted: a Role of this namespace, or a ClusterRole, whose rules then hold in this
  # namespace only. Cannot change after creation.
}

struct ClusterRole $C.openapi("io.k8s.api.rbac.v1.ClusterRole") {
  # A set of rights that can cover resources of cluster scope, all namespaces, and paths that are
  # not resources. It can also be bound in a single namespace.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  rules @1 :List(PolicyRule) $C.proto([2]) $C.always $C.listType("atomic");
  # What the role allows. Rules add up. With an aggregationRule the controller writes them.
  aggregationRule @2 :AggregationRule $C.proto([3]);
  # How to collect the rules from other ClusterRoles. While it is set, changes made to rules by hand
  # are overwritten.
}

struct ClusterRoleBinding $C.openapi("io.k8s.api.rbac.v1.ClusterRoleBinding") {
  # Grants a ClusterRole to users, groups or service accounts in the whole cluster.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  subjects @1 :List(Subject) $C.proto([2]) $C.listType("atomic");
  # Who is granted the role.
  roleRef @2 :RoleRef $C.proto([3]) $C.required;
  # The ClusterRole granted. Cannot change after creation.
}

struct AggregationRule $C.openapi("io.k8s.api.rbac.v1.AggregationRule") {
  # Which ClusterRoles are combined into one.
  clusterRoleSelectors @0 :List(Meta.LabelSelector) $C.proto([1]) $C.listType("atomic");
  # Selectors over ClusterRoles; the rules of every role that matches any of them are included.
}

struct PolicyRule $C.openapi("io.k8s.api.rbac.v1.PolicyRule") {
  # Things that are allowed. A rule covers either resources or paths, not both.
  verbs @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # What may be done, such as get, list or create; * stands for all verbs.
  apiGroups @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # API groups of the resources; "" is the core group and * stands for all.
  resources @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Resources in their plural form, such as pods, or with a subresource, such as pods/log; * stands
  # for all.
  resourceNames @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # Names of single objects the rule is confined to. Empty means all objects. Such a rule cannot
  # allow create or deletecollection, which name no object.
  nonResourceURLs @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # Paths such as /healthz, or with * as the last step. Allowed only in ClusterRoles bound by a
  # ClusterRoleBinding.
}

struct RoleRef $C.openapi("io.k8s.api.rbac.v1.RoleRef") $C.mapType("atomic") {
  # Points at the role that a binding grants.
  apiGroup @0 :Text $C.proto([1]) $C.always;
  # The role's API group: rbac.authorization.k8s.io, which is also the default.
  kind @1 :Text $C.proto([2]) $C.required;
  # Role or ClusterRole.
  name @2 :Text $C.proto([3]) $C.required;
  # The role's name.
}

struct Subject $C.openapi("io.k8s.api.rbac.v1.Subject") $C.mapType("atomic") {
  # Who a binding grants its role to.
  kind @0 :Text $C.proto([1]) $C.required;
  # User, Group or ServiceAccount.
  apiGroup @1 :Text $C.proto([2]);
  # The subject's API group. Defaults to "" for ServiceAccount, and to rbac.authorization.k8s.io for
  # User and Group.
  name @2 :Text $C.proto([3]) $C.required;
  # The name of the user, group or service account.
  namespace @3 :Text $C.proto([4]);
  # The service account's namespace. Must be empty for User and Group.
}
