// Tells of bound claims that ask for more than they have that somebody else is waited for.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

using namespace cleat;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;

namespace {

Quantity had(const Object<PersistentVolumeClaim>& claim) {
  return Quantity::parse(valueIn(claim->getStatus().getCapacity(), volumes::kStorage)).value_or(Quantity());
}

class VolumeExpander : public ControllerPlugin {
 public:
  explicit VolumeExpander(Context& context) : ControllerPlugin(context, "persistent-volume-expander") {}

  Result<void> watch() override {
    claims_.onChange([this](const Object<PersistentVolumeClaim>& before, const Object<PersistentVolumeClaim>& now) {
      if (!now || view(now->getStatus().getPhase()) != "Bound") return;
      if (!before || volumes::requestOf(now) > volumes::requestOf(before)) controller().enqueue(now.key());
    });
    controller().needs(claims_);
    controller().needs(volumes_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<PersistentVolumeClaim> claim = claims_.get(key);
    if (!claim || volumes::requestOf(claim) <= had(claim)) co_return Reconciled();
    const Object<PersistentVolume> volume = volumes_.get(view(claim->getSpec().getVolumeName()));
    const bool isItsOwn = volume && view(volume->getSpec().getClaimRef().getUid()) == claim.uid();
    // The volume may not have been seen yet; nothing but a look later on brings the claim again.
    if (!isItsOwn) co_return fail(Status::unavailable("persistent Volume is not bound to PVC being updated : " + key));
    events_.normal(claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
    co_return Reconciled();
  }

  EventRecorder events_{context(), "volume_expand"};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
};

}  // namespace

CLEAT_PLUGIN(VolumeExpander, .name = "controller-persistent-volume-expander", .version = "0.1.0", .maturity = "alpha",
             .roles = "controller",
             .grants =
                 "- persistentvolumeclaims,persistentvolumes get,list,watch\n"
                 "- events create,patch,update\n");
