#include "kinds-core/pod_rules.h"

#include <cleat/sdk/meta.h>

#include "kinds-common/pod_spec.h"

namespace cleat::kinds::core {

void validatePod(const Change<core_v1::Pod>& change, Findings& findings) {
  if (change.isStatus()) return;
  checkPodSpec(change.object.getSpec(), Path("spec"), findings);
}

}  // namespace cleat::kinds::core
