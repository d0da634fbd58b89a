#include "scale_target.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::autoscaler {

using autoscaling_v1::Scale;

std::optional<std::string> groupIn(std::string_view apiVersion) {
  const size_t slash = apiVersion.find('/');
  if (slash == std::string_view::npos) return std::string();
  if (apiVersion.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return std::string(apiVersion.substr(0, slash));
}

const ServedKind* ScaleTargets::known(std::string_view group, std::string_view kind) const {
  const auto found =
      std::ranges::find_if(kinds_, [&](const ServedKind& each) { return each.group == group && each.kind == kind; });
  return found == kinds_.end() ? nullptr : &*found;
}

Task<Result<ServedKind>> ScaleTargets::kindOf(std::string group, std::string kind) {
  if (const ServedKind* found = known(group, kind)) co_return *found;
  auto answer = co_await context_.call(wire::cluster::kinds);
  if (!answer) co_return fail(answer.error());
  kinds_.clear();
  for (auto each : (*answer)->getKinds()) {
    kinds_.push_back({str(each.getGroup()), str(each.getVersion()), str(each.getResource()), str(each.getKind()),
                      each.getNamespaced()});
  }
  if (const ServedKind* found = known(group, kind)) co_return *found;
  co_return fail(Status::internal(concat("no matches for kind \"", kind, "\" in group \"", group, "\"")));
}

Task<Result<Scaled>> ScaleTargets::find(std::string ns, std::string apiVersion, std::string kind, std::string name) {
  const std::optional<std::string> group = groupIn(apiVersion);
  if (!group) {
    co_return fail(Status::badRequest(
        concat("invalid API version in scale target reference: unexpected GroupVersion string: ", apiVersion)));
  }
  CLEAT_CO_TRY(ServedKind served, co_await kindOf(*group, kind));
  const Resource resource = served.named();
  const std::string scope = served.namespaced ? ns : std::string();
  Result<AnyRef> scale = co_await client_.get(resource, scope, name, "scale");
  if (!scale) {
    // It may have got another version, or gone, since it was learnt.
    kinds_.clear();
    co_return fail(scale.error());
  }
  co_return Scaled{std::move(served), std::move(ns), std::move(name), Object<Scale>(std::move(*scale))};
}

Task<Result<void>> ScaleTargets::set(Scaled target, int32_t replicas) {
  Draft<Scale> draft(target.scale);
  draft->getSpec().setReplicas(replicas);
  const Resource resource = target.kind.named();
  AnyRef body = std::move(draft).freezeAny();
  const std::string ns = target.kind.namespaced ? target.ns : std::string();
  Result<AnyRef> updated = co_await client_.update(resource, ns, target.name, "scale", std::move(body));
  if (!updated) co_return fail(updated.error());
  co_return Result<void>();
}

}  // namespace cleat::autoscaler
