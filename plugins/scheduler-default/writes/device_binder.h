// Has the claims for devices of a pod written before the pod is bound: what was allocated, and that it is reserved for
// the pod. The devices count as taken meanwhile. A write that met another one is tried again on what is there then; an
// answer that was lost is looked up first.
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
  // One of these for each pod.
  struct Outcomes {
    std::function<void(const Object<Pod>& pod, const std::string& node)> bound;
    std::function<void(const Object<Pod>& pod)> failed;
  };
  DeviceBinder(Context& context, Informer<ResourceClaim>& claims, Outcomes outcomes)
      : context_(context), claims_(claims), outcomes_(std::move(outcomes)) {}

  // `bound` is called when everything is written, and seen.
  void bind(const Object<Pod>& pod, const std::string& node, std::vector<DeviceGrant> grants);
  // The pod is on no node after all: takes it out of those that these claims are reserved for.
  Task<void> release(Object<Pod> pod, std::vector<std::string> claims);
  // Gives the devices of a claim back that nobody else needs than this pod.
  void deallocate(const std::string& claim, const std::string& podUid);

 private:
  Task<void> run(Object<Pod> pod, std::string node, std::vector<DeviceGrant> grants);
  Task<Result<uint64_t>> write(Object<Pod> pod, DeviceGrant grant);
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
