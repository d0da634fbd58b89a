#include "quota-common/account.h"

#include <algorithm>

namespace cleat::quota {

Account::Account(std::vector<Quota> quotas, const DeviceLookup* devices)
    : quotas_(std::move(quotas)), devices_(devices) {
  for (uint32_t i = 0; i < quotas_.size(); ++i) {
    for (const auto& [resource, hard] : quotas_[i].hard) {
      const std::vector<KindName> kinds = measuredKinds(resource);
      if (kinds.empty()) continue;
      mixesDevices_ |= kinds.size() > 1;
      for (const KindName& kind : kinds) {
        std::vector<Part>& parts = parts_[kind];
        if (parts.empty() || parts.back().quota != i) parts.push_back({i, {}});
        parts.back().bounds.emplace(resource, static_cast<uint32_t>(bounds_.size()));
      }
      bounds_.push_back({hard, Quantity()});
    }
  }
}

std::vector<KindName> Account::kinds() const {
  std::vector<KindName> kinds;
  for (const auto& [kind, parts] : parts_) kinds.push_back(kind);
  return kinds;
}

std::vector<std::string> Account::quotas() const {
  std::vector<std::string> names;
  for (const Quota& quota : quotas_) names.push_back(quota.name);
  return names;
}

std::string Account::keyOf(const KindName& kind, std::string_view name) {
  return concat(kind.group, "/", kind.resource, "/", name);
}

Account::Charges Account::chargesOf(const KindName& kind, const AnyRef& object, WallTime now) const {
  Charges charges;
  auto parts = parts_.find(kind);
  if (!object || parts == parts_.end()) return charges;
  const Amounts usage = usageOf(kind, object, now, devices_);
  for (const Part& part : parts->second) {
    if (!quotas_[part.quota].counts(kind, object)) continue;
    for (const auto& [resource, amount] : usage) {
      auto bound = part.bounds.find(resource);
      if (bound != part.bounds.end() && !amount.isZero()) charges.push_back({bound->second, amount});
    }
  }
  return charges;
}

void Account::raise(Charges& to, const Charges& other) {
  for (const Charge& charge : other) {
    auto at = std::ranges::lower_bound(to, charge.bound, {}, &Charge::bound);
    if (at == to.end() || at->bound != charge.bound) {
      to.insert(at, charge);
    } else if (at->amount < charge.amount) {
      at->amount = charge.amount;
    }
  }
}

bool Account::recount(const std::string& key, Entry& entry) {
  Charges counted = entry.stored;
  for (const Claim& claim : entry.claims) raise(counted, claim.charges);
  const bool changed = counted != entry.counted;
  for (const Charge& charge : entry.counted) bounds_[charge.bound].used -= charge.amount;
  for (const Charge& charge : counted) bounds_[charge.bound].used += charge.amount;
  entry.counted = std::move(counted);
  if (entry.counted.empty() && entry.claims.empty()) entries_.erase(key);
  return changed;
}

bool Account::put(const KindName& kind, const AnyRef& object, WallTime now) {
  if (!measures(kind)) return false;
  Charges charges = chargesOf(kind, object, now);
  const std::string key = keyOf(kind, object.name());
  auto at = entries_.find(key);
  if (at == entries_.end()) {
    if (charges.empty()) return false;
    at = entries_.try_emplace(key).first;
  }
  Entry& entry = at->second;
  entry.stored = std::move(charges);
  // A create has come to this object; an update to this state, or another one was quicker.
  std::erase_if(entry.claims, [&](const Claim& claim) {
    const AnyRef& old = claim.change.old;
    const bool same = claim.change.identity().uid() == object.uid();
    return old ? !same || object.revision() > old.revision() : same;
  });
  return recount(key, entry);
}

bool Account::remove(const KindName& kind, const AnyRef& last) {
  const std::string key = keyOf(kind, last.name());
  auto at = entries_.find(key);
  if (at == entries_.end()) return false;
  at->second.stored.clear();
  std::erase_if(at->second.claims, [&](const Claim& claim) { return claim.change.identity().uid() == last.uid(); });
  return recount(key, at->second);
}

std::optional<std::string> Account::exceeded(const Part& part, const Amounts& delta) const {
  Amounts requested, used, limited;
  for (const auto& [resource, more] : delta) {
    auto at = part.bounds.find(resource);
    if (at == part.bounds.end() || more <= Quantity()) continue;
    const Bound& bound = bounds_[at->second];
    if (bound.used + more <= bound.hard) continue;
    requested[resource] = more;
    used[resource] = bound.used;
    limited[resource] = bound.hard;
  }
  if (requested.empty()) return std::nullopt;
  return concat("exceeded quota: ", quotas_[part.quota].name, ", requested: ", textOf(requested),
                ", used: ", textOf(used), ", limited: ", textOf(limited));
}

std::optional<std::string> Account::objection(const Change& change, WallTime now) const {
  auto parts = parts_.find(change.kind);
  if (parts == parts_.end()) return std::nullopt;
  std::vector<const Part*> matching;
  for (const Part& part : parts->second) {
    if (!quotas_[part.quota].counts(change.kind, change.now)) continue;
    auto named = [&](std::string_view resource) { return part.bounds.contains(resource); };
    const std::string missing = missingIn(change.kind, change.now, named);
    if (!missing.empty()) return concat("failed quota: ", quotas_[part.quota].name, ": ", missing);
    matching.push_back(&part);
  }
  if (matching.empty()) return std::nullopt;
  const Amounts whole = usageOf(change.kind, change.now, now, devices_);
  Amounts more = whole;
  if (change.old) {
    for (const auto& [resource, amount] : usageOf(change.kind, change.old, now, devices_)) more[resource] -= amount;
  }
  for (const Part* part : matching) {
    const bool counted = change.old && quotas_[part->quota].counts(change.kind, change.old);
    if (auto wrong = exceeded(*part, counted ? more : whole)) return wrong;
  }
  return std::nullopt;
}

void Account::take(const Change& change, WallTime now, Instant since) {
  Charges charges = chargesOf(change.kind, change.now, now);
  if (charges.empty()) return;
  const std::string key = keyOf(change.kind, change.identity().name());
  Entry& entry = entries_[key];
  entry.claims.push_back({change, since, std::move(charges)});
  recount(key, entry);
}

bool Account::Claim::isOf(const Change& other) const {
  return change.identity().uid() == other.identity().uid() && change.old.revision() == other.old.revision();
}

bool Account::giveBack(const Change& change) {
  const std::string key = keyOf(change.kind, change.identity().name());
  auto at = entries_.find(key);
  if (at == entries_.end()) return false;
  auto claim = std::ranges::find_if(at->second.claims, [&](const Claim& one) { return one.isOf(change); });
  if (claim == at->second.claims.end()) return false;
  at->second.claims.erase(claim);
  return recount(key, at->second);
}

void Account::takeOver(const Account& other, WallTime now, Instant since) {
  for (const auto& [key, entry] : other.entries_) {
    for (const Claim& claim : entry.claims) {
      if (claim.since >= since) take(claim.change, now, claim.since);
    }
  }
}

}  // namespace cleat::quota
