// A PersistentVolumeClaim as it is read here: metadata and spec, which are the first two fields of a claim as they are
// of a template for one.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

namespace cleat::quota {

using Claim = core_v1::PersistentVolumeClaimTemplate;

}  // namespace cleat::quota
