// A deployment's replica sets: which one is of the current template, how a new one is made, and the annotations that
// kubectl reads the history of a rollout from.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <vector>

namespace cleat::deployment {

using apps_v1::Deployment;
using apps_v1::ReplicaSet;

inline constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
inline constexpr std::string_view kRevisionHistory = "deployment.kubernetes.io/revision-history";
inline constexpr std::string_view kDesired = "deployment.kubernetes.io/desired-replicas";
inline constexpr std::string_view kMax = "deployment.kubernetes.io/max-replicas";
inline constexpr std::string_view kHashLabel = "pod-template-hash";

struct Sets {
  Object<ReplicaSet> current;           // of the deployment's template; none yet is possible
  std::vector<Object<ReplicaSet>> old;  // oldest first
  std::vector<Object<ReplicaSet>> all() const;
};

Sets sortOut(const Object<Deployment>& deployment, std::vector<Object<ReplicaSet>> owned);

int64_t revisionOf(const AnyRef& object);
int64_t wantedOf(const Object<ReplicaSet>& set);

// The replica set for the deployment's template.
Draft<ReplicaSet> makeSet(const Object<Deployment>& deployment, int64_t revision, int64_t replicas,
                          int64_t maxReplicas);

// Gives a set the deployment's annotations, and the revision unless it has a higher one; true if any changed.
bool annotateSet(meta_v1::ObjectMeta::Builder meta, const Object<Deployment>& deployment, int64_t revision);
// What its size was decided by: proportional scaling goes by that. True if any changed.
bool annotateSize(meta_v1::ObjectMeta::Builder meta, int64_t desired, int64_t max);
// What `annotateSize` has noted of the most pods; 0 if nothing.
int64_t notedMax(const Object<ReplicaSet>& set);

}  // namespace cleat::deployment
