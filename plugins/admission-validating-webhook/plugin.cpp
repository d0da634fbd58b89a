// Asks the webhooks of ValidatingWebhookConfigurations whether they mind what is about to be written.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/when_all.h>

#include "webhook-common/webhook_plugin.h"

namespace cleat::webhook {

class ValidatingWebhooks : public WebhookPlugin<admissionregistration_v1::ValidatingWebhookConfiguration> {
 public:
  using WebhookPlugin::WebhookPlugin;

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .validates = true}}; }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const bool any = co_await hasHooks();
    if (!any) co_return Result<void>();
    HookedRequest hooked(request, request.deadline());
    auto finding = hooksFor(request, hooked);
    CLEAT_CO_TRY(const std::vector<HookPtr> hooks, co_await std::move(finding));
    if (hooks.empty()) co_return Result<void>();
    // None of them sees what another says, so all are asked at once.
    std::vector<Task<HookVerdict>> asking;
    for (const HookPtr& hook : hooks) asking.push_back(calls().ask(hook, hooked, hook != hooks.back()));
    auto all = whenAll(std::move(asking));
    std::vector<HookVerdict> verdicts = co_await std::move(all);
    std::vector<std::string> warnings;
    std::vector<std::pair<std::string, std::string>> annotations;
    for (HookVerdict& verdict : verdicts) {
      for (std::string& warning : verdict.warnings) warnings.push_back(std::move(warning));
      for (auto& annotation : verdict.annotations) annotations.push_back(std::move(annotation));
    }
    if (!warnings.empty()) request.warn(warnings);
    if (!annotations.empty()) request.annotate(annotations);
    for (HookVerdict& verdict : verdicts) {
      if (verdict.refused) co_return request.refuse(*std::move(verdict.refused));
    }
    co_return Result<void>();
  }
};

}  // namespace cleat::webhook

CLEAT_PLUGIN(cleat::webhook::ValidatingWebhooks, .name = "admission-validating-webhook", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission",
             .grants =
                 "admissionregistration.k8s.io validatingwebhookconfigurations get,list,watch\n"
                 "- namespaces,services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n"
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n");
