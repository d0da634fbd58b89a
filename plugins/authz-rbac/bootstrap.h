// Roles and bindings of the bootstrap policy as objects, and what is to become of those that are there already.
#pragma once

#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/object.h>

#include <optional>

#include "bootstrap_policy.h"

namespace cleat::rbac {

// "false" on a role or binding: it is not set right at a start.
constexpr const char* kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

// As objects to create, with the annotation that lets a later start set them right. K is the kind of the cluster's or
// the one of a namespace.
template <class K>
Draft<K> makeRole(const BootstrapRole& role);
template <class K>
Draft<K> makeBinding(const BootstrapBinding& binding);

// What is to become of one that is there; none: it is right as it is, or says `autoupdate: "false"`.
// Labels, annotations, rules and subjects that are missing are added. What somebody has added of their own is kept, or
// taken away where it is to be just what is wanted. Subjects that earlier versions bound and that are bound no more are
// taken away in either case.
enum class Extra { keep, remove };
template <class K>
std::optional<Draft<K>> mendedRole(const Object<K>& have, Draft<K>& want, Extra extra);
template <class K>
std::optional<Draft<K>> mendedBinding(const Object<K>& have, Draft<K>& want, Extra extra);

}  // namespace cleat::rbac
