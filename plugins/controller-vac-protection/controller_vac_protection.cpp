// Keeps volume attributes classes that are being deleted for as long as claims or volumes name them.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/finalizer_guard.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <set>

using namespace cleat;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::VolumeAttributesClass;

namespace {

constexpr const char* kByClass = "class";

std::vector<std::string> named(std::initializer_list<capnp::Text::Reader> texts) {
  std::set<std::string> names;
  for (auto text : texts) {
    if (text.size() > 0) names.insert(str(text));
  }
  return {names.begin(), names.end()};
}

// What a claim asks for, has, and is about to have.
std::vector<std::string> classesOfClaim(const Object<PersistentVolumeClaim>& claim) {
  auto status = claim->getStatus();
  return named({claim->getSpec().getVolumeAttributesClassName(), status.getCurrentVolumeAttributesClassName(),
                status.getModifyVolumeStatus().getTargetVolumeAttributesClassName()});
}
std::vector<std::string> classesOfVolume(const Object<PersistentVolume>& volume) {
  return named({volume->getSpec().getVolumeAttributesClassName()});
}

class VacProtectionController : public ControllerPlugin {
 public:
  explicit VacProtectionController(Context& context) : ControllerPlugin(context, "vac-protection") {}

  Result<void> watch() override {
    claims_.addIndex(kByClass, classesOfClaim);
    volumes_.addIndex(kByClass, classesOfVolume);
    controller().watch(classes_);
    controller().watch(claims_, classesOfClaim);
    controller().watch(volumes_, classesOfVolume);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<VolumeAttributesClass> object = classes_.get(key);
    if (!object) co_return Reconciled();
    const bool used = !claims_.byIndex(kByClass, key).empty() || !volumes_.byIndex(kByClass, key).empty();
    if (guard_.mayGo(object) && !used) co_return co_await guard_.release(object);
    if (guard_.isUnguarded(object)) co_return co_await guard_.guard(object);
    co_return Reconciled();
  }

  FinalizerGuard<VolumeAttributesClass> guard_{context(), "kubernetes.io/vac-protection"};
  Informer<VolumeAttributesClass> classes_{context()};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<PersistentVolume> volumes_{context()};
};

}  // namespace

CLEAT_PLUGIN(VacProtectionController, .name = "controller-vac-protection", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- persistentvolumeclaims,persistentvolumes get,list,watch\n"
                 "storage.k8s.io volumeattributesclasses get,list,watch,update\n");
