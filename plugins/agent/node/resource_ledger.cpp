#include "node/resource_ledger.h"

#include <algorithm>

namespace cleat::agent {
namespace {

int64_t amountOf(const std::map<std::string, int64_t>& amounts, const std::string& resource) {
  auto found = amounts.find(resource);
  return found == amounts.end() ? 0 : found->second;
}

// What asks for nothing fits, however full it is.
std::optional<Shortage> lack(const std::string& resource, int64_t requested, int64_t used, int64_t capacity) {
  if (requested <= 0 || requested <= capacity - used) return std::nullopt;
  return Shortage{resource, requested, used, capacity};
}

}  // namespace

std::string Shortage::message() const {
  return concat("Node didn't have enough resource: ", resource, ", requested: ", requested, ", used: ", used,
                ", capacity: ", capacity);
}

Grant ResourceLedger::usedBeside(const std::string& uid) const {
  Grant used;
  for (const auto& [other, grant] : granted_) {
    if (other == uid) continue;
    used.milliCpu += grant.milliCpu;
    used.memoryBytes += grant.memoryBytes;
    used.storageBytes += grant.storageBytes;
    for (const auto& [resource, amount] : grant.others) used.others[resource] += amount;
    used.ports.insert(used.ports.end(), grant.ports.begin(), grant.ports.end());
  }
  return used;
}

std::optional<Shortage> ResourceLedger::whyNot(const std::string& uid, const Grant& wanted) const {
  const Grant used = usedBeside(uid);
  if (auto lacks = lack("cpu", wanted.milliCpu, used.milliCpu, capacity_.milliCpu)) return lacks;
  if (auto lacks = lack("memory", wanted.memoryBytes, used.memoryBytes, capacity_.memoryBytes)) return lacks;
  return lack("ephemeral-storage", wanted.storageBytes, used.storageBytes, capacity_.storageBytes);
}

std::optional<Shortage> ResourceLedger::whyNotOthers(const std::string& uid, const Grant& wanted,
                                                     const std::map<std::string, int64_t>& capacity) const {
  const Grant used = usedBeside(uid);
  for (const auto& [resource, amount] : wanted.others) {
    if (auto lacks = lack(resource, amount, amountOf(used.others, resource), amountOf(capacity, resource)))
      return lacks;
  }
  return std::nullopt;
}

bool ResourceLedger::hasPorts(const std::string& uid, const std::vector<HostPort>& wanted) const {
  const Grant used = usedBeside(uid);
  return std::none_of(wanted.begin(), wanted.end(), [&](const HostPort& port) {
    return std::any_of(used.ports.begin(), used.ports.end(),
                       [&](const HostPort& taken) { return collide(port, taken); });
  });
}

int64_t ResourceLedger::burstableMilliCpu() const {
  int64_t sum = 0;
  for (const auto& [uid, grant] : granted_) sum += grant.burstable ? grant.milliCpu : 0;
  return sum;
}

void ResourceLedger::grant(const std::string& uid, const Grant& amount) {
  auto [entry, isNew] = granted_.try_emplace(uid);
  bool shrinks = !isNew && (amount.milliCpu < entry->second.milliCpu || amount.memoryBytes < entry->second.memoryBytes);
  bool changes = !isNew && entry->second != amount;
  entry->second = amount;
  if (shrinks) tellWaiting();
  if (changes) changed_();
}

void ResourceLedger::release(const std::string& uid) {
  waiting_.erase(uid);
  if (granted_.erase(uid) == 0) return;
  tellWaiting();
  changed_();
}

void ResourceLedger::tellWaiting() {
  for (const auto& [uid, look] : std::map(waiting_)) look();
}

}  // namespace cleat::agent
