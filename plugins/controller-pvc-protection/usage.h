// Whether a pod uses a claim: by its name, or because the claim was made for one of the pod's ephemeral volumes.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/object.h>

namespace cleat::pvc_protection {

// Keeps a claim from being deleted: the pod is on a node, which may still have the volume in use.
bool holdsClaim(const Object<core_v1::Pod>& pod, const Object<core_v1::PersistentVolumeClaim>& claim);

// Refers to the claim and has not ended, wherever it is.
bool refersToClaim(const Object<core_v1::Pod>& pod, const Object<core_v1::PersistentVolumeClaim>& claim);

}  // namespace cleat::pvc_protection
