#include "admission-validating-policy/policy_store.h"

namespace cleat::policy {

PolicyStore::PolicyStore(Context& context)
    : policyInformer_(context), bindingInformer_(context), definitions_(context) {
  policyInformer_.onChange([this](const auto& before, const auto& now) { policyChanged(before, now); });
  bindingInformer_.onChange([this](const auto& before, const auto& now) { bindingChanged(before, now); });
  definitions_.addIndex("kind", [](const Object<apiextensions_v1::CustomResourceDefinition>& definition) {
    auto spec = definition->getSpec();
    return std::vector{concat(spec.getGroup(), "/", spec.getNames().getKind())};
  });
}

void PolicyStore::start() {
  policyInformer_.start();
  bindingInformer_.start();
  definitions_.start();
}

Task<void> PolicyStore::waitSynced() {
  if (!policyInformer_.synced()) co_await policyInformer_.waitSynced();
  if (!bindingInformer_.synced()) co_await bindingInformer_.waitSynced();
  if (!definitions_.synced()) co_await definitions_.waitSynced();
}

void PolicyStore::policyChanged(const Object<Policy>& before, const Object<Policy>& now) {
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
  policies_[name] = {now, ValidatingPolicy::compile(*now), std::move(matcher)};
}

void PolicyStore::bindingChanged(const Object<Binding>& before, const Object<Binding>& now) {
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

std::vector<PolicyStore::Entry> PolicyStore::matching(const RequestFacts& request) const {
  std::vector<Entry> found;
  for (const std::string& name : index_.candidates(request)) found.push_back(policies_.find(name)->second);
  return found;
}

std::vector<PolicyStore::Bound> PolicyStore::bindingsOf(std::string_view policy) const {
  std::vector<Bound> found;
  auto of = bindings_.find(policy);
  if (of == bindings_.end()) return found;
  for (const auto& [name, bound] : of->second) found.push_back(bound);
  return found;
}

bool PolicyStore::isCustom(std::string_view group, std::string_view kind) const {
  return !group.empty() && !definitions_.byIndex("kind", concat(group, "/", kind)).empty();
}

}  // namespace cleat::policy
