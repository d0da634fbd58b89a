// The policies and bindings that there are, compiled and indexed as they come and go.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admission-validating-policy/validating_policy.h"
#include "policy-common/match_index.h"

namespace cleat::policy {

class PolicyStore {
 public:
  using Policy = admissionregistration_v1::ValidatingAdmissionPolicy;
  using Binding = admissionregistration_v1::ValidatingAdmissionPolicyBinding;

  explicit PolicyStore(Context& context);

  void start();
  Task<void> waitSynced();

  struct Entry {
    Object<Policy> object;
    std::shared_ptr<const ValidatingPolicy> compiled;
    std::shared_ptr<const Matcher> matcher;
  };
  struct Bound {
    Object<Binding> object;
    std::shared_ptr<const Matcher> matcher;
  };
  // Those whose rules match, in the order of their names.
  std::vector<Entry> matching(const RequestFacts& request) const;
  std::vector<Bound> bindingsOf(std::string_view policy) const;
  bool empty() const { return policies_.empty() || bindings_.empty(); }

  // Whether users brought the kind, in which case its objects are trees and the same in all versions.
  bool isCustom(std::string_view group, std::string_view kind) const;

 private:
  void policyChanged(const Object<Policy>& before, const Object<Policy>& now);
  void bindingChanged(const Object<Binding>& before, const Object<Binding>& now);

  Informer<Policy> policyInformer_;
  Informer<Binding> bindingInformer_;
  Informer<apiextensions_v1::CustomResourceDefinition> definitions_;
  std::map<std::string, Entry, std::less<>> policies_;
  std::map<std::string, std::map<std::string, Bound>, std::less<>> bindings_;  // by policy and name
  MatchIndex index_;
};

}  // namespace cleat::policy
