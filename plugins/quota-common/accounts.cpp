#include "quota-common/accounts.h"

#include <cleat/schema/bus.methods.h>

#include <algorithm>
#include <array>

#include "device-common/pod_claims.h"

namespace cleat::quota {

namespace {

using core_v1::ResourceQuota;

constexpr const char* kByNamespace = "namespace";
// Claims for extended resources, by the uid of the pod that each is for.
constexpr const char* kByPod = "pod";
// Kinds come and go with definitions of users' own.
constexpr Duration kAskAgain = std::chrono::seconds(5);
// What ends without a word (a pod whose node is lost), and what was missed.
constexpr Duration kResync = std::chrono::minutes(5);
// No request is under way for so long.
constexpr Duration kLongestRequest = std::chrono::minutes(2);

// Where nothing is served by these names nothing is taken, and that can be told.
constexpr std::array<std::string_view, 7> kKnown{"pods",    "services",       "persistentvolumeclaims", "configmaps",
                                                 "secrets", "resourcequotas", "replicationcontrollers"};

const KindName kPods{"", "pods"};

ServedKind podsAsServed() {
  const Resource& pods = KindOf<core_v1::Pod>::resource;
  return {kPods, str(pods.version), str(pods.kind)};
}

std::vector<std::string> namespaceOf(const AnyRef& object) { return {str(object.ns())}; }

std::vector<std::string> podOf(const AnyRef& object) {
  if (!devices::isForExtendedResources(Object<resource_v1::ResourceClaim>(object))) return {};
  const auto controller = controllerOf(object.meta());
  if (!controller) return {};
  return {str(controller->getUid())};
}

bool sameSpec(const Object<ResourceQuota>& a, const Object<ResourceQuota>& b) {
  return a.uid() == b.uid() && capnp::toAny(a->getSpec()) == capnp::toAny(b->getSpec());
}

}  // namespace

Accounts::Follower::Follower(Context& context, ServedKind kind)
    : served(std::move(kind)), resource{served.name.group, served.version, served.name.resource, served.kind, true},
      informer(context, resource) {}

Accounts::Accounts(Context& context, Changed changed)
    : context_(context), changed_(std::move(changed)), quotas_(context), deviceClasses_(context) {
  quotas_.any().addIndex(kByNamespace, namespaceOf);
  quotas_.onChange(
      [this](const Object<ResourceQuota>& before, const Object<ResourceQuota>& now) { onQuota(before, now); });
  deviceClasses_.onChange([this](const Object<resource_v1::DeviceClass>& before,
                                 const Object<resource_v1::DeviceClass>& now) { onDeviceClass(before, now); });
}

void Accounts::start() {
  quotas_.start();
  spawn(keepKinds());
}

Account* Accounts::find(std::string_view ns) {
  auto at = accounts_.find(ns);
  return at == accounts_.end() ? nullptr : &at->second;
}

bool Accounts::follows(const KindName& kind) const {
  auto at = followers_.find(kind);
  if (at == followers_.end() || !at->second->informer.synced()) return false;
  return kind != kDeviceClaims || (deviceClasses_.synced() && follows(kPods));
}

bool Accounts::isTold(const KindName& kind) const {
  if (followers_.contains(kind)) return follows(kind);
  return kind == kDeviceClaims || (kind.group.empty() && std::ranges::find(kKnown, kind.resource) != kKnown.end());
}

Task<void> Accounts::follow(ServedKind kind) {
  const std::shared_ptr<Follower> follower = ensure(kind);
  co_await follower->informer.waitSynced();
  if (kind.name != kDeviceClaims) co_return;
  const std::shared_ptr<Follower> pods = ensure(podsAsServed());
  co_await pods->informer.waitSynced();
  co_await deviceClasses_.waitSynced();
}

bool Accounts::lacksClaims(std::string_view ns, const KindName& kind) const {
  auto account = accounts_.find(ns);
  if (kind != kPods || account == accounts_.end() || !account->second.mixesDevices()) return false;
  return !follows(kDeviceClaims) && (served_.empty() || served_.contains(kDeviceClaims));
}

bool Accounts::followsFor(std::string_view ns, const KindName& kind) const {
  return follows(kind) && !lacksClaims(ns, kind);
}

Task<void> Accounts::followFor(std::string ns, ServedKind kind) {
  const bool arePods = kind.name == kPods;
  co_await follow(std::move(kind));
  if (!arePods || !lacksClaims(ns, kPods)) co_return;
  if (served_.empty()) co_await learnKinds();
  auto served = served_.find(kDeviceClaims);
  if (served == served_.end()) co_return;
  ServedKind claims = served->second.front();
  co_await follow(std::move(claims));
}

Task<bool> Accounts::followAll(std::string ns) {
  const Account* account = find(ns);
  if (account == nullptr) co_return true;
  const std::vector<KindName> kinds = account->kinds();
  if (std::ranges::any_of(kinds, [&](const KindName& kind) { return !followers_.contains(kind); })) {
    co_await learnKinds();
  }
  bool all = true;
  for (const KindName& kind : kinds) {
    auto served = served_.find(kind);
    if (served == served_.end()) continue;
    ensure(served->second.front());
    all &= follows(kind);
  }
  co_return all;
}

std::shared_ptr<Accounts::Follower> Accounts::ensure(const ServedKind& kind) {
  std::shared_ptr<Follower>& follower = followers_[kind.name];
  if (follower) return follower;
  std::shared_ptr<Follower> made = follower = std::make_shared<Follower>(context_, kind);
  made->informer.addIndex(kByNamespace, namespaceOf);
  made->informer.onChange(
      [this, name = kind.name](const AnyRef& before, const AnyRef& now) { onObject(name, before, now); });
  if (kind.name == kDeviceClaims) {
    made->informer.addIndex(kByPod, podOf);
    deviceClasses_.start();
    ensure(podsAsServed());
  }
  made->informer.start();
  return made;
}

void Accounts::onObject(const KindName& kind, const AnyRef& before, const AnyRef& now) {
  const std::string_view ns = now ? now.ns() : before.ns();
  Account* account = find(ns);
  if (account == nullptr) return;
  bool changed = now ? account->put(kind, now, context_.wallNow()) : account->remove(kind, before);
  if (kind == kPods) changed |= recountClaims(*account, (now ? now : before).uid());
  if (kind == kDeviceClaims) {
    for (const AnyRef* state : {&before, &now}) {
      for (const std::string& pod : *state ? podOf(*state) : std::vector<std::string>()) {
        changed |= recountClaims(*account, pod);
      }
    }
  }
  if (changed) tell(std::string(ns));
}

bool Accounts::recountClaims(Account& account, std::string_view podUid) {
  auto claims = followers_.find(kDeviceClaims);
  if (claims == followers_.end() || !account.measures(kDeviceClaims)) return false;
  bool changed = false;
  claims->second->informer.forEach(
      kByPod, podUid, [&](const AnyRef& claim) { changed |= account.put(kDeviceClaims, claim, context_.wallNow()); });
  return changed;
}

void Accounts::onDeviceClass(const Object<resource_v1::DeviceClass>& before,
                             const Object<resource_v1::DeviceClass>& now) {
  auto nameOf = [](const Object<resource_v1::DeviceClass>& deviceClass) {
    return deviceClass ? view(deviceClass->getSpec().getExtendedResourceName()) : std::string_view();
  };
  if (nameOf(before) == nameOf(now)) return;
  std::vector<std::string> concerned;
  for (const auto& [ns, account] : accounts_) {
    if (account.measures(kDeviceClaims)) concerned.push_back(ns);
  }
  for (const std::string& ns : concerned) {
    rebuild(ns);
    tell(ns);
  }
}

std::string_view Accounts::extendedResourceOf(std::string_view deviceClass) const {
  const Object<resource_v1::DeviceClass> found = deviceClasses_.get(deviceClass);
  // The informer keeps it: what is given stays valid until the next turn.
  return found ? view(found->getSpec().getExtendedResourceName()) : std::string_view();
}

Object<core_v1::Pod> Accounts::controllingPod(const Object<resource_v1::ResourceClaim>& claim) const {
  const auto controller = controllerOf(claim.meta());
  auto pods = followers_.find(kPods);
  if (!controller || pods == followers_.end()) return {};
  if (view(controller->getKind()) != "Pod" || view(controller->getApiVersion()) != "v1") return {};
  Object<core_v1::Pod> pod(pods->second->informer.get(keyOf(claim.ns(), view(controller->getName()))));
  return pod && pod.uid() == view(controller->getUid()) ? pod : Object<core_v1::Pod>();
}

bool Accounts::hasTwin(const Object<resource_v1::ResourceClaim>& claim) const {
  auto claims = followers_.find(kDeviceClaims);
  if (claims == followers_.end()) return false;
  bool found = false;
  for (const std::string& pod : podOf(claim)) {
    claims->second->informer.forEach(kByPod, pod, [&](const AnyRef& other) {
      found |= other.ns() == claim.ns() && other.uid() != claim.uid() && !deletionPending(other.meta());
    });
  }
  return found;
}

void Accounts::onQuota(const Object<ResourceQuota>& before, const Object<ResourceQuota>& now) {
  const std::string ns(now ? now.ns() : before.ns());
  if (before && now && sameSpec(before, now)) return;
  rebuild(ns);
  tell(ns);
}

// With the quotas that there are, from what is stored.
void Accounts::rebuild(const std::string& ns) {
  std::vector<Quota> quotas;
  for (const Object<ResourceQuota>& quota : quotas_.byIndex(kByNamespace, ns)) quotas.push_back(readQuota(*quota));
  std::ranges::sort(quotas, {}, &Quota::name);
  if (quotas.empty()) {
    accounts_.erase(ns);
    return;
  }
  const WallTime now = context_.wallNow();
  Account account(std::move(quotas), this);
  for (const KindName& kind : account.kinds()) {
    auto follower = followers_.find(kind);
    if (follower == followers_.end()) continue;
    follower->second->informer.forEach(kByNamespace, ns, [&](const AnyRef& object) { account.put(kind, object, now); });
  }
  if (const Account* before = find(ns)) account.takeOver(*before, now, context_.now() - kLongestRequest);
  accounts_.insert_or_assign(ns, std::move(account));
}

void Accounts::tell(const std::string& ns) {
  if (changed_) changed_(ns);
}

Task<void> Accounts::learnKinds() {
  auto answer = co_await context_.call(wire::cluster::kinds);
  if (!answer) co_return;
  served_.clear();
  for (auto kind : (*answer)->getKinds()) {
    if (!kind.getNamespaced() || !contains(kind.getVerbs(), "watch")) continue;
    const KindName name{str(kind.getGroup()), str(kind.getResource())};
    served_[name].push_back({name, str(kind.getVersion()), str(kind.getKind())});
  }
}

// A kind that is not served any more, or not in that version, cannot be watched so.
bool Accounts::dropStale() {
  if (served_.empty()) return false;
  return std::erase_if(followers_, [&](const auto& follower) {
           auto served = served_.find(follower.first);
           if (served == served_.end()) return true;
           const std::string& version = follower.second->served.version;
           return std::ranges::find(served->second, version, &ServedKind::version) == served->second.end();
         }) > 0;
}

void Accounts::followMissing(const std::string& ns) {
  const Account* account = find(ns);
  if (account == nullptr) return;
  for (const KindName& kind : account->kinds()) {
    auto served = served_.find(kind);
    if (served == served_.end() || followers_.contains(kind)) continue;
    ensure(served->second.front());
    tell(ns);
  }
}

Task<void> Accounts::keepKinds() {
  Instant resync = context_.now() + kResync;
  for (;;) {
    co_await context_.sleep(kAskAgain);
    if (accounts_.empty()) continue;
    co_await learnKinds();
    const bool dropped = dropStale();
    const bool all = dropped || context_.now() >= resync;
    if (all) resync = context_.now() + kResync;
    std::vector<std::string> namespaces;
    for (const auto& [ns, account] : accounts_) namespaces.push_back(ns);
    for (const std::string& ns : namespaces) {
      followMissing(ns);
      if (!all) continue;
      rebuild(ns);
      tell(ns);
      co_await context_.yield();
    }
  }
}

}  // namespace cleat::quota
