// The containers of a pod, whatever they are for, and the pods of a workload, whatever its kind.
//
//   eachContainer(pod->getSpec(), [&](auto container, ContainerSort sort) {
//     if (view(container.getImage()).starts_with("evil.example/")) …
//   });
//   eachPodSpec(request.resource(), request.anyObject(), [&](core_v1::PodSpec::Reader spec) { … });
//
// Ephemeral containers are another struct with the same fields, so that visitors are templates. With a builder the
// visitor gets builders.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>

namespace cleat {

enum class ContainerSort { init, ordinary, ephemeral };

// The member of a pod's spec: "initContainers".
constexpr std::string_view fieldOf(ContainerSort sort) {
  switch (sort) {
    case ContainerSort::init: return "initContainers";
    case ContainerSort::ephemeral: return "ephemeralContainers";
    default: return "containers";
  }
}

// visit(container, sort) for each: those that prepare, the ordinary ones, and those that were put in to look around.
template <class Visit>
void eachContainer(core_v1::PodSpec::Reader spec, Visit visit) {
  for (auto container : spec.getInitContainers()) visit(container, ContainerSort::init);
  for (auto container : spec.getContainers()) visit(container, ContainerSort::ordinary);
  for (auto container : spec.getEphemeralContainers()) visit(container, ContainerSort::ephemeral);
}
template <class Visit>
void eachContainer(core_v1::PodSpec::Builder spec, Visit visit) {
  for (auto container : spec.getInitContainers()) visit(container, ContainerSort::init);
  for (auto container : spec.getContainers()) visit(container, ContainerSort::ordinary);
  for (auto container : spec.getEphemeralContainers()) visit(container, ContainerSort::ephemeral);
}

// visit(spec) for the pod that an object of this resource (its plural) is, or is a pattern of. False, without a visit,
// for resources that have no pods.
template <class Visit>
bool eachPodSpec(std::string_view resource, const AnyRef& object, Visit visit) {
  if (resource == "pods") return visit(Object<core_v1::Pod>(object)->getSpec()), true;
  if (resource == "podtemplates") return visit(Object<core_v1::PodTemplate>(object)->getTemplate().getSpec()), true;
  const auto ofTemplate = [&](auto owner) {
    visit(owner->getSpec().getTemplate().getSpec());
    return true;
  };
  if (resource == "deployments") return ofTemplate(Object<apps_v1::Deployment>(object));
  if (resource == "replicasets") return ofTemplate(Object<apps_v1::ReplicaSet>(object));
  if (resource == "statefulsets") return ofTemplate(Object<apps_v1::StatefulSet>(object));
  if (resource == "daemonsets") return ofTemplate(Object<apps_v1::DaemonSet>(object));
  if (resource == "jobs") return ofTemplate(Object<batch_v1::Job>(object));
  if (resource == "replicationcontrollers") return ofTemplate(Object<core_v1::ReplicationController>(object));
  if (resource == "cronjobs") {
    visit(Object<batch_v1::CronJob>(object)->getSpec().getJobTemplate().getSpec().getTemplate().getSpec());
    return true;
  }
  return false;
}

}  // namespace cleat
