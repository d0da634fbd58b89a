// The ConfigMaps and Secrets that this node's pods refer to, each watched by name for as long as a pod holds it: a node
// sees no other, and a change reaches the pods' volumes without polling. Bundles of authorities are for everybody, and
// watched together while a pod uses any. Strand only.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "pod/env.h"

namespace cleat::agent {

class ObjectCache {
 public:
  explicit ObjectCache(Context& context) : context_(context) {}

  // Called with the uid of each pod that holds an object that has changed, or has been fetched for the first time.
  void onChange(std::function<void(const std::string& podUid)> changed) { changed_ = std::move(changed); }

  // From now on the pod holds exactly these.
  void hold(const std::string& podUid, const std::string& ns, const References& references);
  void release(const std::string& podUid);

  // Whether all that the pod holds has been fetched, or is known not to exist.
  bool synced(const std::string& podUid) const;
  // What exists of it.
  ReferencedObjects find(const std::string& podUid) const;

 private:
  template <class K>
  struct Watched {
    Watched(Context& context, InformerOptions options) : informer(context, std::move(options)) {}
    Informer<K> informer;
    std::set<std::string> holders;
  };
  template <class K>
  using WatchedObjects = std::map<std::string, std::shared_ptr<Watched<K>>>;  // by "namespace/name"

  template <class K>
  void holdAll(WatchedObjects<K>& watched, const std::string& podUid, const std::string& ns,
               const std::vector<std::string>& names);
  template <class K>
  std::shared_ptr<Watched<K>> watch(InformerOptions options);
  template <class K>
  void tell(const Watched<K>& watched);

  Context& context_;
  std::function<void(const std::string&)> changed_;
  WatchedObjects<core_v1::ConfigMap> configMaps_;
  WatchedObjects<core_v1::Secret> secrets_;
  std::shared_ptr<Watched<certificates_v1::ClusterTrustBundle>> trustBundles_;  // null: no pod uses any
};

}  // namespace cleat::agent
