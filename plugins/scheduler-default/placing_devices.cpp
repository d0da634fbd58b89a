// How Placing has the devices of pods written that were decided about.
#include "placing.h"

namespace cleat::scheduling {

void Placing::watchDevices() {
  deviceBinder_.setReadinessLimit(
      std::max<Duration>(config().duration("device_binding_timeout"), std::chrono::seconds(1)));
  deviceClaims_.onChange([this](const auto& before, const auto& now) {
    intake_->claim(before, now);
    deviceBinder_.look(now ? now.key() : before.key());
  });
  slices_.onChange([this](const auto& before, const auto& now) {
    intake_->devices([&](DeviceState& devices) {
      if (now) {
        devices.setSlice(now);
      } else {
        devices.eraseSlice(before.name());
      }
    });
  });
  deviceClasses_.onChange([this](const auto& before, const auto& now) { intake_->deviceClass(before, now); });
  taintRules_.onChange([this](const auto& before, const auto& now) {
    intake_->devices([&](DeviceState& devices) {
      if (now) {
        devices.rules().set(now);
      } else {
        devices.rules().erase(before.key());
      }
    });
  });
}

void Placing::promiseDevices(const ClassRef& podClass, const Object<Pod>& pod, const std::string& node) {
  ClusterState& state = scheduler_->state();
  if (!state.wantsDevices(*podClass)) return;
  const ClassView& view = scheduler_->viewOf(podClass);
  if (view.devices() == nullptr) return;
  std::vector<DeviceGrant> grants = view.devices()->grants(state.nodes().find(node), pod);
  for (const DeviceGrant& grant : grants) {
    if (grant.isNew) state.devices().promise(grant.key, grant.claim);
  }
  if (!grants.empty()) granted_[std::string(pod.uid())] = {std::move(grants)};
}

void Placing::bindDevices(const Object<Pod>& pod, const std::string& node) {
  auto found = granted_.find(pod.uid());
  if (found == granted_.end()) return binder_.bind(pod, node);
  expect(pod, node);
  ++underWay_;
  found->second.writing = true;
  deviceBinder_.bind(pod, node, found->second.grants);
}

DeviceBinder::Outcomes Placing::deviceOutcomes() {
  return {.written =
              [this](const Object<Pod>& pod) {
                writingEnded(pod.uid());
                waker_.wake();
              },
          .ready = [this](const Object<Pod>& pod, const std::string& node,
                          std::vector<std::string> claims) { devicesReady(pod, node, std::move(claims)); },
          .failed =
              [this](const Object<Pod>& pod) {
                ended(pod, false);
                const Object<Pod> now = pods_.get(pod.key());
                bindingFailed(now && now.uid() == pod.uid() ? now : pod);
              }};
}

// What was decided is in the claims now, or nobody's.
void Placing::writingEnded(std::string_view uid) {
  --underWay_;
  if (auto found = granted_.find(uid); found != granted_.end()) found->second.writing = false;
  dropDevices(uid);
}

void Placing::devicesReady(const Object<Pod>& pod, const std::string& node, std::vector<std::string> claims) {
  // It has gone meanwhile: whoever keeps the claims takes it out of them.
  if (queue_.find(pod.uid()) == nullptr && scheduler_->state().placed(pod.uid()) == nullptr) {
    ended(pod, false);
    return waker_.wake();
  }
  reserved_[std::string(pod.uid())] = std::move(claims);
  binder_.bind(pod, node);
}

void Placing::dropDevices(std::string_view uid) {
  auto found = granted_.find(uid);
  if (found == granted_.end() || found->second.writing) return;
  const std::vector<DeviceGrant> grants = std::move(found->second.grants);
  granted_.erase(found);
  for (const DeviceGrant& grant : grants) {
    if (grant.isNew) intake_->takeBackDevices(grant.key);
  }
}

Task<void> Placing::releaseAndFail(Object<Pod> pod, std::vector<std::string> claims) {
  auto releasing = deviceBinder_.release(pod, std::move(claims));
  co_await std::move(releasing);
  const Object<Pod> now = pods_.get(pod.key());
  bindingFailed(now && now.uid() == pod.uid() ? now : pod);
}

}  // namespace cleat::scheduling
