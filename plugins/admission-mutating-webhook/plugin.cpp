// Has the webhooks of MutatingWebhookConfigurations change what is about to be written, one after the other.
#include <cleat/sdk/admission.h>

#include <set>

#include "policy-common/json_patch.h"
#include "webhook-common/patched_object.h"
#include "webhook-common/webhook_plugin.h"

namespace cleat::webhook {

class MutatingWebhooks : public WebhookPlugin<admissionregistration_v1::MutatingWebhookConfiguration> {
 public:
  using WebhookPlugin::WebhookPlugin;

  std::vector<AdmissionInterest> interests() override { return {{.group = "*", .resource = "*/*", .mutates = true}}; }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const bool any = co_await hasHooks();
    if (!any) co_return Result<void>();
    HookedRequest hooked(request, request.deadline());
    auto finding = hooksFor(request, hooked);
    CLEAT_CO_TRY(const std::vector<HookPtr> hooks, co_await std::move(finding));
    if (hooks.empty()) co_return Result<void>();
    Work work{hooked};
    for (const HookPtr& hook : hooks) {
      work.isLast = hook == hooks.back();
      auto asking = askOne(hook, work);
      co_await std::move(asking);
      if (work.refused) break;
    }
    work.isLast = false;
    // Whoever asks for it sees once more what others have made of the object after it.
    const std::set<HookPtr> again = std::exchange(work.again, {});
    for (const HookPtr& hook : hooks) {
      if (work.refused || !again.contains(hook)) continue;
      auto asking = askOne(hook, work);
      co_await std::move(asking);
    }
    if (!work.warnings.empty()) request.warn(work.warnings);
    if (!work.annotations.empty()) request.annotate(work.annotations);
    if (work.refused) co_return request.refuse(*std::move(work.refused));
    if (work.changed && isAboutOptions(hooked.asked)) {
      request.replaceQuery(hooked.asked.query);
    } else if (work.changed) {
      request.replace(Draft<meta_v1::AnyObject>(Object<meta_v1::AnyObject>(hooked.asked.object)));
    }
    co_return Result<void>();
  }

 private:
  struct Work {
    HookedRequest& hooked;
    bool changed = false;
    bool isLast = false;  // nobody is asked behind the one that is being asked but those who want to be asked again
    std::optional<Status> refused = {};
    std::vector<std::string> warnings = {};
    std::vector<std::pair<std::string, std::string>> annotations = {};
    std::set<HookPtr> seen = {};   // those that want to be asked again and have seen the object as it is now
    std::set<HookPtr> again = {};  // those of them that have not
  };

  static bool isAboutOptions(const policy::PolicyRequest& asked) { return !asked.options.isAbsent(); }

  Task<void> askOne(HookPtr hook, Work& work) {
    auto asking = calls().ask(hook, work.hooked);
    HookVerdict verdict = co_await std::move(asking);
    for (std::string& warning : verdict.warnings) work.warnings.push_back(std::move(warning));
    for (auto& annotation : verdict.annotations) work.annotations.push_back(std::move(annotation));
    work.refused = std::move(verdict.refused);
    if (!work.refused && verdict.patch && !verdict.patch->items.empty()) {
      auto changing = change(*hook, verdict, work);
      work.refused = co_await std::move(changing);
    }
    if (verdict.asked && hook->isReinvoked) work.seen.insert(hook);
  }

  // Takes the patch; why it cannot be taken.
  Task<std::optional<Status>> change(const Hook& hook, const HookVerdict& verdict, Work& work) {
    policy::PolicyRequest& asked = work.hooked.asked;
    if (isAboutOptions(asked)) co_return changeOptions(hook, *verdict.patch, work);
    const role::Operation operation = asked.params.getOperation();
    if (operation == role::Operation::DELETE || operation == role::Operation::CONNECT) {
      co_return Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                        " attempted to modify the object, which is not supported for this operation"));
    }
    const policy::PolicyRequest& shown = verdict.shown ? *verdict.shown : asked;
    auto patched = patchedObject(shown.object, shown.kind, shown.isCustom, *verdict.patch);
    if (!patched) co_return patchFailed(hook, patched.error());
    auto converting = calls().asRequested(work.hooked, shown, std::move(*patched).freezeAny());
    auto converted = co_await std::move(converting);
    if (!converted) co_return converted.error();
    AnyRef changed = *std::move(converted);
    // Nobody is shown it any more, so that nobody has to be told whether it has become another.
    if (work.isLast && work.seen.empty()) {
      asked.object = std::move(changed);
      work.changed = true;
      co_return std::nullopt;
    }
    if (auto texts = HookCalls::showObjects(work.hooked); !texts) co_return texts.error();
    asked.object = std::move(changed);
    co_return noteChange(work);
  }

  // The same of the options of a connection.
  static std::optional<Status> changeOptions(const Hook& hook, const policy::Document& patch, Work& work) {
    policy::PolicyRequest& asked = work.hooked.asked;
    auto options = policy::documentOf(asked.options);
    if (!options) return options.error();
    Result<void> patched = policy::applyJsonPatch(*options, patch);
    if (patched) patched = asked.replaceOptions(*options);
    if (!patched) return patchFailed(hook, patched.error());
    return noteChange(work);
  }

  static Status patchFailed(const Hook& hook, const Status& why) {
    return Status::internal(concat("Internal error occurred: admission webhook ", inQuotes(hook.name),
                                   " returned a patch that cannot be applied: ", why.message));
  }

  // What was shown last is compared with what there is now.
  static std::optional<Status> noteChange(Work& work) {
    const std::string before = std::move(work.hooked.texts.object);
    if (auto texts = HookCalls::showObject(work.hooked); !texts) return texts.error();
    if (work.hooked.texts.object == before) return std::nullopt;
    work.changed = true;
    work.again.merge(work.seen);
    work.seen.clear();
    return std::nullopt;
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
