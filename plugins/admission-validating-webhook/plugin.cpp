// Asks the webhooks of ValidatingWebhookConfigurations whether they mind what is about to be written.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/when_all.h>

#include "webhook-common/hook_call.h"

namespace cleat::webhook {

class ValidatingWebhooks : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    store_.start();
    calls_.start();
    co_return Result<void>();
  }
  void stop() override { calls_.stop(); }

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .validates = true}}; }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    if (!store_.synced()) co_await store_.waitSynced();
    if (store_.empty()) co_return Result<void>();
    HookedRequest hooked(request, request.deadline());
    if (hooked.asked.isExempt()) co_return Result<void>();
    auto looking = calls_.look(hooked);
    if (auto looked = co_await std::move(looking); !looked) co_return request.retry(looked.error());
    const std::vector<HookPtr> hooks = store_.matching(hooked.asked.facts);
    if (hooks.empty()) co_return Result<void>();
    if (auto shown = HookCalls::showObjects(hooked); !shown) co_return request.refuse(shown.error());
    // None of them sees what another says, so all are asked at once.
    std::vector<Task<HookVerdict>> asking;
    for (const HookPtr& hook : hooks) asking.push_back(calls_.ask(hook, hooked));
    auto all = whenAll(std::move(asking));
    std::vector<HookVerdict> verdicts = co_await std::move(all);
    std::vector<std::string> warnings;
    for (HookVerdict& verdict : verdicts) {
      for (std::string& warning : verdict.warnings) warnings.push_back(std::move(warning));
    }
    if (!warnings.empty()) request.warn(warnings);
    for (HookVerdict& verdict : verdicts) {
      if (verdict.refused) co_return request.refuse(*std::move(verdict.refused));
    }
    co_return Result<void>();
  }

 private:
  HookStore<admissionregistration_v1::ValidatingWebhookConfiguration> store_{context()};
  HookCalls calls_{context()};
};

}  // namespace cleat::webhook

CLEAT_PLUGIN(cleat::webhook::ValidatingWebhooks, .name = "admission-validating-webhook", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission",
             .grants =
                 "admissionregistration.k8s.io validatingwebhookconfigurations get,list,watch\n"
                 "- namespaces,services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n"
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n");
