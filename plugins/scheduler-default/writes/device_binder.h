// Has the claims for devices of a pod written before the pod is bound: what was allocated, and that it is reserved for
// the pod. A claim for extended resources is made, and the pod's status says which it is. The devices count as taken
// meanwhile. A write that met another one is tried again on what is there then; an answer that was lost is looked up
// first.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>

#include <functional>
#include <string>
#include <vector>

#include "filters/device_fit.h"

namespace cleat::scheduling {

class DeviceBinder {
 public:
  // One of these for each pod; `claims` are those that are now reserved for it.
  struct Outcomes {
    std::function<void(const Object<Pod>& pod, const std::string& node, std::vector<std::string> claims)> bound;
    std::function<void(const Object<Pod>& pod)> failed;
  };
  DeviceBinder(Context& context, Informer<ResourceClaim>& claims, Outcomes outcomes)
      : context_(context), claims_(claims), outcomes_(std::move(outcomes)) {}

  // `bound` is called when everything is written, and seen.
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
  Task<void> takeOut(Object<Pod> pod, std::string claim);
  Task<void> clear(std::string claim, std::string podUid);
  // As it is in the cluster, for as long as it takes; nothing where it is not there.
  Task<Object<ResourceClaim>> look(std::string key);

  Context& context_;
  Informer<ResourceClaim>& claims_;
  Outcomes outcomes_;
  Client client_{context_};
  EventRecorder events_{context_, "default-scheduler"};
};

}  // namespace cleat::scheduling
