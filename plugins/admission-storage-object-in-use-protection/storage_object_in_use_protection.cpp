// Puts a finalizer on new claims, volumes and volume attributes classes, so that none goes while it is in use.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>

using namespace cleat;

namespace {

class StorageObjectInUseProtection : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    auto creates = [](const char* group, const char* resource) {
      return AdmissionInterest{
          .group = group, .resource = resource, .operations = {role::Operation::CREATE}, .mutates = true};
    };
    return {creates("", "persistentvolumeclaims"), creates("", "persistentvolumes"),
            creates("storage.k8s.io", "volumeattributesclasses")};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const std::string_view resource = request.resource();
    if (resource == "persistentvolumeclaims") {
      protect<core_v1::PersistentVolumeClaim>(request, "kubernetes.io/pvc-protection");
    } else if (resource == "persistentvolumes") {
      protect<core_v1::PersistentVolume>(request, "kubernetes.io/pv-protection");
    } else {
      protect<storage_v1::VolumeAttributesClass>(request, "kubernetes.io/vac-protection");
    }
    co_return Result<void>();
  }

 private:
  template <class K>
  static void protect(AdmissionRequest& request, std::string_view finalizer) {
    Draft<K> draft(request.object<K>());
    if (addFinalizer(draft.meta(), finalizer)) request.replace(std::move(draft));
  }
};

}  // namespace

CLEAT_PLUGIN(StorageObjectInUseProtection, .name = "admission-storage-object-in-use-protection", .version = "0.1.0",
             .maturity = "beta", .roles = "admission");
