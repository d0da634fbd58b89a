// How many pods the owners of pods want, whatever kinds of owners they are: those with a scale.
//
//   OwnerScales scales_{context()};
//   scales_.watch(controller(), [this](std::string_view ns) { … });    // in `watch`
//   CLEAT_CO_TRY(Scale scale, co_await scales_.of(std::move(pods)));   // in `reconcile`
//
// The pods of a Deployment count by it, not by its ReplicaSets, so that those of two generations count once. What is
// not built in is asked for its subresource `scale`.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_replication.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cleat::disruption {

struct Scale {
  int64_t pods = 0;
  std::vector<std::string> unmanaged;  // names of pods that nobody controls
};

class OwnerScales {
 public:
  using Pods = std::vector<Object<core_v1::Pod>>;
  // `changed` is told the namespaces in which an owner wants another number now.
  using Changed = std::function<void(std::string_view ns)>;

  explicit OwnerScales(Context& context)
      : context_(context), client_(context), replicaSets_(context), deployments_(context), statefulSets_(context),
        replicationControllers_(context) {}

  void watch(Controller& controller, const Changed& changed);

  // An error where a pod's owner is not there, or has no scale.
  Task<Result<Scale>> of(Pods pods);

 private:
  struct Owner {
    std::string apiVersion, kind, ns, name, uid;
  };
  struct OwnerScale {
    std::string uid;
    int64_t pods = 0;
  };
  struct ServedKind {
    std::string group, version, resource, kind;
  };

  template <class K>
  void watchKind(Informer<K>& informer, Controller& controller, const Changed& changed);
  std::optional<OwnerScale> builtIn(const Owner& owner) const;
  Task<Result<std::optional<OwnerScale>>> scaleOf(Owner owner);
  Task<Result<ServedKind>> kindOf(Owner owner);
  const ServedKind* known(const Owner& owner) const;

  Context& context_;
  Client client_;
  Informer<apps_v1::ReplicaSet> replicaSets_;
  Informer<apps_v1::Deployment> deployments_;
  Informer<apps_v1::StatefulSet> statefulSets_;
  Informer<core_v1::ReplicationController> replicationControllers_;
  std::vector<ServedKind> kinds_;
};

}  // namespace cleat::disruption
