// Asks the webhooks of ValidatingWebhookConfigurations whether they mind what is about to be written.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/when_all.h>

#include "webhook-common/webhook_plugin.h"

namespace cleat::webhook {

// As Kubernetes says it of a webhook that could not be asked and may fail.
constexpr std::string_view kFailedOpen = "failed-open.validating.webhook.admission.k8s.io/round_0_index_";

class ValidatingWebhooks : public WebhookPlugin<admissionregistration_v1::ValidatingWebhookConfiguration> {
 public:
  using WebhookPlugin::WebhookPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .validates = true, .waits = true}};
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const bool any = co_await hasHooks();
    if (!any) co_return Result<void>();
    HookedRequest hooked(policy::PolicyRequest(request), request.deadline());
    auto finding = hooksFor(request, hooked);
    CLEAT_CO_TRY(const std::vector<NumberedHook> hooks, co_await std::move(finding));
    if (hooks.empty()) co_return Result<void>();
    // None of them sees what another says, so all are asked at once.
    std::vector<Task<HookVerdict>> asking;
    for (const NumberedHook& each : hooks) asking.push_back(calls().ask(each.hook, hooked, &each != &hooks.back()));
    auto all = whenAll(std::move(asking));
    std::vector<HookVerdict> verdicts = co_await std::move(all);
    std::vector<std::string> warnings;
    std::vector<AuditAnnotation> annotations;
    size_t number = 0;  // of those that were to be asked
    for (size_t i = 0; i < verdicts.size(); ++i) {
      HookVerdict& verdict = verdicts[i];
      for (std::string& warning : verdict.warnings) warnings.push_back(std::move(warning));
      for (AuditAnnotation& annotation : verdict.annotations) annotations.push_back(std::move(annotation));
      if (verdict.failedOpen) annotations.push_back({concat(kFailedOpen, number), hooks[i].hook->name});
      if (verdict.asked) ++number;
    }
    if (!warnings.empty()) request.warn(warnings);
    if (!annotations.empty()) request.annotateInFull(annotations);
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
