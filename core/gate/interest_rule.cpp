#include "core/gate/interest_rule.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/gate/calls.h"
#include "core/object/has_field.h"

namespace cleat::gate {

InterestRule::InterestRule(role::Rule::Reader rule)
    : group_(rule.getGroup()), resource_(rule.getResource()), mutates_(rule.getMutates()),
      validates_(rule.getValidates()), withdraws_(rule.getWithdraws()), waits_(rule.getWaits()) {
  if (const size_t slash = resource_.find('/'); slash != std::string::npos) {
    subresource_ = resource_.substr(slash + 1);
    resource_.resize(slash);
  }
  anyGroup_ = group_ == "*";
  anyResource_ = resource_ == "*";
  anySubresource_ = subresource_ == "*";
  for (auto group : rule.getUserGroups()) userGroups_.push_back(str(group));
  for (auto field : rule.getFields()) fields_.push_back(str(field));
  for (role::Operation operation : rule.getOperations()) operations_ |= 1u << static_cast<uint16_t>(operation);
}

// "*/*" is everything, subresources or none; "pods/*" each subresource of pods.
bool InterestRule::named(const std::string& plural, const std::string& subresource) const {
  if (anyResource_ && anySubresource_) return true;
  if (!anyResource_ && resource_ != plural) return false;
  if (subresource.empty()) return subresource_.empty();
  return subresource_ == subresource || (anySubresource_ && !anyResource_);
}

bool InterestRule::wants(AdmissionPass pass) const {
  switch (pass) {
    case AdmissionPass::mutate: return mutates_;
    case AdmissionPass::validate: return validates_;
    case AdmissionPass::withdraw: return withdraws_;
  }
  return false;
}

bool InterestRule::wants(const ChangeRequest& request, AdmissionPass pass, const Message* object) const {
  return wants(pass) && means(request) && (fields_.empty() || !object || hasFields(request, *object));
}

bool InterestRule::hasFields(const ChangeRequest& request, const Message& object) const {
  const object::Kind& kind = admittedKind(request);
  return std::ranges::any_of(
      fields_, [&](const std::string& field) { return object::mayHaveField(kind, object.words(), field); });
}

bool InterestRule::means(const ChangeRequest& request) const {
  if (operations_ != 0 && !(operations_ >> static_cast<uint16_t>(request.operation) & 1)) return false;
  if (!anyGroup_ && group_ != request.target.kind->group) return false;
  if (!named(request.target.kind->plural, request.target.subresource)) return false;
  return userGroups_.empty() || std::ranges::any_of(request.user->groups, [&](const std::string& group) {
           return std::ranges::find(userGroups_, group) != userGroups_.end();
         });
}

}  // namespace cleat::gate
