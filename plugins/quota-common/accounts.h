// Keeps an Account for each namespace that has a quota: watches the quotas and, of the kinds that some quota names, the
// objects of the whole cluster; one watch for each kind, begun when the first quota names it.
//
//   Accounts accounts_{context(), [this](const std::string& ns) { … }};   // what is taken in ns has changed
//   accounts_.start();
//   Account* account = accounts_.find(ns);     // valid until the next co_await
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "quota-common/account.h"

namespace cleat::quota {

// A kind in a version in which it is served.
struct ServedKind {
  KindName name;
  std::string version, kind;
};

// Claims for devices are followed along with pods and classes of devices, on which it depends what they take.
class Accounts : private DeviceLookup {
 public:
  using Changed = std::function<void(const std::string& ns)>;

  explicit Accounts(Context& context, Changed changed = {});
  void start();

  // A handler that is added to it finds the accounts up to date.
  Informer<core_v1::ResourceQuota>& quotas() { return quotas_; }
  // None where no quota is.
  Account* find(std::string_view ns);
  bool synced() const { return quotas_.synced(); }
  Task<void> waitSynced() { return quotas_.waitSynced(); }

  // What the object takes, as an account would count it.
  Amounts usage(const KindName& kind, const AnyRef& object, WallTime now) const {
    return usageOf(kind, object, now, this);
  }

  // Whether the objects of the kind are counted up to now.
  bool follows(const KindName& kind) const;
  // Counts them from now on, and ends when all that there are have been counted.
  Task<void> follow(ServedKind kind);
  // The same of all that counts for what objects of the kind take in the namespace.
  bool followsFor(std::string_view ns, const KindName& kind) const;
  Task<void> followFor(std::string ns, ServedKind kind);
  // The same of all kinds that the namespace's quotas name and that are served, without waiting for the objects:
  // whether all of them are counted already.
  Task<bool> followAll(std::string ns);
  // Whether used amounts of the kind can be told: they are counted, or there is no such kind among those that every
  // cluster knows.
  bool isTold(const KindName& kind) const;

 private:
  struct Follower {
    ServedKind served;
    Resource resource;
    AnyInformer informer;
    Follower(Context& context, ServedKind kind);
  };

  void onQuota(const Object<core_v1::ResourceQuota>& before, const Object<core_v1::ResourceQuota>& now);
  void rebuild(const std::string& ns);
  std::shared_ptr<Follower> ensure(const ServedKind& kind);
  // Whether pods of the namespace take of the same as claims for devices, which are served and not counted yet.
  bool lacksClaims(std::string_view ns, const KindName& kind) const;
  void onObject(const KindName& kind, const AnyRef& before, const AnyRef& now);
  void onDeviceClass(const Object<resource_v1::DeviceClass>& before, const Object<resource_v1::DeviceClass>& now);
  // The claims for extended resources of the pod, in an account of its namespace: whether they take another amount now.
  bool recountClaims(Account& account, std::string_view podUid);
  std::string_view extendedResourceOf(std::string_view deviceClass) const override;
  Object<core_v1::Pod> controllingPod(const Object<resource_v1::ResourceClaim>& claim) const override;
  bool hasTwin(const Object<resource_v1::ResourceClaim>& claim) const override;
  Task<void> keepKinds();
  Task<void> learnKinds();
  // Whether there was any that can be followed no longer.
  bool dropStale();
  void followMissing(const std::string& ns);
  void tell(const std::string& ns);

  Context& context_;
  Changed changed_;
  Informer<core_v1::ResourceQuota> quotas_;
  Informer<resource_v1::DeviceClass> deviceClasses_;
  std::map<std::string, Account, std::less<>> accounts_;     // by namespace
  std::map<KindName, std::shared_ptr<Follower>> followers_;  // shared with who waits for one
  std::map<KindName, std::vector<ServedKind>> served_;       // as last asked for
};

}  // namespace cleat::quota
