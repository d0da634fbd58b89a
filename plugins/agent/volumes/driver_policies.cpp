#include "volumes/driver_policies.h"

#include <cleat/sdk/meta.h>

namespace cleat::agent {
namespace {

constexpr int64_t kTokenSeconds = 3600;

}  // namespace

DriverPolicy policyOf(storage_v1::CSIDriver::Reader driver) {
  auto spec = driver.getSpec();
  DriverPolicy policy{.isSaid = true};
  if (spec.hasAttachRequired()) policy.attaches = spec.getAttachRequired().getValue();
  policy.tellsPod = spec.getPodInfoOnMount().getValue();
  auto modes = spec.getVolumeLifecycleModes();
  policy.isPersistent = modes.size() == 0 || contains(modes, "Persistent");
  policy.isEphemeral = contains(modes, "Ephemeral");
  for (auto mode : modes) policy.modes += concat(policy.modes.empty() ? "" : " ", inQuotes(view(mode)));
  const std::string_view group = view(spec.getFsGroupPolicy());
  if (group == "File") policy.group = DriverPolicy::Group::file;
  if (group == "None") policy.group = DriverPolicy::Group::none;
  for (auto request : spec.getTokenRequests()) {
    const bool isSaid = request.hasExpirationSeconds();
    policy.tokens.push_back(
        {str(request.getAudience()), isSaid ? request.getExpirationSeconds().getValue() : kTokenSeconds});
  }
  policy.tokensAreSecret = spec.getServiceAccountTokenInSecrets().getValue();
  policy.republishes = spec.getRequiresRepublish().getValue();
  return policy;
}

Task<DriverPolicy> DriverPolicies::of(std::string driver) {
  if (!drivers_) drivers_ = std::make_unique<Informer<storage_v1::CSIDriver>>(context_);
  co_await drivers_->waitSynced();
  const Object<storage_v1::CSIDriver> found = drivers_->get(driver);
  co_return found ? policyOf(*found) : DriverPolicy();
}

}  // namespace cleat::agent
