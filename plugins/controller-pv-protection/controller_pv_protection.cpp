// Keeps volumes that are being deleted for as long as claims are bound to them.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/finalizer_guard.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_storage.h>

using namespace cleat;
using core_v1::PersistentVolume;

namespace {

class PvProtectionController : public ControllerPlugin {
 public:
  explicit PvProtectionController(Context& context) : ControllerPlugin(context, "pv-protection") {}

  Result<void> watch() override {
    controller().watch(volumes_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<PersistentVolume> volume = volumes_.get(key);
    if (!volume) co_return Reconciled();
    const bool used = view(volume->getStatus().getPhase()) == "Bound";
    if (guard_.mayGo(volume) && !used) co_return co_await guard_.release(volume);
    if (guard_.isUnguarded(volume)) co_return co_await guard_.guard(volume);
    co_return Reconciled();
  }

  FinalizerGuard<PersistentVolume> guard_{context(), "kubernetes.io/pv-protection"};
  Informer<PersistentVolume> volumes_{context()};
};

}  // namespace

CLEAT_PLUGIN(PvProtectionController, .name = "controller-pv-protection", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "- persistentvolumes get,list,watch,update\n");
