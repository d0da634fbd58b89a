// The devices that ResourceSlices publish, put together to pools as drivers mean them: only the slices of the newest
// generation count, and a pool of which slices are missing, or that has two devices of one name, is not to be used.
#pragma once

#include <cleat/cel/value.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/object.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device-common/device_cel.h"
#include "state/interner.h"

namespace cleat::scheduling {

using resource_v1::ResourceSlice;

// An expression of a class or a claim, compiled once.
struct Selector {
  devices::CompiledSelector compiled;
};
class Selectors {
 public:
  const Selector& of(std::string_view expression);

 private:
  TextTable<std::unique_ptr<Selector>> all_;
};

// "driver/pool/device".
std::string deviceId(std::string_view driver, std::string_view pool, std::string_view device);

struct DevicePool;

struct PublishedDevice {
  Object<ResourceSlice> slice;  // keeps what `device` reads
  resource_v1::Device::Reader device;
  std::string id;
  const DevicePool* pool = nullptr;

  std::string_view driver() const { return view(slice->getSpec().getDriver()); }
  std::string_view poolName() const { return view(slice->getSpec().getPool().getName()); }
  std::string_view name() const { return view(device.getName()); }
  bool isShared() const { return device.getAllowMultipleAllocations().getValue(); }
  // Whether the node can use it.
  bool isFor(const Object<core_v1::Node>& node) const;
  // What the selector says of it; asked once.
  const devices::SelectorAnswer& ask(const Selector& selector) const;

 private:
  mutable std::optional<cel::Value> value_;
  mutable std::vector<std::pair<const Selector*, devices::SelectorAnswer>> answers_;
};

struct DevicePool {
  std::string driver, name;
  int64_t generation = 0;
  bool complete = true;
  bool valid = true;
  bool binds = false;  // a device has binding conditions
  std::vector<const PublishedDevice*> devices;
  std::vector<resource_v1::CounterSet::Reader> counters;
};

// Whether what a slice or a device says of nodes is so of this one.
bool isWithinReach(resource_v1::ResourceSliceSpec::Reader slice, resource_v1::Device::Reader device,
                   const Object<core_v1::Node>& node);

class PublishedDevices {
 public:
  void set(const Object<ResourceSlice>& slice);
  void erase(std::string_view slice);

  // By driver and name.
  const std::vector<std::unique_ptr<DevicePool>>& pools() const;
  // Those of complete and invalid pools too that are for no other node than this one, or for any. In the order of the
  // pools.
  std::vector<const PublishedDevice*> mayBeFor(std::string_view node) const;
  Selectors& selectors() const { return selectors_; }

 private:
  struct Slice {
    Object<ResourceSlice> object;
    std::vector<std::unique_ptr<PublishedDevice>> devices;
  };
  void gather() const;

  std::map<std::string, Slice, std::less<>> slices_;  // by name
  mutable bool gathered_ = true;
  mutable std::vector<std::unique_ptr<DevicePool>> pools_;
  mutable TextTable<std::vector<std::pair<size_t, const PublishedDevice*>>> byNode_;  // with their places
  mutable std::vector<std::pair<size_t, const PublishedDevice*>> anywhere_;
  mutable Selectors selectors_;
};

}  // namespace cleat::scheduling
