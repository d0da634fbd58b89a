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
#include <set>
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

  struct Bound {
    Object<Binding> object;
    std::shared_ptr<const Matcher> matcher;
  };
  // As it is when somebody has found it: one that becomes another is another entry.
  struct Entry : Indexed {
    Object<Policy> object;
    std::shared_ptr<const Compiled> compiled;
    std::vector<std::shared_ptr<const Bound>> bindings;  // in the order of their names
  };
  using EntryRef = std::shared_ptr<const Entry>;
  // Those that are bound and whose rules match, in the order of their names.
  std::vector<EntryRef> matching(const RequestFacts& request) const {
    MatchIndex::Found indexed = index_.candidates(request);
    std::vector<EntryRef> found;
    found.reserve(indexed.size());
    for (auto& each : indexed) found.push_back(std::static_pointer_cast<const Entry>(std::move(each)));
    return found;
  }

 private:
  void policyChanged(const Object<Policy>& before, const Object<Policy>& now) {
    if (!now) {
      const std::string name = str(before.name());
      index_.remove(name);
      policies_.erase(name);
      return;
    }
    const std::string name = str(now.name());
    Entry entry;
    if (auto known = policies_.find(name); known != policies_.end()) entry = *known->second;
    // What its status says makes no difference.
    const bool sameSpec = before && entry.compiled && before.uid() == now.uid() &&
                          before.meta().getGeneration() == now.meta().getGeneration();
    entry.object = now;
    if (!sameSpec) {
      entry.name = name;
      entry.matcher = std::make_shared<const Matcher>(now->getSpec().getMatchConstraints());
      entry.compiled = Compiled::compile(*now);
    }
    put(std::move(entry));
  }

  void bindingChanged(const Object<Binding>& before, const Object<Binding>& now) {
    const std::string was = before ? str(view(before->getSpec().getPolicyName())) : std::string();
    const std::string is = now ? str(view(now->getSpec().getPolicyName())) : std::string();
    if (before) {
      auto of = bindings_.find(was);
      if (of != bindings_.end()) {
        of->second.erase(str(before.name()));
        if (of->second.empty()) bindings_.erase(of);
      }
    }
    if (now) {
      bindings_[is][str(now.name())] = std::make_shared<const Bound>(
          Bound{now, std::make_shared<const Matcher>(now->getSpec().getMatchResources())});
    }
    for (const std::string& policy : std::set<std::string>{was, is}) {
      auto known = policies_.find(policy);
      if (known != policies_.end()) put(*known->second);
    }
  }

  // With its bindings as they are now. Without one it matches nothing.
  void put(Entry entry) {
    entry.bindings.clear();
    if (auto of = bindings_.find(entry.name); of != bindings_.end()) {
      for (const auto& [name, bound] : of->second) entry.bindings.push_back(bound);
    }
    auto shared = std::make_shared<const Entry>(std::move(entry));
    if (shared->bindings.empty()) {
      index_.remove(shared->name);
    } else {
      index_.add(shared);
    }
    policies_[shared->name] = std::move(shared);
  }

  std::function<void()> changed_;
  Informer<Policy> policyInformer_;
  Informer<Binding> bindingInformer_;
  std::map<std::string, EntryRef, std::less<>> policies_;
  // By policy and name.
  std::map<std::string, std::map<std::string, std::shared_ptr<const Bound>>, std::less<>> bindings_;
  MatchIndex index_;
};

}  // namespace cleat::policy
