#include "core/gate/chains.h"

#include <algorithm>

namespace cleat::gate {

bool AdmissionPlugin::wants(const ChangeRequest& request, AdmissionPass pass, const Message* object) const {
  if (policy && !policy->takes(request)) return false;
  return std::ranges::any_of(rules, [&](const InterestRule& rule) { return rule.wants(request, pass, object); });
}

bool AdmissionPlugin::waits(const ChangeRequest& request, AdmissionPass pass) const {
  return std::ranges::any_of(
      rules, [&](const InterestRule& rule) { return rule.waits() && rule.wants(request, pass, nullptr); });
}

std::shared_ptr<const ChainSet> Chains::get() const {
  // Read first: what changes while this looks is seen by the next.
  const uint64_t generation = roles_.generation();
  {
    MutexLock lock(mutex_);
    if (generation != 0 && set_ && set_->generation == generation) return set_;
  }
  std::shared_ptr<const ChainSet> made = compile(generation);
  MutexLock lock(mutex_);
  set_ = made;
  return made;
}

std::shared_ptr<const ChainSet> Chains::compile(uint64_t generation) const {
  auto set = std::make_shared<ChainSet>();
  set->generation = generation;
  set->authenticators = roles_.chain("authenticator");
  set->authorizers = roles_.chain("authorizer");
  for (std::string& name : roles_.chain("admission")) {
    AdmissionPlugin& plugin = set->admission.emplace_back();
    if (const Ref<const Message> wanted = roles_.interests(name)) {
      for (role::Rule::Reader rule : wanted->root<role::Interests>().getRules()) plugin.rules.emplace_back(rule);
    }
    if (auto found = operator_.policies.find(name); found != operator_.policies.end()) plugin.policy = found->second;
    if (operator_.times) plugin.times = operator_.times->of(name);
    plugin.name = std::move(name);
  }
  return set;
}

}  // namespace cleat::gate
