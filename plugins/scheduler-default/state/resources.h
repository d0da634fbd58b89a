// Amounts of resources by number: cpu in thousandths, everything else in units. The first three are always there;
// others get a number when they are first seen. How many pods a node takes is counted beside them.
#pragma once

#include <cleat/sdk/pod_request.h>

#include <utility>
#include <vector>

#include "state/interner.h"

namespace cleat::scheduling {

constexpr uint32_t kCpu = 0, kMemory = 1, kStorage = 2;

// Only what is not zero, in the order of the numbers.
using Amounts = std::vector<std::pair<uint32_t, int64_t>>;

inline int64_t amountOf(const Amounts& amounts, uint32_t resource) {
  for (const auto& [id, amount] : amounts) {
    if (id == resource) return amount;
  }
  return 0;
}

class ResourceNames {
 public:
  ResourceNames() {
    for (const char* name : {"cpu", "memory", "ephemeral-storage"}) names_.id(name);
  }
  uint32_t id(std::string_view name) { return names_.id(name); }
  const std::string& text(uint32_t id) const { return names_.text(id); }
  size_t size() const { return names_.size(); }
  Amounts read(const ResourceAmounts& amounts);

 private:
  Interner names_;
};

}  // namespace cleat::scheduling
