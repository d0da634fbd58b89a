// What Kubernetes demands of what is written down about a claim, in its words.
#include "kinds-common/addresses.h"
#include "kinds-common/conditions.h"
#include "kinds-common/pod_spec.h"
#include "kinds-resource/claim_rules.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

constexpr size_t kMaxConsumers = 256, kMaxResults = 32, kMaxData = 10 * 1024, kMaxAddresses = 16;
constexpr size_t kMaxInterfaceName = 256, kMaxHardwareAddress = 128;

using Consumers = capnp::List<v1::ResourceClaimConsumerReference>::Reader;
using Results = capnp::List<v1::DeviceRequestAllocationResult>::Reader;
using Configs = capnp::List<v1::DeviceAllocationConfiguration>::Reader;

template <class Device>
std::string idOf(Device device) {
  const std::string id = concat(view(device.getDriver()), "/", view(device.getPool()), "/", view(device.getDevice()));
  return device.hasShareID() ? concat(id, "/", view(device.getShareID())) : id;
}

// As the message shows a device: Kubernetes holds such names in a form that does not show itself.
constexpr const char* kShownId = R"({"Driver":{},"Pool":{},"Device":{},"ShareID":{}})";

void checkConsumers(Consumers consumers, const Path& path, Findings& findings) {
  if (consumers.size() > kMaxConsumers) return;
  for (uint32_t i = 0; i < consumers.size(); ++i) {
    if (consumers[i].getResource().size() == 0) findings.required(path[i] / "resource");
    if (consumers[i].getName().size() == 0) findings.required(path[i] / "name");
    if (consumers[i].getUid().size() == 0) findings.required(path[i] / "uid");
  }
}

// "192.0.2.5/24": an address and the length of its network's prefix, as it is always written.
void checkInterfaceAddress(std::string_view text, const Path& path, Findings& findings) {
  auto address = Cidr::parse(text);
  if (!address) {
    return findings.invalid(path, text, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)");
  }
  const std::string canonical = concat(address->address().text(), "/", address->prefix());
  if (canonical != text) {
    findings.invalid(path, text, concat("must be in canonical form (", quoted(canonical), ")"));
  }
}

void checkDevice(v1::AllocatedDeviceStatus::Reader device, const std::set<std::string>& allocated, const Path& path,
                 Findings& findings) {
  checkDriverName(view(device.getDriver()), path / "driver", findings);
  checkPoolName(view(device.getPool()), path / "pool", findings);
  checkDnsLabel(device.getDevice(), path / "device", findings);
  if (!allocated.contains(deviceIdOf(device))) {
    findings.invalid(path, Shown::plain(kShownId), "must be an allocated device in the claim");
  }
  auto conditions = device.getConditions();
  if (conditions.size() > kMaxConditions) findings.tooMany(path / "conditions", conditions.size(), kMaxConditions);
  checkConditions(conditions, path / "conditions", findings);
  if (device.hasData()) checkJsonObject(view(device.getData()), kMaxData, path / "data", findings);
  auto ips = device.getNetworkData().getIps();
  for (uint32_t i = 0; i < ips.size() && ips.size() <= kMaxAddresses; ++i) {
    checkInterfaceAddress(view(ips[i]), (path / "networkData" / "ips")[i], findings);
  }
}

void checkResult(v1::DeviceRequestAllocationResult::Reader result, const RequestNames& names, const Path& path,
                 Findings& findings) {
  checkRequestRef(view(result.getRequest()), names, path / "request", findings);
  checkDnsLabel(result.getDevice(), path / "device", findings);
  checkBindingConditions(result.getBindingConditions(), result.getBindingFailureConditions(), path, findings);
  auto tolerations = result.getTolerations();
  for (uint32_t i = 0; i < tolerations.size(); ++i) {
    checkToleration(tolerations[i], (path / "tolerations")[i], findings);
  }
}

void checkAllocation(v1::AllocationResult::Reader allocation, const RequestNames& names, const Path& path,
                     Findings& findings) {
  auto results = allocation.getDevices().getResults();
  for (uint32_t i = 0; i < results.size() && results.size() <= kMaxResults; ++i) {
    checkResult(results[i], names, (path / "devices" / "results")[i], findings);
  }
  auto configs = allocation.getDevices().getConfig();
  for (uint32_t i = 0; i < configs.size() && configs.size() <= 2 * kMaxConfigs; ++i) {
    const Path at = (path / "devices" / "config")[i];
    checkRequestRefs(configs[i].getRequests(), names, at / "requests", findings);
    checkConfiguration(configs[i], at, findings);
  }
  if (allocation.hasNodeSelector()) {
    checkNodeSelector(allocation.getNodeSelector(), path / "nodeSelector", findings);
  }
}

// Whoever uses a claim that is to go may leave it, and nobody may join.
bool hasNewConsumer(Consumers now, Consumers before) {
  for (auto consumer : now) {
    bool known = false;
    for (auto old : before) known |= sameStruct(old, consumer);
    if (!known) return true;
  }
  return false;
}

