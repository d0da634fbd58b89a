#include "writes/device_readiness.h"

#include <cleat/sdk/time.h>

#include <algorithm>

namespace cleat::scheduling {

using State = Readiness::State;

bool DeviceReadiness::begin(Wait wait) {
  const bool waits = std::ranges::any_of(wait.claims, [&](const std::string& key) {
    const Object<ResourceClaim> claim = hooks_.claim(key);
    return claim && hasBindingConditions(claim) && readinessOf(claim).state != State::ready;
  });
  if (!waits) return false;
  std::string uid = str(wait.pod.uid());
  waiting_[uid].wait = std::move(wait);
  // What is known already is looked at when the caller has come to an end.
  waiting_[uid].timer = context_.after(Duration(0), [this, uid] { consider(uid); });
  return true;
}

Duration DeviceReadiness::leftOf(const Object<ResourceClaim>& claim) const {
  const auto since = parseTime(view(claim->getStatus().getAllocation().getAllocationTimestamp()));
  if (!since) return limit_;
  return std::chrono::duration_cast<Duration>(*since + limit_ - context_.wallNow());
}

DeviceReadiness::Wait DeviceReadiness::take(const std::string& uid) {
  auto found = waiting_.find(uid);
  Wait wait = std::move(found->second.wait);
  waiting_.erase(found);
  return wait;
}

void DeviceReadiness::consider(const std::string& uid) {
  auto found = waiting_.find(uid);
  if (found == waiting_.end()) return;
  std::string why;
  std::vector<std::string> unready;
  Duration left = limit_;
  bool isReady = true;
  for (const std::string& key : found->second.wait.claims) {
    const Object<ResourceClaim> claim = hooks_.claim(key);
    if (!claim) return hooks_.failed(take(uid), concat("claim ", key, " is gone"), {});
    const Readiness readiness = readinessOf(claim);
    if (readiness.state == State::ready) continue;
    isReady = false;
    const Duration own = leftOf(claim);
    left = std::min(left, own);
    if (readiness.state == State::pending && own > Duration(0)) continue;
    if (why.empty()) {
      why = readiness.state == State::failed ? readiness.why : concat("claim ", claim.name(), " binding timeout");
    }
    unready.push_back(key);
  }
  if (!unready.empty()) return hooks_.failed(take(uid), std::move(why), std::move(unready));
  if (isReady) return hooks_.ready(take(uid));
  found->second.timer = context_.after(left, [this, uid] { consider(uid); });
}

void DeviceReadiness::look(const std::string& claim) {
  if (waiting_.empty()) return;
  std::vector<std::string> concerned;
  for (const auto& [uid, waiting] : waiting_) {
    const auto& claims = waiting.wait.claims;
    if (std::ranges::find(claims, claim) != claims.end()) concerned.push_back(uid);
  }
  for (const std::string& uid : concerned) consider(uid);
}

void DeviceReadiness::forget(std::string_view podUid) {
  if (auto found = waiting_.find(podUid); found != waiting_.end()) waiting_.erase(found);
}

}  // namespace cleat::scheduling
