// Hook: one webhook of a configuration as requests meet it, and HookStore: all of them, found by an index.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/lists.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy-common/match_index.h"
#include "policy-common/policy_program.h"
#include "webhook-common/destination.h"

namespace cleat::webhook {

struct Hook {
  std::string name;
  Destination destination;
  std::chrono::seconds timeout{10};
  bool failsOpen = false;     // failurePolicy: Ignore
  bool takesDryRuns = false;  // it has no side effects then
  bool isReinvoked = false;   // reinvocationPolicy: IfNeeded
  bool mutates = false;       // its patches are taken
  std::string reviewVersion;  // of AdmissionReview; empty: it understands none that is known here
  std::vector<policy::PolicyProgram> conditions;
  policy::Spoken spoken;  // of what, by the conditions
  std::shared_ptr<const policy::Matcher> matcher;
};
using HookPtr = std::shared_ptr<const Hook>;

namespace detail {

// What is the same for webhooks of both kinds of configuration.
HookPtr makeHook(Hook hook, capnp::List<admissionregistration_v1::RuleWithOperations>::Reader rules,
                 admissionregistration_v1::MatchResources::Reader selectors,
                 capnp::List<admissionregistration_v1::MatchCondition>::Reader conditions);

template <class Reader>
constexpr bool kMutates = requires(Reader hook) { hook.getReinvocationPolicy(); };

}  // namespace detail

// Of a ValidatingWebhook or a MutatingWebhook.
template <class Reader>
HookPtr compileHook(Reader from) {
  Hook hook;
  hook.name = str(view(from.getName()));
  hook.destination = Destination::of(from.getClientConfig());
  if (from.hasTimeoutSeconds()) hook.timeout = std::chrono::seconds(from.getTimeoutSeconds().getValue());
  hook.failsOpen = view(from.getFailurePolicy()) == "Ignore";
  const std::string_view effects = view(from.getSideEffects());
  hook.takesDryRuns = effects == "None" || effects == "NoneOnDryRun";
  if constexpr (detail::kMutates<Reader>) {
    hook.mutates = true;
    hook.isReinvoked = view(from.getReinvocationPolicy()) == "IfNeeded";
  }
  hook.reviewVersion = knownReviewVersion(from.getAdmissionReviewVersions());
  Draft<admissionregistration_v1::MatchResources> selectors;
  selectors->setMatchPolicy(from.getMatchPolicy());
  selectors->setNamespaceSelector(from.getNamespaceSelector());
  selectors->setObjectSelector(from.getObjectSelector());
  return detail::makeHook(std::move(hook), from.getRules(), selectors.reader(), from.getMatchConditions());
}

// The webhooks of all configurations of a kind, as these come and go. Everything happens on the strand.
template <class Configuration>
class HookStore {
 public:
  explicit HookStore(Context& context) : informer_(context) {
    informer_.onChange([this](const auto& before, const auto& now) {
      change(before, now);
      if (changed_) changed_();
    });
  }

  // Called after each change.
  void onChange(std::function<void()> call) { changed_ = std::move(call); }
  void start() { informer_.start(); }
  bool synced() const { return informer_.synced(); }
  Task<void> waitSynced() { return informer_.waitSynced(); }
  bool empty() const { return index_.empty(); }

  // Those whose rules match: by the names of their configurations, then as they stand there.
  std::vector<HookPtr> matching(const policy::RequestFacts& request) const {
    std::vector<HookPtr> found;
    for (const auto& each : index_.candidates(request)) found.push_back(static_cast<const Place&>(*each).hook);
    return found;
  }

 private:
  struct Place : policy::Indexed {
    HookPtr hook;
  };

  static std::string keyOf(std::string_view configuration, uint32_t place) {
    std::string number = std::to_string(place);
    number.insert(0, 10 - number.size(), '0');
    return concat(configuration, '\x01', number);
  }

  void change(const Object<Configuration>& before, const Object<Configuration>& now) {
    if (before) {
      for (uint32_t i = 0; i < before->getWebhooks().size(); ++i) {
        index_.remove(keyOf(before.name(), i));
      }
    }
    if (!now) return;
    auto webhooks = now->getWebhooks();
    for (uint32_t i = 0; i < webhooks.size(); ++i) {
      HookPtr hook = compileHook(webhooks[i]);
      // Without rules it is never asked, while a policy without rules is about everything.
      if (hook->matcher->rules().empty()) continue;
      Place place{{keyOf(now.name(), i), hook->matcher}, hook};
      index_.add(std::make_shared<const Place>(std::move(place)));
    }
  }

  Informer<Configuration> informer_;
  std::function<void()> changed_;
  policy::MatchIndex index_;
};

}  // namespace cleat::webhook
