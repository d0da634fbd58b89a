// Has the claims for devices of a pod written before the pod is bound: what was allocated, and that it is reserved for
// the pod. A claim for extended resources is made, and the pod's status says which it is. The devices count as taken
// meanwhile. A write that met another one is tried again on what is there then; an answer that was lost is looked up
// first. Then the pod waits until devices that have binding conditions are ready; where that fails, they are given
// back.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/event_series.h>
#include <cleat/sdk/informer.h>

#include <functional>
#include <string>
#include <vector>

#include "filters/device_fit.h"
#include "writes/device_readiness.h"

namespace cleat::scheduling {

class DeviceBinder {
 public:
  // `written` comes once for each pod: nothing is being written any more, and what was is seen. Then, at once or after
  // some time, one of the others does; `claims` are those that are reserved for the pod.
  struct Outcomes {
    std::function<void(const Object<Pod>& pod)> written;
    std::function<void(const Object<Pod>& pod, const std::string& node, std::vector<std::string> claims)> ready;
    std::function<void(const Object<Pod>& pod)> failed;
  };
  DeviceBinder(Context& context, Informer<ResourceClaim>& claims, Outcomes outcomes)
      : context_(context), claims_(claims), outcomes_(std::move(outcomes)) {}

  // How long devices may take until they are ready.
  void setReadinessLimit(Duration limit) { readiness_.setLimit(limit); }
  // Something is new about the claim.
  void look(const std::string& claim) { readiness_.look(claim); }
  // The pod has gone: nobody waits for its devices.
  void forget(std::string_view podUid) { readiness_.forget(podUid); }

  void bind(const Object<Pod>& pod, const std::string& node, std::vector<DeviceGrant> grants);
  // The pod is on no node after all: takes it out of those that these claims are reserved for, and removes what was
  // made for it.
  Task<void> release(Object<Pod> pod, std::vector<std::string> claims);
  // Gives the devices of a claim back that nobody else needs than this pod; one that was made for its extended
  // resources is removed.
  void deallocate(const std::string& claim, const std::string& podUid);

 private:
  Task<void> run(Object<Pod> pod, std::string node, std::vector<DeviceGrant> grants);
  Task<Result<Object<ResourceClaim>>> writeOne(Object<Pod> pod, DeviceGrant grant);
  // `live`: as it is known.
  Task<Result<Object<ResourceClaim>>> write(Object<Pod> pod, DeviceGrant grant, Object<ResourceClaim> live);
  Task<Result<Object<ResourceClaim>>> make(Object<Pod> pod, DeviceGrant grant);
  Task<Result<void>> note(Object<Pod> pod, std::string claim, std::vector<ResourceMapping> mappings);
  Task<void> remove(Object<ResourceClaim> claim);
  void saysItStays(const Object<ResourceClaim>& claim, const Status& why);
  // What becomes of the devices of a claim that nobody else has reserved.
  enum class Devices : uint8_t { stay, goBack };
  Task<void> takeOut(Object<Pod> pod, std::string claim, Devices devices);
  void sayFailed(const Object<Pod>& pod, const std::string& why);
  DeviceReadiness::Hooks readinessHooks();
  Task<void> giveUp(DeviceReadiness::Wait wait, std::string why, std::vector<std::string> unready);
  Task<void> clear(std::string claim, std::string podUid);
  // As it is in the cluster, for as long as it takes; nothing where it is not there.
  Task<Object<ResourceClaim>> lookUp(std::string key);

  Context& context_;
  Informer<ResourceClaim>& claims_;
  Outcomes outcomes_;
  DeviceReadiness readiness_{context_, readinessHooks()};
  Client client_{context_};
  SeriesRecorder events_{context_, "default-scheduler"};
};

}  // namespace cleat::scheduling
