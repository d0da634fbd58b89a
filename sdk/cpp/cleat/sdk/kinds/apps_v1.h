// The kinds of apps/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/apps_v1.capnp.
#pragma once

#include <cleat/schema/kinds/apps_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<apps_v1::ReplicaSet> {
  static constexpr Resource resource{"apps", "v1", "replicasets", "ReplicaSet", true};
};
template <>
struct KindOf<apps_v1::Deployment> {
  static constexpr Resource resource{"apps", "v1", "deployments", "Deployment", true};
};
template <>
struct KindOf<apps_v1::StatefulSet> {
  static constexpr Resource resource{"apps", "v1", "statefulsets", "StatefulSet", true};
};
template <>
struct KindOf<apps_v1::DaemonSet> {
  static constexpr Resource resource{"apps", "v1", "daemonsets", "DaemonSet", true};
};
template <>
struct KindOf<apps_v1::ControllerRevision> {
  static constexpr Resource resource{"apps", "v1", "controllerrevisions", "ControllerRevision", true};
};

}  // namespace cleat
