#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <optional>

namespace cleat {
namespace {

constexpr QosClass kClasses[] = {QosClass::guaranteed, QosClass::burstable, QosClass::bestEffort};

bool countsForPods(std::string_view resource) {
  return resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-");
}

bool anyCountsForPods(TextMapReader amounts) {
  for (auto amount : amounts) {
    if (countsForPods(view(amount.getKey()))) return true;
  }
  return false;
}

QosClass classBy(core_v1::ResourceRequirements::Reader resources, std::string_view name) {
  const auto limited = lookup(resources.getLimits(), name);
  const auto asked = lookup(resources.getRequests(), name);
  const Quantity limit = limited ? Quantity::parse(*limited).value_or(Quantity()) : Quantity();
  const Quantity request = asked ? Quantity::parse(*asked).value_or(Quantity()) : limit;
  if (request != limit) return QosClass::burstable;
  return limit.isZero() ? QosClass::bestEffort : QosClass::guaranteed;
}

// Parts of different classes make the whole burstable.
void join(std::optional<QosClass>& all, QosClass one) { all = !all || *all == one ? one : QosClass::burstable; }

void join(std::optional<QosClass>& all, core_v1::ResourceRequirements::Reader resources) {
  for (const char* name : {"cpu", "memory"}) join(all, classBy(resources, name));
}

}  // namespace

std::string_view qosClassName(QosClass qos) {
  switch (qos) {
    case QosClass::guaranteed: return "Guaranteed";
    case QosClass::burstable: return "Burstable";
    case QosClass::bestEffort: break;
  }
  return "BestEffort";
}

QosClass qosClassOf(core_v1::PodSpec::Reader spec) {
  std::optional<QosClass> all;
  if (anyCountsForPods(spec.getResources().getRequests()) || anyCountsForPods(spec.getResources().getLimits())) {
    join(all, spec.getResources());
  } else {
    for (auto container : spec.getInitContainers()) join(all, container.getResources());
    for (auto container : spec.getContainers()) join(all, container.getResources());
  }
  return all.value_or(QosClass::bestEffort);
}

QosClass qosClassOf(core_v1::Pod::Reader pod) {
  const std::string_view said = view(pod.getStatus().getQosClass());
  const auto known = std::ranges::find(kClasses, said, qosClassName);
  return known != std::end(kClasses) ? *known : qosClassOf(pod.getSpec());
}

}  // namespace cleat