void checkStatedResults(Results results, const Path& path, Findings& findings) {
  if (!checkStatedSize(results.size(), kMaxResults, path, findings)) return;
  for (uint32_t i = 0; i < results.size(); ++i) {
    auto result = results[i];
    const Path at = path[i];
    checkStatedDriver(view(result.getDriver()), at / "driver", findings);
    checkStatedPool(view(result.getPool()), at / "pool", findings);
    auto tolerations = result.getTolerations();
    for (uint32_t j = 0; j < tolerations.size(); ++j) {
      checkStatedToleration(tolerations[j], (at / "tolerations")[j], findings);
    }
    checkStatedSize(result.getBindingConditions().size(), kMaxBindingConditions, at / "bindingConditions", findings);
    checkStatedSize(result.getBindingFailureConditions().size(), kMaxBindingConditions, at / "bindingFailureConditions",
                    findings);
    if (result.hasShareID()) checkStatedUuid(view(result.getShareID()), at / "shareID", findings);
  }
}

void checkStatedConfigs(Configs configs, const Path& path, Findings& findings) {
  if (!checkStatedSize(configs.size(), 2 * kMaxConfigs, path, findings)) return;
  for (uint32_t i = 0; i < configs.size(); ++i) {
    const std::string_view source = view(configs[i].getSource());
    if (source.empty()) {
      findings.required(path[i] / "source");
    } else {
      checkOneOf(source, path[i] / "source", {"FromClaim", "FromClass"}, findings);
    }
    checkStatedSet(configs[i].getRequests(), kMaxRequests, path[i] / "requests", findings);
    checkStatedConfiguration(configs[i], path[i], findings);
  }
}

void checkStatedDevice(v1::AllocatedDeviceStatus::Reader device, const Path& path, Findings& findings) {
  if (device.hasShareID()) checkStatedUuid(view(device.getShareID()), path / "shareID", findings);
  if (!device.hasNetworkData()) return;
  auto network = device.getNetworkData();
  const Path at = path / "networkData";
  if (network.getInterfaceName().size() > kMaxInterfaceName) {
    findings.tooLong(at / "interfaceName", kMaxInterfaceName);
  }
  checkStatedSet(network.getIps(), kMaxAddresses, at / "ips", findings);
  if (network.getHardwareAddress().size() > kMaxHardwareAddress) {
    findings.tooLong(at / "hardwareAddress", kMaxHardwareAddress);
  }
}

}  // namespace

std::string deviceIdOf(v1::DeviceRequestAllocationResult::Reader result) { return idOf(result); }
std::string deviceIdOf(v1::AllocatedDeviceStatus::Reader device) { return idOf(device); }

std::set<std::string> allocatedDevices(v1::ResourceClaimStatus::Reader status) {
  std::set<std::string> devices;
  for (auto result : status.getAllocation().getDevices().getResults()) devices.insert(deviceIdOf(result));
  return devices;
}

void checkStatedClaimStatus(const Change<v1::ResourceClaim>& change, const Path& path, Findings& findings) {
  auto status = change.object.getStatus();
  auto before = change.old->getStatus();
  const Path allocation = path / "allocation";
  if (!before.hasAllocation()) {
    checkStatedResults(status.getAllocation().getDevices().getResults(), allocation / "devices" / "results", findings);
    checkStatedConfigs(status.getAllocation().getDevices().getConfig(), allocation / "devices" / "config", findings);
  } else if (status.hasAllocation() && !sameStruct(status.getAllocation(), before.getAllocation())) {
    findings.invalid(allocation, Shown::null(), "field cannot be modified once set");
  }
  auto consumers = status.getReservedFor();
  if (checkStatedSize(consumers.size(), kMaxConsumers, path / "reservedFor", findings)) {
    checkStatedKeys(consumers, path / "reservedFor", findings, [](auto consumer) { return view(consumer.getUid()); });
  }
  auto devices = status.getDevices();
  checkStatedKeys(devices, path / "devices", findings, [](auto device) { return deviceIdOf(device); });
  for (uint32_t i = 0; i < devices.size(); ++i) checkStatedDevice(devices[i], (path / "devices")[i], findings);
}

void checkClaimStatus(const Change<v1::ResourceClaim>& change, Findings& findings) {
  const Path path("status");
  auto status = change.object.getStatus();
  auto before = change.old->getStatus();
  checkConsumers(status.getReservedFor(), path / "reservedFor", findings);
  const std::set<std::string> allocated = allocatedDevices(status);
  auto devices = status.getDevices();
  for (uint32_t i = 0; i < devices.size(); ++i) checkDevice(devices[i], allocated, (path / "devices")[i], findings);
  if (status.getReservedFor().size() > 0) {
    if (!status.hasAllocation()) {
      findings.forbidden(path / "reservedFor", "may not be specified when `allocated` is not set");
    } else if (deletionPending(change.object.getMetadata()) &&
               hasNewConsumer(status.getReservedFor(), before.getReservedFor())) {
      findings.forbidden(path / "reservedFor",
                         "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set");
    }
  }
  if (status.hasAllocation() && !before.hasAllocation()) {
    checkAllocation(status.getAllocation(), namesOf(change.object.getSpec().getDevices()), path / "allocation",
                    findings);
  }
  checkStatedClaimStatus(change, path, findings);
}

}  // namespace cleat::kinds::resource
