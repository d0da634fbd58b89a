// Refuses to let claims grow whose class does not make volumes larger.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/storage_classes.h>

using namespace cleat;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

namespace {

Quantity sizeOf(PersistentVolumeClaim::Reader claim) {
  const std::string_view text = valueIn(claim.getSpec().getResources().getRequests(), "storage");
  return Quantity::parse(text).value_or(Quantity());
}

class PersistentVolumeClaimResize : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "persistentvolumeclaims", .operations = {role::Operation::UPDATE}, .validates = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const auto now = request.object<PersistentVolumeClaim>(), old = request.old<PersistentVolumeClaim>();
    if (sizeOf(*now) <= sizeOf(*old)) co_return Result<void>();
    if (view(old->getStatus().getPhase()) != "Bound") {
      co_return request.forbid("Only bound persistent volume claims can be expanded");
    }
    const std::string name(storageClassOf(*now).value_or(""));
    Result<bool> expandable = false;
    if (!name.empty() && storageClassOf(*old) == name) expandable = co_await allowsExpansion(name);
    if (!expandable) co_return request.retry(expandable.error());
    if (*expandable) co_return Result<void>();
    co_return request.forbid(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support "
        "resize");
  }

 private:
  Task<Result<bool>> allowsExpansion(std::string name) {
    Result<Object<StorageClass>> found = co_await client_.get<StorageClass>(name);
    if (!found && found.error().is(404)) co_return false;
    if (!found) co_return fail(found.error());
    co_return valueOr((*found)->getAllowVolumeExpansion(), false);
  }

  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(PersistentVolumeClaimResize, .name = "admission-persistent-volume-claim-resize", .version = "0.1.0",
             .maturity = "beta", .roles = "admission", .grants = "storage.k8s.io storageclasses get\n");
