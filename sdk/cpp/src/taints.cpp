#include <cleat/sdk/taints.h>
#include <cleat/sdk/text.h>

namespace cleat {

bool tolerates(core_v1::Toleration::Reader toleration, core_v1::Taint::Reader taint) {
  if (toleration.getEffect().size() > 0 && view(toleration.getEffect()) != view(taint.getEffect())) return false;
  const bool exists = view(toleration.getOperator()) == "Exists";
  if (toleration.getKey().size() > 0 ? view(toleration.getKey()) != view(taint.getKey()) : !exists) return false;
  return exists || view(toleration.getValue()) == view(taint.getValue());
}

bool tolerates(core_v1::PodSpec::Reader spec, core_v1::Taint::Reader taint) {
  for (auto toleration : spec.getTolerations()) {
    if (tolerates(toleration, taint)) return true;
  }
  return false;
}

}  // namespace cleat
