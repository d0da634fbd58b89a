// What is bounded in one namespace, and how much of it is taken: by the objects that are stored, and by requests that
// were let through and whose outcome has not been seen yet. A request takes what it needs in the moment in which it is
// asked about, so that the bounds hold however many come at once; what it took goes over to the object when that is
// seen as stored, and comes back when the request came to nothing.
//
// Of one object's name the most counts that it may come to hold: what is stored under it, or what one of the requests
// for it would store, whichever is more. Plain data; of one strand.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "quota-common/quota.h"

namespace cleat::quota {

// A request that would store `now`, in place of `old` where that refers to something.
struct Change {
  KindName kind;
  AnyRef now, old;

  const AnyRef& identity() const { return old ? old : now; }
};

class Account {
 public:
  Account() = default;
  // `devices` outlives it.
  explicit Account(std::vector<Quota> quotas, const DeviceLookup* devices = nullptr);

  bool empty() const { return quotas_.empty(); }
  bool measures(const KindName& kind) const { return parts_.contains(kind); }
  // Whether a bound is about pods and claims for devices alike.
  bool mixesDevices() const { return mixesDevices_; }
  std::vector<KindName> kinds() const;
  std::vector<std::string> quotas() const;
  // How much is taken of each resource that the quota bounds, as far as all its kinds are such that `isKnown`.
  template <class IsKnown>
  Amounts used(std::string_view quota, IsKnown isKnown) const;

  // The object is stored in this state; or it was, and is gone. Whether what is taken is another amount now.
  bool put(const KindName& kind, const AnyRef& object, WallTime now);
  bool remove(const KindName& kind, const AnyRef& last);

  // Why the change must not be: a container that does not say what it needs, or a bound that would be exceeded.
  // Nothing: it may be.
  std::optional<std::string> objection(const Change& change, WallTime now) const;
  // It is let through.
  void take(const Change& change, WallTime now, Instant since);
  // It has come to nothing.
  bool giveBack(const Change& change);
  // Takes over the requests that `other` has let through, but for those from before `since`, whose outcome was missed.
  void takeOver(const Account& other, WallTime now, Instant since);

 private:
  struct Bound {
    Quantity hard, used;
  };
  // What one quota bounds of one kind: bounds by their resources.
  struct Part {
    uint32_t quota;
    std::map<std::string, uint32_t, std::less<>> bounds;
  };
  struct Charge {
    uint32_t bound;
    Quantity amount;
    bool operator==(const Charge&) const = default;
  };
  using Charges = std::vector<Charge>;  // in the order of the bounds; none is zero

  struct Claim {
    Change change;
    Instant since;
    Charges charges;
    bool isOf(const Change& other) const;
  };
  struct Entry {
    Charges stored, counted;
    std::vector<Claim> claims;
  };

  static std::string keyOf(const KindName& kind, std::string_view name);
  static void raise(Charges& to, const Charges& other);
  Charges chargesOf(const KindName& kind, const AnyRef& object, WallTime now) const;
  std::optional<std::string> exceeded(const Part& part, const Amounts& delta) const;
  bool recount(const std::string& key, Entry& entry);

  std::vector<Quota> quotas_;
  const DeviceLookup* devices_ = nullptr;
  bool mixesDevices_ = false;
  std::vector<Bound> bounds_;
  std::map<KindName, std::vector<Part>> parts_;
  std::unordered_map<std::string, Entry> entries_;
};

template <class IsKnown>
Amounts Account::used(std::string_view quota, IsKnown isKnown) const {
  Amounts used;
  std::vector<std::string_view> partial;
  for (const auto& [kind, parts] : parts_) {
    const bool known = isKnown(kind);
    for (const Part& part : parts) {
      if (quotas_[part.quota].name != quota) continue;
      for (const auto& [resource, bound] : part.bounds) {
        used[resource] = bounds_[bound].used;
        if (!known) partial.push_back(resource);
      }
    }
  }
  std::erase_if(used, [&](const auto& one) { return std::ranges::find(partial, one.first) != partial.end(); });
  return used;
}

}  // namespace cleat::quota
