#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/taints.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat {

namespace {

using core_v1::Toleration;

bool sameSeconds(Toleration::Reader a, Toleration::Reader b) {
  auto left = a.getTolerationSeconds(), right = b.getTolerationSeconds();
  return isSet(left) == isSet(right) && (!isSet(left) || left.getValue() == right.getValue());
}

bool sameToleration(Toleration::Reader a, Toleration::Reader b) {
  return view(a.getKey()) == view(b.getKey()) && view(a.getOperator()) == view(b.getOperator()) &&
         view(a.getValue()) == view(b.getValue()) && view(a.getEffect()) == view(b.getEffect()) && sameSeconds(a, b);
}

bool lastsAtLeast(Toleration::Reader wide, Toleration::Reader narrow) {
  if (view(wide.getEffect()) != "NoExecute" || !isSet(wide.getTolerationSeconds())) return true;
  return isSet(narrow.getTolerationSeconds()) &&
         narrow.getTolerationSeconds().getValue() <= wide.getTolerationSeconds().getValue();
}

}  // namespace

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

bool covers(Toleration::Reader wide, Toleration::Reader narrow) {
  if (sameToleration(wide, narrow)) return true;
  const std::string_view op = view(wide.getOperator());
  const bool everyKey = wide.getKey().size() == 0 && op == "Exists";
  if (view(wide.getKey()) != view(narrow.getKey()) && !everyKey) return false;
  if (wide.getEffect().size() > 0 && view(wide.getEffect()) != view(narrow.getEffect())) return false;
  if (!lastsAtLeast(wide, narrow)) return false;
  if (op == "Exists") return true;
  return (op == "Equal" || op.empty()) && view(narrow.getOperator()) == "Equal" &&
         view(narrow.getValue()) == view(wide.getValue());
}

capnp::Orphan<TolerationList> mergedTolerations(capnp::Orphanage orphanage, TolerationList::Reader first,
                                                TolerationList::Reader second) {
  std::vector<Toleration::Reader> all, merged;
  for (auto list : {first, second}) {
    for (auto one : list) all.push_back(one);
  }
  for (auto at = all.begin(); at != all.end(); ++at) {
    auto coversThis = [&](Toleration::Reader other) { return covers(other, *at); };
    // Of two that are equal the first one stays.
    auto isWider = [&](Toleration::Reader other) { return !sameToleration(other, *at) && covers(other, *at); };
    if (std::ranges::any_of(merged, coversThis) || std::any_of(std::next(at), all.end(), isWider)) continue;
    merged.push_back(*at);
  }
  return listOf<Toleration>(orphanage, merged);
}

}  // namespace cleat
