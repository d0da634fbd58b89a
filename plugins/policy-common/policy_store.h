// PolicyStore: the policies and bindings that there are, compiled and indexed as they come and go. Everything happens
// on the strand.
//
//   PolicyStore<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingPolicy> store(context);
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy-common/match_index.h"

namespace cleat::policy {

// `Compiled` is made by Compiled::compile(reader).
template <class Policy, class Binding, class Compiled>
class PolicyStore {
 public:
  explicit PolicyStore(Context& context) : policyInformer_(context), bindingInformer_(context) {
    policyInformer_.onChange([this](const auto& before, const auto& now) {
      policyChanged(before, now);
      if (changed_) changed_();
    });
    bindingInformer_.onChange([this](const auto& before, const auto& now) {
      bindingChanged(before, now);
      if (changed_) changed_();
    });
  }

  // Called after each change.
  void onChange(std::function<void()> call) { changed_ = std::move(call); }

  void start() {
    policyInformer_.start();
    bindingInformer_.start();
  }
  // Asked first by each request: to wait costs a task, and once for ever nobody has to.
  bool synced() const { return policyInformer_.synced() && bindingInformer_.synced(); }
  Task<void> waitSynced() {
    if (!policyInformer_.synced()) co_await policyInformer_.waitSynced();
    if (!bindingInformer_.synced()) co_await bindingInformer_.waitSynced();
  }
  bool empty() const { return policies_.empty() || bindings_.empty(); }

  struct Entry {
    Object<Policy> object;
    std::shared_ptr<const Compiled> compiled;
    std::shared_ptr<const Matcher> matcher;
  };
  struct Bound {
    Object<Binding> object;
    std::shared_ptr<const Matcher> matcher;
  };
  // Those whose rules match, in the order of their names.
  std::vector<Entry> matching(const RequestFacts& request) const {
    std::vector<Entry> found;
    for (const std::string& name : index_.candidates(request)) found.push_back(policies_.find(name)->second);
    return found;
  }
  std::vector<Bound> bindingsOf(std::string_view policy) const {
    std::vector<Bound> found;
    auto of = bindings_.find(policy);
    if (of == bindings_.end()) return found;
    for (const auto& [name, bound] : of->second) found.push_back(bound);
    return found;
  }

 private:
  void policyChanged(const Object<Policy>& before, const Object<Policy>& now) {
    if (!now) {
      index_.remove(str(before.name()));
      policies_.erase(str(before.name()));
      return;
    }
    // What its status says makes no difference.
    const std::string name = str(now.name());
    auto known = policies_.find(name);
    const bool sameSpec = before && known != policies_.end() && before.uid() == now.uid() &&
                          before.meta().getGeneration() == now.meta().getGeneration();
    if (sameSpec) {
      known->second.object = now;
      return;
    }
    auto matcher = std::make_shared<const Matcher>(now->getSpec().getMatchConstraints());
    index_.add(name, matcher);
    policies_[name] = {now, Compiled::compile(*now), std::move(matcher)};
  }

  void bindingChanged(const Object<Binding>& before, const Object<Binding>& now) {
    if (before) {
      auto of = bindings_.find(view(before->getSpec().getPolicyName()));
      if (of != bindings_.end()) {
        of->second.erase(str(before.name()));
        if (of->second.empty()) bindings_.erase(of);
      }
    }
    if (!now) return;
    bindings_[str(view(now->getSpec().getPolicyName()))][str(now.name())] = {
        now, std::make_shared<const Matcher>(now->getSpec().getMatchResources())};
  }

  std::function<void()> changed_;
  Informer<Policy> policyInformer_;
  Informer<Binding> bindingInformer_;
  std::map<std::string, Entry, std::less<>> policies_;
  std::map<std::string, std::map<std::string, Bound>, std::less<>> bindings_;  // by policy and name
  MatchIndex index_;
};

}  // namespace cleat::policy
