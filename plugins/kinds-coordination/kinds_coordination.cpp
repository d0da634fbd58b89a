// kinds-coordination: coordination.k8s.io/v1, the leases by which one of many takes the lead and nodes show signs of
// life.
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds {

namespace {

// How several candidates agree on a holder is a feature that is off by default in Kubernetes: what is new does not have
// its fields.
void dropCandidates(coordination_v1::Lease::Builder lease, const Change<coordination_v1::Lease>& change) {
  auto spec = lease.getSpec();
  const auto old = change.old ? change.old->getSpec() : coordination_v1::LeaseSpec::Reader();
  if (!old.hasStrategy()) spec.disownStrategy();
  if (!old.hasPreferredHolder()) spec.disownPreferredHolder();
}

void validateLease(const Change<coordination_v1::Lease>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  const Path path("spec");
  if (isSet(spec.getLeaseDurationSeconds()) && spec.getLeaseDurationSeconds().getValue() <= 0) {
    findings.invalid(path / "leaseDurationSeconds", spec.getLeaseDurationSeconds().getValue(),
                     "must be greater than 0");
  }
  if (isSet(spec.getLeaseTransitions()) && spec.getLeaseTransitions().getValue() < 0) {
    findings.invalid(path / "leaseTransitions", spec.getLeaseTransitions().getValue(), kNotNegative);
  }
}

void printLease(coordination_v1::Lease::Reader lease, Cells& cells) {
  cells.text(lease.getMetadata().getName());
  cells.text(lease.getSpec().getHolderIdentity());
  cells.age(lease.getMetadata().getCreationTimestamp());
}

}  // namespace

class CoordinationKinds : public KindsPlugin {
 public:
  explicit CoordinationKinds(Context& context) : KindsPlugin(context) {
    table().add<coordination_v1::Lease>(
        {.structFile = "kinds/coordination_v1.capnp",
         .columns = {nameColumn(), {"Holder", "string", "Who holds the lease."}, ageColumn()},
         .keepsGeneration = true,
         .createsOnUpdate = true,
         .updateNeedsRevision = true,
         .anyFinalizers = true},
        {dropCandidates, validateLease, printLease});
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::CoordinationKinds, .name = "kinds-coordination", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
