// Gives claims that name no StorageClass the default one.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/storage_classes.h>

using namespace cleat;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

namespace {

class DefaultStorageClass : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.resource = "persistentvolumeclaims", .operations = {role::Operation::CREATE}, .mutates = true}};
  }

  // Claims are made seldom, and classes are few: they are asked for each time, so that a class made a moment ago
  // counts.
  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const auto claim = request.object<PersistentVolumeClaim>();
    if (storageClassOf(*claim)) co_return Result<void>();
    Result<ObjectList<StorageClass>> classes = co_await client_.list<StorageClass>();
    // Without the kind there is no default.
    if (!classes && classes.error().is(404)) co_return Result<void>();
    if (!classes) co_return request.retry(classes.error());
    const Object<StorageClass> chosen = defaultClassAmong(classes->items);
    if (!chosen) co_return Result<void>();
    Draft<PersistentVolumeClaim> given(claim);
    given->getSpec().setStorageClassName(std::string(chosen.name()));
    request.replace(std::move(given));
    co_return Result<void>();
  }

 private:
  Client client_{context()};
};

}  // namespace

CLEAT_PLUGIN(DefaultStorageClass, .name = "admission-default-storage-class", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "storage.k8s.io storageclasses list\n");
