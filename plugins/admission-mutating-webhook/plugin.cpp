// Has the webhooks of MutatingWebhookConfigurations change what is about to be written, one after the other.
#include <cleat/sdk/admission.h>

#include <set>

#include "webhook-common/hook_call.h"
#include "webhook-common/patched_object.h"

namespace cleat::webhook {

class MutatingWebhooks : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    store_.start();
    calls_.start();
    co_return Result<void>();
  }
  void stop() override { calls_.stop(); }

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .mutates = true}}; }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    if (!store_.synced()) co_await store_.waitSynced();
    if (store_.empty()) co_return Result<void>();
    HookedRequest hooked(request, request.deadline());
    if (hooked.asked.isExempt()) co_return Result<void>();
    auto looking = calls_.look(hooked);
    if (auto looked = co_await std::move(looking); !looked) co_return request.retry(looked.error());
    const std::vector<HookPtr> hooks = store_.matching(hooked.asked.facts);
    if (hooks.empty()) co_return Result<void>();
    if (auto shown = HookCalls::showObjects(hooked); !shown) co_return request.refuse(shown.error());
    Work work{hooked};
    for (const HookPtr& hook : hooks) {
      auto asking = askOne(hook, work);
      co_await std::move(asking);
      if (work.refused) break;
    }
    // Whoever asks for it sees once more what others have made of the object after it.
    const std::set<HookPtr> again = std::exchange(work.again, {});
    for (const HookPtr& hook : hooks) {
      if (work.refused || !again.contains(hook)) continue;
      auto asking = askOne(hook, work);
      co_await std::move(asking);
    }
    if (!work.warnings.empty()) request.warn(work.warnings);
    if (work.refused) co_return request.refuse(*std::move(work.refused));
    if (work.changed) request.replace(Draft<meta_v1::AnyObject>(Object<meta_v1::AnyObject>(hooked.asked.object)));
    co_return Result<void>();
  }

 private:
  struct Work {
    HookedRequest& hooked;
    bool changed = false;
    std::optional<Status> refused = {};
    std::vector<std::string> warnings = {};
    std::set<HookPtr> seen = {};   // those that want to be asked again and have seen the object as it is now
    std::set<HookPtr> again = {};  // those of them that have not
  };

  Task<void> askOne(HookPtr hook, Work& work) {
    auto asking = calls_.ask(hook, work.hooked);
    HookVerdict verdict = co_await std::move(asking);
    for (std::string& warning : verdict.warnings) work.warnings.push_back(std::move(warning));
    work.refused = std::move(verdict.refused);
    if (!work.refused && verdict.patch && !verdict.patch->items.empty()) work.refused = change(*hook, verdict, work);
    if (verdict.asked && hook->isReinvoked) work.seen.insert(hook);
  }

  // Takes the patch; why it cannot be taken.
  static std::optional<Status> change(const Hook& hook, const HookVerdict& verdict, Work& work) {
    policy::PolicyRequest& asked = work.hooked.asked;
    const role::Operation operation = asked.params.getOperation();
    if (operation == role::Operation::DELETE || operation == role::Operation::CONNECT) {
      return Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                     " attempted to modify the object, which is not supported for this operation"));
    }
    auto patched = patchedObject(asked.object, asked.kind, asked.isCustom, *verdict.patch);
    if (!patched) {
      return Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                     " returned a patch that cannot be applied: ", patched.error().message));
    }
    asked.object = std::move(*patched).freezeAny();
    const std::string before = work.hooked.texts.object;
    if (auto shown = HookCalls::showObjects(work.hooked); !shown) return shown.error();
    if (work.hooked.texts.object == before) return std::nullopt;
    work.changed = true;
    work.again.merge(work.seen);
    work.seen.clear();
    return std::nullopt;
  }

  HookStore<admissionregistration_v1::MutatingWebhookConfiguration> store_{context()};
  HookCalls calls_{context()};
};

}  // namespace cleat::webhook

CLEAT_PLUGIN(cleat::webhook::MutatingWebhooks, .name = "admission-mutating-webhook", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission",
             .grants =
                 "admissionregistration.k8s.io mutatingwebhookconfigurations get,list,watch\n"
                 "- namespaces,services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n"
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n");
