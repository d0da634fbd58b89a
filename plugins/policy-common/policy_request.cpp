#include "policy-common/policy_request.h"

#include <cleat/sdk/client.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <array>

#include "policy-common/connect_options.h"
#include "policy-common/request_values.h"
#include "policy-common/struct_values.h"

namespace cleat::policy {

namespace {

using core_v1::Namespace;

std::string_view operationOf(role::Operation operation) {
  switch (operation) {
    case role::Operation::CREATE: return "CREATE";
    case role::Operation::UPDATE: return "UPDATE";
    case role::Operation::DELETE: return "DELETE";
    default: return "CONNECT";
  }
}

// What a request on a subresource is about, where that is not of the parent's kind.
KindKey kindOf(role::AdmissionParams::Reader params) {
  struct Body {
    std::string_view resource, subresource;  // no resource: of all of them
    KindKey kind;
  };
  static constexpr std::array<Body, 4> kBodies{
      {{"", "scale", {"autoscaling", "v1", "Scale"}},
       {"pods", "eviction", {"policy", "v1", "Eviction"}},
       {"pods", "binding", {"", "v1", "Binding"}},
       {"serviceaccounts", "token", {"authentication.k8s.io", "v1", "TokenRequest"}}}};
  if (auto options = connectKind(params)) return *options;
  auto ref = params.getRef();
  for (const Body& body : kBodies) {
    const bool isOf = body.resource.empty() || (ref.getGroup().size() == 0 && body.resource == view(ref.getResource()));
    if (isOf && body.subresource == view(ref.getSubresource())) return body.kind;
  }
  return {view(ref.getGroup()), view(ref.getVersion()), view(params.getKind())};
}

}  // namespace

PolicyRequest::PolicyRequest(AdmissionRequest& request)
    : kind(kindOf(request.params())), requestKind(kind), params(request.params()) {
  auto ref = params.getRef();
  facts = {
      view(ref.getGroup()),     view(ref.getVersion()), view(ref.getResource()),         view(ref.getSubresource()),
      view(ref.getNamespace()), request.name(),         operationOf(request.operation())};
  shownGroup = facts.group;
  shownVersion = facts.version;
  shownResource = facts.resource;
  if (connectKind(params)) {
    query = str(params.getQuery());
    options = connectOptions(query, kind);
    return;
  }
  const bool isDelete = request.operation() == role::Operation::DELETE;
  object = isDelete ? AnyRef() : request.anyObject();
  // What was there before is of the parent's kind, which the expressions do not expect.
  const bool isBody = kind.kind != view(params.getKind());
  if (!isBody) old = isDelete ? request.anyObject() : request.anyOld();
}

Result<void> PolicyRequest::replaceOptions(const Document& changed) {
  CLEAT_TRY(query, connectQuery(changed, kind));
  options = connectOptions(query, kind);
  return {};
}

bool PolicyRequest::isExempt() const {
  static constexpr std::array<std::string_view, 6> kExempt{
      "validatingadmissionpolicies",     "validatingadmissionpolicybindings", "mutatingadmissionpolicies",
      "mutatingadmissionpolicybindings", "validatingwebhookconfigurations",   "mutatingwebhookconfigurations"};
  return facts.group == "admissionregistration.k8s.io" && std::ranges::find(kExempt, facts.resource) != kExempt.end();
}

bool PolicyRequest::matchesBeyondRules(const Matcher& matcher) const {
  if (!matcher.matchesObjects(object, old)) return false;
  return !matcher.looksAtNamespaces() || !ns || matcher.matchesNamespace(ns.meta().getLabels());
}

PolicyRequest PolicyRequest::as(const Equivalent* other) const {
  PolicyRequest shown = *this;
  if (other == nullptr) return shown;
  shown.shownGroup = other->group;
  shown.shownVersion = other->version;
  shown.shownResource = other->resource;
  // Of a subresource with a kind of its own there is one version.
  if (requestKind.kind != view(params.getKind())) return shown;
  shown.kind = {other->group, other->version, other->kind};
  shown.object = convertedObject(object, requestKind, shown.kind);
  shown.old = convertedObject(old, requestKind, shown.kind);
  return shown;
}

bool PolicyRequest::needsConversion(const Equivalent* other) const {
  return other != nullptr && other->isConverted && requestKind.kind == view(params.getKind());
}

PolicySurroundings::PolicySurroundings(Context& context)
    : context_(context), namespaces_(context), definitions_(context) {
  definitions_.addIndex("kind", [](const Object<apiextensions_v1::CustomResourceDefinition>& definition) {
    auto spec = definition->getSpec();
    return std::vector{concat(spec.getGroup(), "/", spec.getNames().getKind())};
  });
}

void PolicySurroundings::start() {
  namespaces_.start();
  definitions_.start();
}

bool PolicySurroundings::isCustom(std::string_view group, std::string_view kind) const {
  return !group.empty() && !definitions_.byIndex("kind", concat(group, "/", kind)).empty();
}

MergePlace PolicySurroundings::mergePlace(const KindKey& kind) const {
  if (const auto schema = structOf(kind)) return MergePlace(*schema);
  for (const auto& definition : definitions_.byIndex("kind", concat(kind.group, "/", kind.kind))) {
    for (auto version : definition->getSpec().getVersions()) {
      const bool isIt = view(version.getName()) == kind.version && version.getSchema().hasOpenAPIV3Schema();
      if (isIt) return MergePlace(version.getSchema().getOpenAPIV3Schema());
    }
  }
  return MergePlace();
}

std::vector<Equivalent> PolicySurroundings::equivalentsOf(PolicyRequest& asked) const {
  const RequestFacts& request = asked.facts;
  std::vector<Equivalent> others = builtInEquivalents(request.group, request.version, request.resource);
  auto definition = request.group.empty() ? Object<apiextensions_v1::CustomResourceDefinition>()
                                          : definitions_.get("", concat(request.resource, ".", request.group));
  if (!definition) return others;
  auto spec = definition->getSpec();
  const bool isConverted = view(spec.getConversion().getStrategy()) == "Webhook";
  if (isConverted) asked.converting = definition;
  for (auto version : spec.getVersions()) {
    if (!version.getServed() || view(version.getName()) == request.version) continue;
    others.push_back({str(request.group), str(view(version.getName())), str(request.resource),
                      str(view(spec.getNames().getKind())), isConverted});
  }
  return others;
}

bool PolicySurroundings::lookHere(PolicyRequest& request) const {
  if (!definitions_.synced() || !namespaces_.synced()) return false;
  request.isCustom = isCustom(request.kind.group, request.kind.kind);
  if (std::vector<Equivalent> others = equivalentsOf(request); !others.empty()) {
    request.equivalents = std::make_shared<const std::vector<Equivalent>>(std::move(others));
    request.facts.equivalents = *request.equivalents;
  }
  const bool isNamespace = request.facts.group.empty() && request.facts.resource == "namespaces";
  // A new namespace is not there yet; it is looked at as it is to be.
  if (isNamespace) request.ns = Object<Namespace>(request.object ? request.object : request.old);
  if (isNamespace || request.facts.ns.empty()) return true;
  request.ns = namespaces_.get(request.facts.ns);
  return static_cast<bool>(request.ns);
}

void PolicyRequest::replaceIn(AdmissionRequest& request) const {
  if (isAboutOptions()) return request.replaceQuery(query);
  request.replace(Draft<meta_v1::AnyObject>(Object<meta_v1::AnyObject>(object)));
}

Task<Result<void>> PolicySurroundings::look(PolicyRequest& request) {
  if (!definitions_.synced()) co_await definitions_.waitSynced();
  if (!namespaces_.synced()) co_await namespaces_.waitSynced();
  if (lookHere(request)) co_return Result<void>();
  Client client(context_);
  auto getting = client.get<Namespace>(request.facts.ns);
  auto live = co_await std::move(getting);
  if (live) request.ns = *live;
  if (!live && !live.error().is(404)) co_return fail(live.error());
  co_return Result<void>();
}

PolicyRun::Inputs PolicySurroundings::inputs(const PolicyRequest& request, const PolicyParams& params,
                                             const AnyRef& param, const Spoken& spoken) const {
  PolicyRun::Inputs inputs;
  inputs.object =
      request.isAboutOptions() ? request.options : anyObjectValue(request.object, request.kind, request.isCustom);
  inputs.oldObject = anyObjectValue(request.old, request.kind, request.isCustom);
  inputs.request = spoken.request ? requestValue(request) : cel::Value::null();
  const KindKey paramKind{params.group, params.version, params.kind};
  inputs.params = param ? anyObjectValue(param, paramKind, isCustom(params.group, params.kind)) : cel::Value::null();
  const bool inNamespace = !request.facts.ns.empty() && request.facts.resource != "namespaces";
  const bool showsNamespace = spoken.namespaceObject && inNamespace && request.ns;
  inputs.namespaceObject =
      showsNamespace ? structValue(readAs(request.ns, capnp::Schema::from<Namespace>())) : cel::Value::null();
  if (!spoken.authorizer) {
    inputs.resourceCheck = inputs.authorizer = cel::Value::null();
    return inputs;
  }
  cel::Authorizer::Question question;
  question.group = str(request.facts.group);
  question.resource = str(request.facts.resource);
  question.subresource = str(request.facts.subresource);
  question.ns = str(request.facts.ns);
  question.name = str(request.facts.name);
  cel::SharedRef<const cel::Authorizer> authorizer(&request.authorizer());
  inputs.resourceCheck = cel::resourceCheckValue(authorizer, std::move(question));
  inputs.authorizer = cel::authorizerValue(std::move(authorizer));
  return inputs;
}

}  // namespace cleat::policy
