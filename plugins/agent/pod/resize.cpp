#include "pod/resize.h"

#include <cleat/sdk/meta.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "pod/pod_spec.h"
#include "pod/resources.h"

namespace cleat::agent {
namespace {

namespace json = boost::json;
using Spec = core_v1::PodSpec;

std::optional<core_v1::ContainerStatus::Reader> statusOf(core_v1::PodStatus::Reader status,
                                                         const PodContainer& container) {
  for (auto each : statusesOf(status, container.role)) {
    if (view(each.getName()) == container.name()) return each;
  }
  return std::nullopt;
}

core_v1::Container::Builder builderOf(Spec::Builder spec, const PodContainer& container) {
  bool regular = container.role == ContainerRole::regular;
  auto list = regular ? spec.getContainers() : spec.getInitContainers();
  for (auto each : list) {
    if (view(each.asReader().getName()) == container.name()) return each;
  }
  return list[0];
}

bool equal(const ResourceAmount& one, const ResourceAmount& other) {
  return one.milliCpu == other.milliCpu && one.memoryBytes == other.memoryBytes;
}

bool restartsFor(core_v1::Container::Reader container, std::string_view resource) {
  for (auto policy : container.getResizePolicy()) {
    if (view(policy.getResourceName()) == resource) return view(policy.getRestartPolicy()) == "RestartContainer";
  }
  return false;
}

json::object toJson(TextMapReader amounts) {
  json::object object;
  for (auto entry : amounts) object[view(entry.getKey())] = view(entry.getValue());
  return object;
}

}  // namespace

Object<core_v1::Pod> withResourcesOf(const Object<core_v1::Pod>& pod, Spec::Reader from) {
  Draft<core_v1::Pod> draft(pod);
  auto spec = draft->getSpec();
  for (const auto& container : containersOf(pod->getSpec())) {
    auto known = findContainer(from, container.name());
    if (known) builderOf(spec, container).setResources(known->spec.getResources());
  }
  if (from.hasResources()) spec.setResources(from.getResources());
  return std::move(draft).freeze();
}

Object<core_v1::Pod> withReported(const Object<core_v1::Pod>& pod, ReportedResources which) {
  Draft<core_v1::Pod> draft(pod);
  auto spec = draft->getSpec();
  for (const auto& container : containersOf(pod->getSpec())) {
    auto reported = statusOf(pod->getStatus(), container);
    if (!reported || !reported->hasResources()) continue;
    auto resources = builderOf(spec, container).initResources();
    auto actual = reported->getResources();
    if (actual.hasLimits()) resources.setLimits(actual.getLimits());
    if (which == ReportedResources::granted && reported->hasAllocatedResources()) {
      resources.setRequests(reported->getAllocatedResources());
    } else if (actual.hasRequests()) {
      resources.setRequests(actual.getRequests());
    }
  }
  return std::move(draft).freeze();
}

std::optional<ResizeCondition> reportedCondition(core_v1::Pod::Reader pod, std::string_view type) {
  auto found = findCondition(pod.getStatus().getConditions(), type);
  if (!found) return std::nullopt;
  return ResizeCondition{str(found->getReason()), str(found->getMessage()), found->getObservedGeneration(),
                         parseTime(view(found->getLastTransitionTime())).value_or(WallTime{})};
}

bool sameResources(core_v1::ResourceRequirements::Reader one, core_v1::ResourceRequirements::Reader other) {
  return equal(amountIn(one.getRequests()), amountIn(other.getRequests())) &&
         equal(amountIn(one.getLimits()), amountIn(other.getLimits()));
}

bool sameResources(Spec::Reader one, Spec::Reader other) {
  for (const auto& container : containersOf(one)) {
    auto known = findContainer(other, container.name());
    if (known && !sameResources(container.spec.getResources(), known->spec.getResources())) return false;
  }
  return sameResources(one.getResources(), other.getResources());
}

bool resizeRestarts(core_v1::Container::Reader container, core_v1::ResourceRequirements::Reader before) {
  auto now = container.getResources();
  ResourceAmount requests[] = {amountIn(now.getRequests()), amountIn(before.getRequests())};
  ResourceAmount limits[] = {amountIn(now.getLimits()), amountIn(before.getLimits())};
  bool cpu = requests[0].milliCpu != requests[1].milliCpu || limits[0].milliCpu != limits[1].milliCpu;
  bool memory = requests[0].memoryBytes != requests[1].memoryBytes || limits[0].memoryBytes != limits[1].memoryBytes;
  return (cpu && restartsFor(container, "cpu")) || (memory && restartsFor(container, "memory"));
}

std::string resizeSummary(Spec::Reader spec, int64_t generation, std::string_view error) {
  json::array init, regular;
  for (const auto& container : containersOf(spec)) {
    auto from = container.spec.getResources();
    json::object resources;
    if (from.getLimits().size() != 0) resources["limits"] = toJson(from.getLimits());
    if (from.getRequests().size() != 0) resources["requests"] = toJson(from.getRequests());
    auto& list = container.role == ContainerRole::regular ? regular : init;
    list.push_back(json::object{{"name", container.name()}, {"resources", std::move(resources)}});
  }
  json::object summary;
  if (!init.empty()) summary["initContainers"] = std::move(init);
  if (!regular.empty()) summary["containers"] = std::move(regular);
  summary["generation"] = generation;
  if (!error.empty()) summary["error"] = error;
  return json::serialize(summary);
}

}  // namespace cleat::agent
