// WebhookPlugin: what the plugins for mutating and for validating webhooks have in common: the configurations that they
// follow, and how a request comes to its webhooks.
#pragma once

#include <cleat/sdk/admission.h>

#include <utility>
#include <vector>

#include "webhook-common/hook_call.h"

namespace cleat::webhook {

template <class Configuration>
class WebhookPlugin : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    store_.onChange([this] { wantWhatThereIs(); });
    store_.start();
    calls_.start();
    spawn(follow());
    co_return Result<void>();
  }
  void stop() override { calls_.stop(); }

 protected:
  // Mostly there are none at all, and nothing has to be found out about a request.
  Task<bool> hasHooks() {
    if (!store_.synced()) co_await store_.waitSynced();
    co_return !store_.empty();
  }

  // Those that the request's rules match, in order.
  Task<Result<std::vector<NumberedHook>>> hooksFor(AdmissionRequest& request, HookedRequest& hooked) {
    std::vector<NumberedHook> hooks;
    if (hooked.asked.isExempt()) co_return hooks;
    if (!calls_.lookHere(hooked)) {
      auto looking = calls_.look(hooked);
      if (auto looked = co_await std::move(looking); !looked) co_return request.retry(looked.error());
    }
    hooks = store_.matching(hooked.asked.facts);
    co_return hooks;
  }

  HookCalls& calls() { return calls_; }

 private:
  Task<void> follow() {
    co_await store_.waitSynced();
    wantWhatThereIs();
  }
  // While there are no webhooks no request has to come here.
  void wantWhatThereIs() {
    const bool none = store_.synced() && store_.empty();
    if (std::exchange(wantsNone_, none) != none) want(none ? std::vector<AdmissionInterest>() : interests());
  }

  bool wantsNone_ = false;
  HookStore<Configuration> store_{context()};
  HookCalls calls_{context()};
};

}  // namespace cleat::webhook
