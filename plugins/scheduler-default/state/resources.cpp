#include "state/resources.h"

#include <algorithm>

namespace cleat::scheduling {

Amounts ResourceNames::read(const ResourceAmounts& amounts) {
  Amounts read;
  if (amounts.milliCpu != 0) read.emplace_back(kCpu, amounts.milliCpu);
  if (amounts.memory != 0) read.emplace_back(kMemory, amounts.memory);
  if (amounts.storage != 0) read.emplace_back(kStorage, amounts.storage);
  for (const auto& [name, amount] : amounts.others) {
    if (amount != 0) read.emplace_back(id(name), amount);
  }
  std::ranges::sort(read);
  return read;
}

}  // namespace cleat::scheduling
