#include "object_cache.h"

#include <algorithm>

namespace cleat::agent {
namespace {

// The informer lives as long as somebody waits for it, even if every pod lets go meanwhile.
template <class W>
Task<void> tellWhenSynced(std::shared_ptr<W> watched, std::function<void()> tell) {
  co_await watched->informer.waitSynced();
  tell();
}

}  // namespace

template <class K>
void ObjectCache::tell(const Watched<K>& watched) {
  if (!changed_) return;
  for (const auto& uid : std::set<std::string>(watched.holders)) changed_(uid);
}

template <class K>
std::shared_ptr<ObjectCache::Watched<K>> ObjectCache::watch(InformerOptions options) {
  auto watched = std::make_shared<Watched<K>>(context_, std::move(options));
  auto* object = watched.get();
  watched->informer.onChange([this, object](const Object<K>&, const Object<K>&) {
    if (object->informer.synced()) tell(*object);
  });
  std::function<void()> told = [this, object] { tell(*object); };
  spawn(tellWhenSynced(watched, std::move(told)));
  return watched;
}

template <class K>
void ObjectCache::holdAll(WatchedObjects<K>& watched, const std::string& podUid, const std::string& ns,
                          const std::vector<std::string>& names) {
  for (const auto& name : names) {
    auto& entry = watched[keyOf(ns, name)];
    if (!entry) entry = watch<K>({.ns = ns, .fieldSelector = "metadata.name=" + name});
    entry->holders.insert(podUid);
  }
  std::erase_if(watched, [&](auto& item) {
    auto [itemNs, itemName] = splitKey(item.first);
    if (itemNs == ns && std::find(names.begin(), names.end(), itemName) == names.end()) {
      item.second->holders.erase(podUid);
    }
    return item.second->holders.empty();
  });
}

void ObjectCache::hold(const std::string& podUid, const std::string& ns, const References& references) {
  holdAll(configMaps_, podUid, ns, references.configMaps);
  holdAll(secrets_, podUid, ns, references.secrets);
  if (!references.trustBundles) return;
  if (!trustBundles_) trustBundles_ = watch<certificates_v1::ClusterTrustBundle>({});
  trustBundles_->holders.insert(podUid);
}

void ObjectCache::release(const std::string& podUid) {
  auto letGo = [&](auto& item) {
    item.second->holders.erase(podUid);
    return item.second->holders.empty();
  };
  std::erase_if(configMaps_, letGo);
  std::erase_if(secrets_, letGo);
  if (trustBundles_ && trustBundles_->holders.erase(podUid) > 0 && trustBundles_->holders.empty()) {
    trustBundles_.reset();
  }
}

bool ObjectCache::synced(const std::string& podUid) const {
  auto waited = [&](const auto& watched) { return watched.holders.contains(podUid) && !watched.informer.synced(); };
  auto pending = [&](const auto& item) { return waited(*item.second); };
  return std::none_of(configMaps_.begin(), configMaps_.end(), pending) &&
         std::none_of(secrets_.begin(), secrets_.end(), pending) && !(trustBundles_ && waited(*trustBundles_));
}

ReferencedObjects ObjectCache::find(const std::string& podUid) const {
  ReferencedObjects found;
  auto collect = [&](const auto& watched, auto& out) {
    for (const auto& [key, entry] : watched) {
      if (!entry->holders.contains(podUid)) continue;
      if (auto object = entry->informer.get(key)) out.emplace(object.name(), object);
    }
  };
  collect(configMaps_, found.configMaps);
  collect(secrets_, found.secrets);
  if (trustBundles_ && trustBundles_->holders.contains(podUid)) found.trustBundles = trustBundles_->informer.list();
  return found;
}

}  // namespace cleat::agent
