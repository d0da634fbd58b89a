// Escalation: nobody gives away what they do not have. A role may be written by who has all of its rules, or may
// `escalate` on it; a binding by who has all the rules of its role, or may `bind` it. Members of system:masters may do
// anything.
#pragma once

#include <capnp/any.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/rbac_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include "policy.h"

namespace cleat::rbac {

// The group whose members no rule binds.
bool isMaster(role::User::Reader user);

// Whether an update changes nothing but what the garbage collector does: owners and finalizers.
template <class K>
bool onlyForGarbageCollection(const Object<K>& old, const Object<K>& now);

// Whether the user may give these rules away in the namespace of the request: 403 in Kubernetes' words.
Result<void> mayGive(const Policy& policy, role::AdmissionParams::Reader params, const Rules& rules);

// Whether the user may write a role with these rules. `aggregates`: the role collects the rules of others, or did.
Result<void> checkRole(const Policy& policy, role::AdmissionParams::Reader params, const Rules& rules, bool aggregates);
// Whether the user may `bind` the role whatever its rules are.
bool mayBind(const Policy& policy, role::AdmissionParams::Reader params, rbac_v1::RoleRef::Reader role);

template <class K>
bool onlyForGarbageCollection(const Object<K>& old, const Object<K>& now) {
  Draft<K> draft(now);
  auto meta = draft.meta();
  auto before = old.meta();
  meta.disownOwnerReferences();
  meta.disownFinalizers();
  meta.disownManagedFields();
  if (before.hasOwnerReferences()) meta.setOwnerReferences(before.getOwnerReferences());
  if (before.hasFinalizers()) meta.setFinalizers(before.getFinalizers());
  if (before.hasManagedFields()) meta.setManagedFields(before.getManagedFields());
  meta.setResourceVersion(before.getResourceVersion());
  return capnp::toAny(draft.reader()) == capnp::toAny(*old);
}

}  // namespace cleat::rbac
