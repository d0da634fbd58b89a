#include "devices/allocation_result.h"

#include <capnp/any.h>
#include <cleat/sdk/lists.h>

#include <algorithm>
#include <random>

namespace cleat::scheduling {
namespace {

namespace v1 = resource_v1;

// A random UUID: which part of a shared device it is.
std::string newShareId() {
  static std::random_device random;
  std::string id;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    uint32_t digit = random() & 15u;
    if (i == 12) digit = 4;
    if (i == 16) digit = 8 | (digit & 3u);
    id += "0123456789abcdef"[digit];
  }
  return id;
}

void writeResult(v1::DeviceRequestAllocationResult::Builder to, const ChosenDevice& chosen, std::string shareId) {
  const PublishedDevice& device = *chosen.device;
  to.setRequest(chosen.choice->name);
  to.setDriver(str(device.driver()));
  to.setPool(str(device.poolName()));
  to.setDevice(str(device.name()));
  if (chosen.choice->adminAccess) to.initAdminAccess().setValue(true);
  if (chosen.choice->tolerations.size() > 0) to.setTolerations(chosen.choice->tolerations);
  auto conditions = device.device.getBindingConditions();
  if (conditions.size() > 0) to.setBindingConditions(conditions);
  auto failures = device.device.getBindingFailureConditions();
  if (failures.size() > 0) to.setBindingFailureConditions(failures);
  if (!chosen.consumed) return;
  to.setShareID(shareId);
  auto consumed = to.initConsumedCapacity(static_cast<uint32_t>(chosen.consumed->size()));
  uint32_t at = 0;
  for (const auto& [key, amount] : *chosen.consumed) {
    consumed[at].setKey(key);
    consumed[at++].setValue(amount.text());
  }
}

struct Configuration {
  const char* source;
  std::vector<std::string> requests;
  v1::OpaqueDeviceConfiguration::Reader opaque;
};

// Those of the classes, for each request by itself, and then those of the claim that are for any of what was chosen.
std::vector<Configuration> configurations(const WantedDevices& wanted, const Allocation& allocation,
                                          const DeviceState& state) {
  std::vector<Configuration> all;
  std::vector<const DeviceChoice*> choices;
  for (const ChosenDevice& chosen : allocation) {
    if (std::ranges::find(choices, chosen.choice) == choices.end()) choices.push_back(chosen.choice);
  }
  for (const DeviceChoice* choice : choices) {
    const Object<DeviceClass> deviceClass = state.classes().get(choice->className);
    if (!deviceClass) continue;
    for (auto config : deviceClass->getSpec().getConfig()) {
      all.push_back({"FromClass", {choice->name}, config.getOpaque()});
    }
  }
  for (auto config : wanted.claim->getSpec().getDevices().getConfig()) {
    std::vector<std::string> names;
    for (auto name : config.getRequests()) {
      const bool concerns =
          std::ranges::any_of(choices, [&](const DeviceChoice* choice) { return refersTo(view(name), *choice); });
      if (concerns) names.push_back(str(name));
    }
    if (config.getRequests().size() > 0 && names.empty()) continue;
    all.push_back({"FromClaim", std::move(names), config.getOpaque()});
  }
  return all;
}

// What the claim's nodes have to be: all that the devices demand, in one term.
class Demands {
 public:
  void add(const PublishedDevice& device, const Object<core_v1::Node>& node) {
    auto spec = device.slice->getSpec();
    if (device.device.getBindsToNode().getValue()) {
      node_ = str(node.name());
    } else if (spec.getPerDeviceNodeSelection().getValue()) {
      addFrom(device.device);
    } else {
      addFrom(spec);
    }
  }
  void write(v1::AllocationResult::Builder to) const {
    if (node_.empty() && expressions_.empty() && fields_.empty()) return;
    auto term = to.initNodeSelector().initNodeSelectorTerms(1)[0];
    using Requirement = core_v1::NodeSelectorRequirement;
    if (!expressions_.empty()) {
      term.adoptMatchExpressions(listOf<Requirement>(orphanageOf(term), expressions_));
    }
    const auto own = static_cast<uint32_t>(node_.empty() ? 0 : 1);
    if (own + fields_.size() == 0) return;
    term.adoptMatchFields(listOf<Requirement>(orphanageOf(term), fields_));
    if (own == 0) return;
    term.adoptMatchFields(extended<Requirement>(term.disownMatchFields(), orphanageOf(term), 1));
    auto name = term.getMatchFields()[static_cast<uint32_t>(fields_.size())];
    name.setKey("metadata.name");
    name.setOperator("In");
    name.initValues(1).set(0, node_);
  }

 private:
  template <class Where>
  void addFrom(Where where) {
    if (where.getNodeName().size() > 0) {
      node_ = str(where.getNodeName());
    } else if (where.hasNodeSelector()) {
      // A slice's selector has one term.
      for (auto term : where.getNodeSelector().getNodeSelectorTerms()) {
        for (auto requirement : term.getMatchExpressions()) addTo(expressions_, requirement);
        for (auto requirement : term.getMatchFields()) addTo(fields_, requirement);
        break;
      }
    }
  }
  static void addTo(std::vector<core_v1::NodeSelectorRequirement::Reader>& all,
                    core_v1::NodeSelectorRequirement::Reader one) {
    const bool known = std::ranges::any_of(all, [&](auto other) { return capnp::toAny(other) == capnp::toAny(one); });
    if (!known) all.push_back(one);
  }

  std::string node_;
  std::vector<core_v1::NodeSelectorRequirement::Reader> expressions_, fields_;
};

}  // namespace

Object<ResourceClaim> allocated(const WantedDevices& wanted, const Allocation& allocation,
                                const Object<core_v1::Node>& node, const DeviceState& state) {
  Draft<ResourceClaim> draft(wanted.claim);
  auto to = draft->getStatus().initAllocation();
  auto results = to.getDevices().initResults(static_cast<uint32_t>(allocation.size()));
  Demands demands;
  for (uint32_t i = 0; i < allocation.size(); ++i) {
    writeResult(results[i], allocation[i], allocation[i].consumed ? newShareId() : std::string());
    demands.add(*allocation[i].device, node);
  }
  const std::vector<Configuration> configs = configurations(wanted, allocation, state);
  auto list = to.getDevices().initConfig(static_cast<uint32_t>(configs.size()));
  for (uint32_t i = 0; i < configs.size(); ++i) {
    list[i].setSource(configs[i].source);
    list[i].adoptRequests(textList(orphanageOf(list[i]), configs[i].requests));
    list[i].setOpaque(configs[i].opaque);
  }
  demands.write(to);
  return std::move(draft).freeze();
}

}  // namespace cleat::scheduling
