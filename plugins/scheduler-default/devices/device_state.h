// What the scheduler knows of devices: which there are, which of them claims have, and what has been decided about
// claims and is on its way to be written.
#pragma once

#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/quantity.h>

#include <map>
#include <string>
#include <vector>

#include "devices/published_devices.h"
#include "state/volume_state.h"

namespace cleat::scheduling {

using resource_v1::DeviceClass;
using resource_v1::DeviceTaintRule;
using resource_v1::ResourceClaim;

class DeviceState {
 public:
  // As informers tell; the second: it has gone.
  void setClaim(const Object<ResourceClaim>& claim);
  void eraseClaim(const std::string& key);
  void setSlice(const Object<ResourceSlice>& slice);
  void eraseSlice(std::string_view name);
  void setClass(const Object<DeviceClass>& deviceClass);
  void eraseClass(const std::string& name);
  KnownObjects<DeviceTaintRule>& rules() { return rules_; }
  void changed() { ++version_; }

  const KnownObjects<DeviceClass>& classes() const { return classes_; }
  const KnownObjects<DeviceTaintRule>& rules() const { return rules_; }
  const PublishedDevices& published() const { return published_; }
  // The class whose devices stand for an extended resource; empty: none. Of several the one that was made last, and of
  // those the first by name.
  std::string classFor(std::string_view resource) const;
  // The claims that were made for extended resources of a pod, by its uid.
  const std::vector<std::string>& extendedResourceClaimsOf(std::string_view podUid) const;
  // The claim as it is, or, where devices have been decided about, as it will be, also where it is to be made only.
  // Refers to nothing where there is none.
  Object<ResourceClaim> claim(std::string_view key) const;
  // As it is in the cluster.
  Object<ResourceClaim> written(std::string_view key) const { return claims_.get(key); }
  // Grows with every change.
  uint64_t version() const { return version_; }

  // What has been decided for a claim, by whoever decided; another may rely on it and promise it too.
  void promise(const std::string& key, const Object<ResourceClaim>& allocated);
  void takeBack(const std::string& key);
  bool isPromised(std::string_view key) const { return promises_.contains(key); }

  // Whether a claim has the device for itself, and, of one that is shared, whether anybody has a part of it.
  bool isTaken(const std::string& id) const;
  bool isUsed(const std::string& id) const;
  // What claims have of the capacity of a device that is shared.
  using Amounts = std::map<std::string, Quantity, std::less<>>;
  const Amounts& consumed(const std::string& id) const;

 private:
  struct Promise {
    Object<ResourceClaim> allocated;
    int holders = 0;
  };
  struct Use {
    int whole = 0, parts = 0;
    Amounts consumed;
  };
  // Counts what the claim has now in place of what was counted for it.
  void recount(const std::string& key);
  void count(const Object<ResourceClaim>& claim, int sign);
  void noteOwner(const std::string& key, const Object<ResourceClaim>& claim);
  void readResources();

  KnownObjects<ResourceClaim> claims_;
  KnownObjects<DeviceClass> classes_;
  KnownObjects<DeviceTaintRule> rules_;
  PublishedDevices published_;
  TextTable<Promise> promises_;               // by claim
  TextTable<Object<ResourceClaim>> counted_;  // those with devices, as they were counted
  TextTable<std::string> owners_;             // of claims that were made for extended resources: the pods' uids
  TextTable<std::vector<std::string>> made_;  // those claims, by the pods' uids
  TextTable<std::string> byResource_;         // classes, by the extended resources that they name
  TextTable<Use> uses_;                       // by device
  uint64_t version_ = 0;
};

}  // namespace cleat::scheduling
