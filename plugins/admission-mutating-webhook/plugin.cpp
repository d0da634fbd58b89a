// Has the webhooks of MutatingWebhookConfigurations change what is about to be written, one after the other.
#include <cleat/sdk/admission.h>

#include "admission-mutating-webhook/audit_notes.h"
#include "policy-common/json_patch.h"
#include "policy-common/reinvocation.h"
#include "policy-common/same_object.h"
#include "webhook-common/patched_object.h"
#include "webhook-common/webhook_plugin.h"

namespace cleat::webhook {

class MutatingWebhooks : public WebhookPlugin<admissionregistration_v1::MutatingWebhookConfiguration> {
 public:
  using WebhookPlugin::WebhookPlugin;

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "*", .resource = "*/*", .mutates = true, .waits = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const bool any = co_await hasHooks();
    if (!any) co_return Result<void>();
    policy::Reinvocation again(request);
    HookedRequest hooked(policy::PolicyRequest(request), again.deadline());
    auto finding = hooksFor(request, hooked);
    CLEAT_CO_TRY(const std::vector<NumberedHook> hooks, co_await std::move(finding));
    if (hooks.empty()) co_return Result<void>();
    Work work{hooked, again};
    for (const NumberedHook& hook : hooks) {
      if (!again.asks(hook.hook->key)) continue;
      const bool matches = hooked.asked.matchesBeyondRules(*hook.hook->matcher);
      if (matches && again.hasToStop()) {
        again.stop();
        break;
      }
      again.begins(hook.hook->key);
      if (!matches) continue;
      auto asking = askOne(hook, work);
      co_await std::move(asking);
      if (work.refused) break;
    }
    if (!work.warnings.empty()) request.warn(work.warnings);
    if (!work.notes.empty()) request.annotateInFull(work.notes);
    if (work.refused) co_return request.refuse(*std::move(work.refused));
    again.keep(request);
    if (again.hasToStop()) hooked.asked.replaceIn(request);
    co_return Result<void>();
  }

 private:
  struct Work {
    HookedRequest& hooked;
    policy::Reinvocation& again;
    std::optional<Status> refused = {};
    std::vector<std::string> warnings = {};
    std::vector<AuditAnnotation> notes = {};
  };

  Task<void> askOne(const NumberedHook& numbered, Work& work) {
    const HookPtr hook = numbered.hook;
    const role::AdmissionParams::Reader params = work.hooked.asked.params;
    const AskedHook asked{*hook, numbered.number, work.again.isSecond()};
    auto asking = calls().ask(hook, work.hooked);
    HookVerdict verdict = co_await std::move(asking);
    for (std::string& warning : verdict.warnings) work.warnings.push_back(std::move(warning));
    for (AuditAnnotation& note : verdict.annotations) work.notes.push_back(std::move(note));
    work.refused = std::move(verdict.refused);
    bool changed = false;
    if (!work.refused && verdict.patch && !verdict.patch->items.empty()) {
      auto changing = change(*hook, verdict, work.hooked);
      const Result<bool> done = co_await std::move(changing);
      if (!done) work.refused = done.error();
      changed = done.value_or(false);
      if (done && params.getBodiesAudited()) work.notes.push_back(patchNote(asked, verdict.patchJson));
    }
    if (!verdict.asked) co_return;
    if (params.getAudited()) work.notes.push_back(mutationNote(asked, changed));
    if (verdict.failedOpen && params.getAudited()) work.notes.push_back(failedOpenNote(asked));
    if (changed) work.again.changed();
    if (hook->isReinvoked) work.again.hasSeen(hook->key);
  }

  // Takes the patch; whether that has made another object of it. An error is why it cannot be taken.
  Task<Result<bool>> change(const Hook& hook, const HookVerdict& verdict, HookedRequest& hooked) {
    const policy::PolicyRequest& asked = hooked.asked;
    if (asked.isAboutOptions()) co_return changeOptions(hook, *verdict.patch, hooked);
    const role::Operation operation = asked.params.getOperation();
    if (operation == role::Operation::DELETE || operation == role::Operation::CONNECT) {
      co_return fail(
          Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                  " attempted to modify the object, which is not supported for this operation")));
    }
    const policy::PolicyRequest& shown = verdict.shown ? *verdict.shown : asked;
    auto patched = patchedObject(shown.object, shown.kind, shown.isCustom, *verdict.patch);
    if (!patched) co_return fail(patchFailed(hook, patched.error()));
    AnyRef changed = std::move(*patched).freezeAny();
    if (policy::sameObject(shown.object, changed)) co_return false;
    auto converting = calls().asRequested(hooked, shown, std::move(changed));
    CLEAT_CO_TRY(changed, co_await std::move(converting));
    hooked.setObject(std::move(changed));
    co_return true;
  }

  // The same of the options of a connection.
  static Result<bool> changeOptions(const Hook& hook, const policy::Document& patch, HookedRequest& hooked) {
    CLEAT_TRY(const policy::Document before, policy::documentOf(hooked.asked.options));
    policy::Document options = before;
    Result<void> patched = policy::applyJsonPatch(options, patch);
    if (patched) patched = hooked.asked.replaceOptions(options);
    if (!patched) return fail(patchFailed(hook, patched.error()));
    hooked.hasObjectText = false;
    return !(options == before);
  }

  static Status patchFailed(const Hook& hook, const Status& why) {
    return Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                   " returned a patch that cannot be applied: ", why.message));
  }
};

}  // namespace cleat::webhook

CLEAT_PLUGIN(cleat::webhook::MutatingWebhooks, .name = "admission-mutating-webhook", .version = "0.1.0",
             .maturity = "alpha", .roles = "admission",
             .grants =
                 "admissionregistration.k8s.io mutatingwebhookconfigurations get,list,watch\n"
                 "- namespaces,services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n"
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n");
