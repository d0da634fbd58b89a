#include "policy-common/equivalents.h"

#include <cleat/sdk/text.h>

#include "autoscaling-common/autoscaler_conversion.h"

namespace cleat::policy {

namespace {

namespace v1 = autoscaling_v1;
namespace v2 = autoscaling_v2;

// Those that are the same objects, side by side.
struct Family {
  Equivalent one, other;
};

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies = {
      {{"autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler"},
       {"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"}},
      {{"", "v1", "events", "Event"}, {"events.k8s.io", "v1", "events", "Event"}}};
  return kFamilies;
}

bool isSame(const Equivalent& known, std::string_view group, std::string_view version, std::string_view resource) {
  return known.group == group && known.version == version && known.resource == resource;
}

bool isOfOtherLayout(const KindKey& from, const KindKey& to) {
  return from.group == "autoscaling" && from.kind == "HorizontalPodAutoscaler" && from.version != to.version;
}

template <class Autoscaler>
AnyRef withStatusOf(const AnyRef& original, Draft<Autoscaler> draft) {
  auto before = original.as<Autoscaler>();
  if (before.hasStatus()) {
    draft->setStatus(before.getStatus());
  } else {
    draft->disownStatus();
  }
  return std::move(draft).freezeAny();
}

}  // namespace

std::vector<Equivalent> builtInEquivalents(std::string_view group, std::string_view version,
                                           std::string_view resource) {
  for (const Family& family : families()) {
    if (isSame(family.one, group, version, resource)) return {family.other};
    if (isSame(family.other, group, version, resource)) return {family.one};
  }
  return {};
}

std::string unconverted(const Equivalent& other) {
  return concat("its rules are about ", other.group, "/", other.version, ", to which objects of ", other.resource,
                " are converted by a webhook, which is not asked for policies: name the version of the request in its "
                "rules, or set matchPolicy: Exact");
}

AnyRef convertedObject(const AnyRef& object, const KindKey& from, const KindKey& to) {
  if (!object || !isOfOtherLayout(from, to)) return object;
  if (to.version == "v1") {
    return kinds::autoscaling::toV1(object.as<v2::HorizontalPodAutoscaler>()).freezeAny();
  }
  return kinds::autoscaling::toV2(object.as<v1::HorizontalPodAutoscaler>()).freezeAny();
}

AnyRef convertedBack(const AnyRef& changed, const AnyRef& original, const KindKey& from, const KindKey& to) {
  if (!changed || !isOfOtherLayout(from, to)) return changed;
  if (to.version == "v1") {
    return withStatusOf(original, kinds::autoscaling::toV1(changed.as<v2::HorizontalPodAutoscaler>()));
  }
  return withStatusOf(original, kinds::autoscaling::toV2(changed.as<v1::HorizontalPodAutoscaler>()));
}

}  // namespace cleat::policy
