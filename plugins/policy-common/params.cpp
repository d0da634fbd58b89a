#include "policy-common/params.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/selector.h>

#include <optional>

namespace cleat::policy {

namespace {

using Found = std::expected<PolicyParams, PolicyParamsError>;

struct ParamResource {
  std::string resource;
  bool namespaced = true;
};

std::unexpected<PolicyParamsError> ofBinding(std::string message) {
  return std::unexpected(PolicyParamsError{false, std::move(message)});
}

// How the objects of the kind are asked for; nothing where there is no such kind.
Task<Result<std::optional<ParamResource>>> resourceOf(Context& context, const PolicyParams& params) {
  auto listing = context.call(wire::cluster::kinds);
  auto kinds = co_await std::move(listing);
  if (!kinds) co_return fail(kinds.error());
  for (auto kind : (**kinds).getKinds()) {
    const bool same = view(kind.getGroup()) == params.group && view(kind.getVersion()) == params.version &&
                      view(kind.getKind()) == params.kind;
    if (same) co_return std::optional<ParamResource>({str(view(kind.getResource())), kind.getNamespaced()});
  }
  co_return std::optional<ParamResource>();
}

Task<Found> find(Context& context, PolicyParams params, const ParamResource& of, std::string ns,
                 admissionregistration_v1::ParamRef::Reader ref) {
  AnyClient client(context);
  const Resource resource{params.group, params.version, of.resource, params.kind, of.namespaced};
  if (ref.getName().size() > 0) {
    auto getting = client.get(resource, ns, view(ref.getName()));
    auto object = co_await std::move(getting);
    if (object) {
      params.objects.push_back(*object);
    } else if (!object.error().is(404)) {
      co_return ofBinding(object.error().message);
    }
  } else {
    auto selector = LabelSelector::compile(ref.getSelector());
    if (!selector) co_return ofBinding(selector.error().message);
    const std::string text = selector->text();
    auto listing = client.list(resource, {.ns = ns, .labelSelector = text});
    auto list = co_await std::move(listing);
    if (!list) co_return ofBinding(list.error().message);
    params.objects = std::move(list->items);
  }
  if (params.objects.empty() && view(ref.getParameterNotFoundAction()) == "Deny") {
    co_return ofBinding("no params found for policy binding with `Deny` parameterNotFoundAction");
  }
  co_return params;
}

}  // namespace

Task<Found> collectParams(Context& context, ParamsWanted wanted) {
  PolicyParams params;
  if (!wanted.hasKind) {
    params.objects.emplace_back();
    co_return params;
  }
  const std::string_view apiVersion = view(wanted.kind.getApiVersion());
  const size_t slash = apiVersion.find('/');
  if (slash != std::string_view::npos) params.group = str(apiVersion.substr(0, slash));
  params.version = str(slash == std::string_view::npos ? apiVersion : apiVersion.substr(slash + 1));
  params.kind = str(view(wanted.kind.getKind()));
  auto resolving = resourceOf(context, params);
  auto resource = co_await std::move(resolving);
  if (!resource) co_return std::unexpected(PolicyParamsError{true, resource.error().message});
  if (!*resource) {
    co_return std::unexpected(PolicyParamsError{
        true, concat("failed to find resource referenced by paramKind: '", apiVersion, ", Kind=", params.kind, "'")});
  }
  const auto ref = wanted.ref;
  std::string ns = std::move(wanted.ns);
  if (!wanted.hasRef) {
    params.objects.emplace_back();
    co_return params;
  }
  const bool namesNamespace = ref.getNamespace().size() > 0;
  if (!(*resource)->namespaced) {
    if (namesNamespace) co_return ofBinding("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
    ns.clear();
  } else if (namesNamespace) {
    ns = str(view(ref.getNamespace()));
  } else if (ns.empty()) {
    co_return ofBinding("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  }
  const ParamResource of = **resource;
  auto finding = find(context, std::move(params), of, std::move(ns), ref);
  co_return co_await std::move(finding);
}

}  // namespace cleat::policy
