// Keeps claims that are being deleted for as long as pods use them, and tells of bound claims whether any does.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/finalizer_guard.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>

#include <algorithm>

#include "usage.h"

using namespace cleat;
using namespace cleat::pvc_protection;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

namespace {

constexpr const char* kByClaim = "claim";
constexpr uint32_t kPage = 500;
constexpr std::string_view kUnused = "Unused";

using Usage = bool (*)(const Object<Pod>& pod, const Object<PersistentVolumeClaim>& claim);

class PvcProtectionController : public ControllerPlugin {
 public:
  explicit PvcProtectionController(Context& context) : ControllerPlugin(context, "pvc-protection") {}

  Result<void> watch() override {
    pods_.addIndex(kByClaim, volumeClaimKeysOf);
    controller().watch(claims_);
    controller().watch(pods_, volumeClaimKeysOf);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<PersistentVolumeClaim> claim = claims_.get(key);
    if (!claim) co_return Reconciled();
    if (guard_.mayGo(claim)) {
      CLEAT_CO_TRY(bool used, co_await isUsed(claim, holdsClaim));
      if (!used) co_return co_await guard_.release(claim);
      co_return Reconciled();
    }
    if (guard_.isUnguarded(claim)) co_return co_await guard_.guard(claim);
    // Until it is bound, its status is being written by whoever binds it.
    if (deletionPending(claim.meta()) || view(claim->getStatus().getPhase()) != "Bound") co_return Reconciled();
    co_return co_await noteUse(claim);
  }

  // What the informer does not show yet the server knows.
  Task<Result<bool>> isUsed(Object<PersistentVolumeClaim> claim, Usage usage) {
    if (isUsedByKnown(claim, usage)) co_return true;
    const std::string ns(claim.ns());
    std::string next;
    do {
      ListOptions options{.ns = ns, .labelSelector = {}, .fieldSelector = {}, .limit = kPage, .continueToken = next};
      CLEAT_CO_TRY(ObjectList<Pod> page, co_await client_.list<Pod>(options));
      for (const Object<Pod>& pod : page.items) {
        if (usage(pod, claim)) co_return true;
      }
      next = std::move(page.continueToken);
    } while (!next.empty());
    co_return false;
  }

  bool isUsedByKnown(const Object<PersistentVolumeClaim>& claim, Usage usage) const {
    return std::ranges::any_of(pods_.byIndex(kByClaim, keyOf(claim.ns(), claim.name())),
                               [&](const Object<Pod>& pod) { return usage(pod, claim); });
  }

  Task<Result<Reconciled>> noteUse(Object<PersistentVolumeClaim> claim) {
    auto known = findCondition(claim->getStatus().getConditions(), kUnused);
    // Nothing to say again, so the server need not be asked.
    if (known && (view(known->getStatus()) == "True") != isUsedByKnown(claim, refersToClaim)) co_return Reconciled();
    CLEAT_CO_TRY(bool used, co_await isUsed(claim, refersToClaim));
    Draft<PersistentVolumeClaim> draft(claim);
    const ConditionUpdate update{
        std::string(kUnused), used ? "False" : "True", used ? "PodUsingPVC" : "NoPodsUsingPVC",
        used ? "A pod is currently referencing this PVC" : "No pods are currently referencing this PVC",
        formatTime(context().wallNow())};
    if (!setCondition<core_v1::PersistentVolumeClaimCondition>(draft->getStatus(), update)) co_return Reconciled();
    Result<Object<PersistentVolumeClaim>> told = co_await client_.updateStatus(std::move(draft));
    if (!told && !told.error().is(404) && !told.error().is(409)) co_return fail(told.error());
    co_return Reconciled();
  }

  Client client_{context()};
  FinalizerGuard<PersistentVolumeClaim> guard_{context(), "kubernetes.io/pvc-protection"};
  Informer<PersistentVolumeClaim> claims_{context()};
  Informer<Pod> pods_{context(), {.only = [](const AnyRef& pod) { return refersToClaims(*Object<Pod>(pod)); }}};
};

}  // namespace

CLEAT_PLUGIN(PvcProtectionController, .name = "controller-pvc-protection", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- persistentvolumeclaims get,list,watch,update\n"
                 "- persistentvolumeclaims/status update\n"
                 "- pods get,list,watch\n");
