#include "owner_scales.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>

namespace cleat::disruption {
namespace {

constexpr std::string_view kNoSuchResource = "the server could not find the requested resource";

struct GroupVersion {
  std::string_view group, version;
};
GroupVersion split(std::string_view apiVersion) {
  const size_t slash = apiVersion.find('/');
  if (slash == std::string_view::npos) return {"", apiVersion};
  return {apiVersion.substr(0, slash), apiVersion.substr(slash + 1)};
}

template <class K>
int64_t replicasOf(const Object<K>& owner) {
  return valueOr(owner->getSpec().getReplicas(), 1);
}

template <class K>
Object<K> ownerIn(const Informer<K>& informer, std::string_view ns, std::string_view name, std::string_view uid) {
  Object<K> owner = informer.get(ns, name);
  return owner && owner.uid() == uid ? owner : Object<K>();
}

}  // namespace

template <class K>
void OwnerScales::watchKind(Informer<K>& informer, Controller& controller, const Changed& changed) {
  informer.onChange([changed](const Object<K>& before, const Object<K>& now) {
    if (before && now && replicasOf(before) == replicasOf(now)) return;
    changed((now ? now : before).ns());
  });
  controller.needs(informer);
}

void OwnerScales::watch(Controller& controller, const Changed& changed) {
  watchKind(replicaSets_, controller, changed);
  watchKind(deployments_, controller, changed);
  watchKind(statefulSets_, controller, changed);
  watchKind(replicationControllers_, controller, changed);
}

Task<Result<Scale>> OwnerScales::of(Pods pods) {
  Scale scale;
  std::map<std::string, std::string> counted;  // owners by uid, and by whose uid they count
  std::map<std::string, int64_t> scales;
  for (const Object<core_v1::Pod>& pod : pods) {
    auto reference = controllerOf(pod.meta());
    if (!reference) {
      scale.unmanaged.emplace_back(pod.name());
      continue;
    }
    Owner owner{str(reference->getApiVersion()), str(reference->getKind()), str(pod.ns()), str(reference->getName()),
                str(reference->getUid())};
    if (counted.contains(owner.uid)) continue;
    const std::string uid = owner.uid;
    std::optional<OwnerScale> found = builtIn(owner);
    if (!found) {
      CLEAT_CO_TRY(found, co_await scaleOf(std::move(owner)));
    }
    if (!found) co_return fail(Status::internal(concat("found no controllers for pod \"", pod.name(), "\"")));
    counted[uid] = found->uid;
    scales[found->uid] = found->pods;
  }
  for (const auto& [uid, count] : scales) scale.pods += count;
  co_return scale;
}

std::optional<OwnerScales::OwnerScale> OwnerScales::builtIn(const Owner& owner) const {
  auto scaled = [](const auto& object) -> std::optional<OwnerScale> {
    if (!object) return std::nullopt;
    return OwnerScale{str(object.uid()), replicasOf(object)};
  };
  const std::string_view group = split(owner.apiVersion).group;
  if (owner.kind == "ReplicationController" && group.empty()) {
    return scaled(ownerIn(replicationControllers_, owner.ns, owner.name, owner.uid));
  }
  if (group != "apps") return std::nullopt;
  if (owner.kind == "StatefulSet") return scaled(ownerIn(statefulSets_, owner.ns, owner.name, owner.uid));
  if (owner.kind != "ReplicaSet") return std::nullopt;
  const Object<apps_v1::ReplicaSet> set = ownerIn(replicaSets_, owner.ns, owner.name, owner.uid);
  auto above = set ? controllerOf(set.meta()) : std::nullopt;
  if (!above || view(above->getKind()) != "Deployment") return scaled(set);
  return scaled(ownerIn(deployments_, owner.ns, view(above->getName()), view(above->getUid())));
}

Task<Result<std::optional<OwnerScales::OwnerScale>>> OwnerScales::scaleOf(Owner owner) {
  CLEAT_CO_TRY(ServedKind kind, co_await kindOf(owner));
  const Resource resource{kind.group, kind.version, kind.resource, kind.kind};
  Result<AnyRef> answer = co_await client_.any().get(resource, owner.ns, owner.name, "scale");
  if (answer) {
    const Object<autoscaling_v1::Scale> scale(*answer);
    if (scale.uid() != owner.uid) co_return std::optional<OwnerScale>();
    co_return std::optional(OwnerScale{owner.uid, scale->getSpec().getReplicas()});
  }
  if (!answer.error().is(404)) co_return fail(answer.error());
  if (answer.error().message.starts_with(kNoSuchResource)) {
    co_return fail(Status::internal(
        concat(owner.apiVersion, ", Resource=", kind.resource, " does not implement the scale subresource")));
  }
  co_return std::optional<OwnerScale>();
}

const OwnerScales::ServedKind* OwnerScales::known(const Owner& owner) const {
  const auto [group, version] = split(owner.apiVersion);
  for (const ServedKind& kind : kinds_) {
    if (kind.group == group && kind.version == version && kind.kind == owner.kind) return &kind;
  }
  return nullptr;
}

Task<Result<OwnerScales::ServedKind>> OwnerScales::kindOf(Owner owner) {
  if (const ServedKind* kind = known(owner)) co_return *kind;
  auto answer = co_await context_.call(wire::cluster::kinds);
  if (!answer) co_return fail(answer.error());
  kinds_.clear();
  for (auto kind : (*answer)->getKinds()) {
    if (!kind.getNamespaced()) continue;
    kinds_.push_back({str(kind.getGroup()), str(kind.getVersion()), str(kind.getResource()), str(kind.getKind())});
  }
  if (const ServedKind* kind = known(owner)) co_return *kind;
  co_return fail(
      Status::internal(concat("no matches for kind \"", owner.kind, "\" in version \"", owner.apiVersion, "\"")));
}

}  // namespace cleat::disruption
