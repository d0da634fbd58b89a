// Hook: one webhook of a configuration as requests meet it, and HookStore: all of them, found by an index.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/lists.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy-common/match_index.h"
#include "policy-common/policy_program.h"
#include "webhook-common/destination.h"

namespace cleat::webhook {

struct Hook {
  std::string name, configuration;
  std::string key;  // tells it apart from all others
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
HookPtr compileHook(Reader from, std::string_view configuration, std::string key) {
  Hook hook;
  hook.name = str(view(from.getName()));
  hook.configuration = str(configuration);
  hook.key = std::move(key);
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

// A webhook, and which of all it is: of a kind of configuration, by the names of these and as they stand there.
struct NumberedHook {
  HookPtr hook;
  size_t number = 0;
};

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
  std::vector<NumberedHook> matching(const policy::RequestFacts& request) {
    if (!std::exchange(numbered_, true)) number();
    std::vector<NumberedHook> found;
    for (const auto& each : index_.candidates(request)) {
      const auto& place = static_cast<const Place&>(*each);
      found.push_back({place.hook, place.number});
    }
    return found;
  }

 private:
  struct Place : policy::Indexed {
    HookPtr hook;
    mutable size_t number = 0;
  };

  static std::string keyOf(std::string_view configuration, uint32_t place) {
    std::string number = std::to_string(place);
    number.insert(0, 10 - number.size(), '0');
    return concat(configuration, '\x01', number);
  }

  void change(const Object<Configuration>& before, const Object<Configuration>& now) {
    if (before) {
      for (uint32_t i = 0; i < before->getWebhooks().size(); ++i) {
        const std::string key = keyOf(before.name(), i);
        index_.remove(key);
        places_.erase(key);
      }
    }
    numbered_ = false;
    if (!now) return;
    auto webhooks = now->getWebhooks();
    for (uint32_t i = 0; i < webhooks.size(); ++i) {
      HookPtr hook = compileHook(webhooks[i], now.name(), keyOf(now.name(), i));
      const auto place = std::make_shared<const Place>(Place{{hook->key, hook->matcher}, hook});
      places_.emplace(hook->key, place);
      // Without rules it is never asked, while a policy without rules is about everything.
      if (!hook->matcher->rules().empty()) index_.add(place);
    }
  }

  void number() {
    size_t next = 0;
    for (const auto& [key, place] : places_) place->number = next++;
  }

  Informer<Configuration> informer_;
  std::function<void()> changed_;
  policy::MatchIndex index_;
  std::map<std::string, std::shared_ptr<const Place>> places_;  // all of them, in order
  bool numbered_ = false;
};

}  // namespace cleat::webhook
