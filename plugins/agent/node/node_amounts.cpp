#include "node/node_amounts.h"

#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::agent {
namespace {

// What Kubernetes keeps free, so that the machine itself does not run out.
constexpr int64_t kFreeMemory = 100 << 20;
constexpr int64_t kSmallestMemory = 4096;

int64_t* amountNamed(NodeAmounts& amounts, std::string_view resource) {
  if (resource == "cpu") return &amounts.milliCpu;
  if (resource == "memory") return &amounts.memoryBytes;
  if (resource == "ephemeral-storage") return &amounts.storageBytes;
  if (resource == "pid") return &amounts.pids;
  return nullptr;
}

NodeAmounts capacityOf(const Machine& machine) {
  return {machine.cpus * 1000, machine.memoryBytes, machine.storageBytes, machine.mostPids};
}

}  // namespace

NodeAmounts& NodeAmounts::operator+=(const NodeAmounts& other) {
  milliCpu += other.milliCpu;
  memoryBytes += other.memoryBytes;
  storageBytes += other.storageBytes;
  pids += other.pids;
  return *this;
}

Result<NodeAmounts> parseReserved(std::string_view setting, const std::vector<std::string>& entries) {
  NodeAmounts reserved;
  for (const std::string& entry : entries) {
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view resource = std::string_view(entry).substr(0, equals);
    int64_t* amount = amountNamed(reserved, resource);
    if (amount == nullptr) {
      return fail(Status::badRequest(concat(setting, ": cannot reserve \"", resource, "\" resource in \"", entry,
                                            "\": expected cpu, memory, ephemeral-storage or pid, as in cpu=500m")));
    }
    const std::string_view text = std::string_view(entry).substr(std::min(equals + 1, entry.size()));
    auto quantity = Quantity::parse(text);
    if (!quantity) {
      return fail(Status::badRequest(
          concat(setting, ": failed to parse quantity \"", text, "\" for \"", resource, "\" resource")));
    }
    *amount = resource == "cpu" ? quantity->milliValue() : quantity->value();
    if (*amount < 0) {
      return fail(
          Status::badRequest(concat(setting, ": resource quantity for \"", resource, "\" cannot be negative: ", text)));
    }
  }
  return reserved;
}

Result<void> checkReserved(const Machine& machine, const NodeAmounts& reserved) {
  NodeAmounts capacity = capacityOf(machine);
  NodeAmounts kept = reserved;
  for (const char* resource : {"cpu", "memory", "ephemeral-storage", "pid"}) {
    const int64_t has = *amountNamed(capacity, resource), keeps = *amountNamed(kept, resource);
    if (keeps <= has) continue;
    const char* unit = std::string_view(resource) == "cpu" ? "m" : "";
    return fail(Status::badRequest(concat("invalid Node Allocatable configuration. Resource \"", resource,
                                          "\" has a reservation of ", keeps, unit, " but capacity of ", has, unit,
                                          ". Expected capacity >= reservation")));
  }
  return {};
}

NodeAmounts limitOfPods(const Machine& machine, const NodeAmounts& reserved) {
  NodeAmounts left = capacityOf(machine);
  left.milliCpu = std::max<int64_t>(0, left.milliCpu - reserved.milliCpu);
  // A group without a limit would be what 0 means.
  left.memoryBytes = std::max(kSmallestMemory, left.memoryBytes - reserved.memoryBytes);
  left.storageBytes = std::max<int64_t>(0, left.storageBytes - reserved.storageBytes);
  if (machine.mostPids > 0) left.pids = std::max<int64_t>(1, left.pids - reserved.pids);
  return left;
}

NodeAmounts allocatable(const Machine& machine, const NodeAmounts& reserved) {
  NodeAmounts left = limitOfPods(machine, reserved);
  left.memoryBytes = std::max<int64_t>(0, left.memoryBytes - kFreeMemory);
  const int64_t freeStorage = machine.storageBytes - machine.storageBytes / 10 * 9;
  left.storageBytes = std::max<int64_t>(0, left.storageBytes - freeStorage);
  return left;
}

}  // namespace cleat::agent
