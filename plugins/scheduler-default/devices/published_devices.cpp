#include "devices/published_devices.h"

#include <cleat/sdk/node_selector.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace cleat::scheduling {

const Selector& Selectors::of(std::string_view expression) {
  auto found = all_.find(expression);
  if (found == all_.end()) {
    auto made = std::make_unique<Selector>(Selector{devices::compileSelector(expression)});
    found = all_.emplace(std::string(expression), std::move(made)).first;
  }
  return *found->second;
}

std::string deviceId(std::string_view driver, std::string_view pool, std::string_view device) {
  return concat(driver, "/", pool, "/", device);
}

namespace {

bool matches(core_v1::NodeSelector::Reader selector, const Object<core_v1::Node>& node) {
  for (auto term : selector.getNodeSelectorTerms()) {
    if (matchesTerm(term, node)) return true;
  }
  return false;
}

// The one node that a device is for; empty: several may be.
std::string_view onlyNodeOf(const PublishedDevice& device) {
  auto spec = device.slice->getSpec();
  return view(spec.getPerDeviceNodeSelection().getValue() ? device.device.getNodeName() : spec.getNodeName());
}

template <class Where>
bool isReached(Where where, const Object<core_v1::Node>& node) {
  if (where.getNodeName().size() > 0) return view(where.getNodeName()) == node.name();
  if (where.getAllNodes().getValue()) return true;
  return where.hasNodeSelector() && matches(where.getNodeSelector(), node);
}

}  // namespace

bool isWithinReach(resource_v1::ResourceSliceSpec::Reader slice, resource_v1::Device::Reader device,
                   const Object<core_v1::Node>& node) {
  return slice.getPerDeviceNodeSelection().getValue() ? isReached(device, node) : isReached(slice, node);
}

bool PublishedDevice::isFor(const Object<core_v1::Node>& node) const {
  return isWithinReach(slice->getSpec(), device, node);
}

const devices::SelectorAnswer& PublishedDevice::ask(const Selector& selector) const {
  for (const auto& [asked, answer] : answers_) {
    if (asked == &selector) return answer;
  }
  if (!value_) value_ = devices::deviceValue(driver(), device);
  devices::SelectorAnswer answer = devices::evaluateSelector(*selector.compiled.program, *value_);
  return answers_.emplace_back(&selector, std::move(answer)).second;
}

void PublishedDevices::set(const Object<ResourceSlice>& object) {
  Slice& slice = slices_[std::string(object.name())];
  gathered_ = false;
  slice.object = object;
  slice.devices.clear();
  auto spec = object->getSpec();
  for (auto device : spec.getDevices()) {
    auto made = std::make_unique<PublishedDevice>();
    made->slice = object;
    made->device = device;
    made->id = deviceId(view(spec.getDriver()), view(spec.getPool().getName()), view(device.getName()));
    slice.devices.push_back(std::move(made));
  }
}

void PublishedDevices::erase(std::string_view name) {
  auto found = slices_.find(name);
  if (found == slices_.end()) return;
  slices_.erase(found);
  gathered_ = false;
}

void PublishedDevices::gather() const {
  gathered_ = true;
  pools_.clear();
  byNode_.clear();
  anywhere_.clear();
  std::map<std::pair<std::string, std::string>, std::vector<const Slice*>> groups;
  for (const auto& [name, slice] : slices_) {
    auto spec = slice.object->getSpec();
    groups[{str(spec.getDriver()), str(spec.getPool().getName())}].push_back(&slice);
  }
  size_t place = 0;
  for (const auto& [name, slices] : groups) {
    auto pool = std::make_unique<DevicePool>();
    pool->driver = name.first;
    pool->name = name.second;
    for (const Slice* slice : slices) {
      pool->generation = std::max(pool->generation, slice->object->getSpec().getPool().getGeneration());
    }
    int64_t current = 0, meant = 0;
    std::set<std::string_view> names;
    for (const Slice* slice : slices) {
      auto spec = slice->object->getSpec();
      if (spec.getPool().getGeneration() != pool->generation) continue;
      ++current;
      meant = spec.getPool().getResourceSliceCount();
      for (auto set : spec.getSharedCounters()) pool->counters.push_back(set);
      for (const auto& device : slice->devices) {
        device->pool = pool.get();
        pool->binds = pool->binds || device->device.getBindingConditions().size() > 0;
        pool->valid = names.insert(device->name()).second && pool->valid;
        pool->devices.push_back(device.get());
        const std::string_view node = onlyNodeOf(*device);
        (node.empty() ? anywhere_ : byNode_[std::string(node)]).emplace_back(place++, device.get());
      }
    }
    pool->complete = current == meant;
    pools_.push_back(std::move(pool));
  }
}

const std::vector<std::unique_ptr<DevicePool>>& PublishedDevices::pools() const {
  if (!gathered_) gather();
  return pools_;
}

std::vector<const PublishedDevice*> PublishedDevices::mayBeFor(std::string_view node) const {
  if (!gathered_) gather();
  static const std::vector<std::pair<size_t, const PublishedDevice*>> kNone;
  auto found = byNode_.find(node);
  const auto& own = found == byNode_.end() ? kNone : found->second;
  std::vector<std::pair<size_t, const PublishedDevice*>> both;
  both.reserve(own.size() + anywhere_.size());
  std::ranges::merge(own, anywhere_, std::back_inserter(both));
  std::vector<const PublishedDevice*> devices;
  devices.reserve(both.size());
  for (const auto& [place, device] : both) devices.push_back(device);
  return devices;
}

}  // namespace cleat::scheduling
