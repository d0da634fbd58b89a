// The devices of one pod: of the claims that it names (spec.resourceClaims), and of the one that was made for its
// extended resources. Strand only.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <string>
#include <vector>

#include "device-common/pod_claims.h"
#include "devices/device_services.h"
#include "pod/device_facts.h"
#include "pod/pod_spec.h"

namespace cleat::agent {

class PodDevices {
 public:
  PodDevices(DeviceServices& node, std::string podUid) : node_(node), podUid_(std::move(podUid)) {}

  // Before the pod gets a sandbox: each of its claims has to be allocated, and reserved for the pod, and is prepared by
  // its drivers, also where that has been done before. The error is what the pod's event says.
  Task<Result<void>> prepare(Object<core_v1::Pod> pod);
  // The same for a pod that has a sandbox: what was prepared for it stays as it is.
  Task<Result<void>> keep(Object<core_v1::Pod> pod);
  // What the runtime gives to the container, each name once.
  std::vector<std::string> cdiDevicesOf(const Object<core_v1::Pod>& pod, const PodContainer& container) const;

  // How the container's devices are, by what it asks for: "claim:NAME", "claim:NAME/REQUEST", or an extended resource.
  std::vector<ResourceDevices> healthOf(const Object<core_v1::Pod>& pod, const PodContainer& container) const;

  // The pod has ended: what no other pod uses is unprepared. Also of a pod that the API has forgotten.
  Task<Result<void>> unprepare();

 private:
  enum class Again : char { yes, no };
  Task<Result<void>> prepareAll(Object<core_v1::Pod> pod, Again again);
  Task<Result<void>> prepareOne(Object<core_v1::Pod> pod, devices::PodClaim use, Again again);
  Task<Result<void>> askDrivers(Object<resource_v1::ResourceClaim> claim, Again again);
  Task<Result<void>> unprepareOne(std::string claimUid);
  // What is prepared for the container: `visit(name, claim, request)` for each that it asks for.
  template <class F>
  void forEachUse(const Object<core_v1::Pod>& pod, const PodContainer& container, F visit) const;
  const PreparedClaim* named(const Object<core_v1::Pod>& pod, std::string_view claim) const;

  DeviceServices& node_;
  std::string podUid_;
  bool isDone_ = false;  // all is prepared
};

}  // namespace cleat::agent
