#include "access_review.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include "policy-common/object_fields.h"
#include "remote-common/review_server.h"
#include "webhook-common/json_object.h"

namespace cleat::authz {

namespace {

using cel::Value;
using policy::Fields;
using policy::objectOf;
using webhook::JsonObject;
using Requirements = capnp::List<role::SelectorRequirement>::Reader;

constexpr std::string_view kKind = "SubjectAccessReview";

// Those that a review has words for.
bool canBeSaid(role::SelectorRequirement::Reader requirement) {
  const std::string_view how = view(requirement.getOperator());
  return how == "In" || how == "NotIn" || how == "Exists" || how == "DoesNotExist";
}

void appendSelector(JsonObject& resource, std::string_view name, Requirements requirements) {
  if (requirements.size() == 0) return;
  JsonObject selector(resource.name(name));
  std::string& list = selector.name("requirements");
  list += '[';
  bool isFirst = true;
  for (auto each : requirements) {
    if (!canBeSaid(each)) continue;
    if (!isFirst) list += ',';
    isFirst = false;
    JsonObject requirement(list);
    requirement.text("key", view(each.getKey()));
    requirement.text("operator", view(each.getOperator()));
    requirement.textsIfAny("values", each.getValues());
  }
  list += ']';
}

void appendAttributes(JsonObject& spec, role::Attributes::Reader attributes) {
  if (attributes.getPath().size() > 0) {
    JsonObject path(spec.name("nonResourceAttributes"));
    path.text("path", view(attributes.getPath()));
    path.text("verb", view(attributes.getVerb()));
    return;
  }
  JsonObject resource(spec.name("resourceAttributes"));
  resource.textIfAny("namespace", view(attributes.getNamespace()));
  resource.textIfAny("verb", view(attributes.getVerb()));
  resource.textIfAny("group", view(attributes.getGroup()));
  resource.textIfAny("version", view(attributes.getVersion()));
  resource.textIfAny("resource", view(attributes.getResource()));
  resource.textIfAny("subresource", view(attributes.getSubresource()));
  resource.textIfAny("name", view(attributes.getName()));
  appendSelector(resource, "fieldSelector", attributes.getFieldSelector());
  appendSelector(resource, "labelSelector", attributes.getLabelSelector());
}

const cel::TypeRef& texts() {
  static const cel::TypeRef kTexts = cel::types::list(cel::types::text());
  return kTexts;
}

const cel::TypeRef& requirementType() {
  static const cel::TypeRef kType =
      objectOf("kubernetes.SelectorRequirement",
               {{"key", cel::types::text()}, {"operator", cel::types::text()}, {"values", texts()}});
  return kType;
}

const cel::TypeRef& selectorType() {
  static const cel::TypeRef kType =
      objectOf("kubernetes.SelectorAttributes",
               {{"rawSelector", cel::types::text()}, {"requirements", cel::types::list(requirementType())}});
  return kType;
}

const cel::TypeRef& resourceType() {
  static const cel::TypeRef kType = objectOf("kubernetes.ResourceAttributes", {{"namespace", cel::types::text()},
                                                                               {"verb", cel::types::text()},
                                                                               {"group", cel::types::text()},
                                                                               {"version", cel::types::text()},
                                                                               {"resource", cel::types::text()},
                                                                               {"subresource", cel::types::text()},
                                                                               {"name", cel::types::text()},
                                                                               {"fieldSelector", selectorType()},
                                                                               {"labelSelector", selectorType()}});
  return kType;
}

const cel::TypeRef& pathType() {
  static const cel::TypeRef kType =
      objectOf("kubernetes.NonResourceAttributes", {{"path", cel::types::text()}, {"verb", cel::types::text()}});
  return kType;
}

const cel::TypeRef& specType() {
  static const cel::TypeRef kType =
      objectOf("kubernetes.SubjectAccessReviewSpec", {{"resourceAttributes", resourceType()},
                                                      {"nonResourceAttributes", pathType()},
                                                      {"user", cel::types::text()},
                                                      {"groups", texts()},
                                                      {"extra", cel::types::map(cel::types::text(), texts())},
                                                      {"uid", cel::types::text()}});
  return kType;
}

Value textValue(capnp::Text::Reader text) { return Value::text(view(text)); }

void addSelector(Fields& resource, const char* name, Requirements requirements) {
  if (requirements.size() == 0) return;
  std::vector<Value> values;
  for (auto each : requirements) {
    if (!canBeSaid(each)) continue;
    values.push_back(Fields()
                         .add("key", textValue(each.getKey()))
                         .add("operator", textValue(each.getOperator()))
                         .add("values", policy::textValues(each.getValues()))
                         .make(requirementType()));
  }
  resource.add(name, Fields().add("requirements", Value::list(std::move(values))).make(selectorType()));
}

}  // namespace

std::string accessReviewText(role::Attributes::Reader attributes, std::string_view version) {
  std::string out;
  {
    JsonObject review(out);
    review.text("kind", kKind);
    review.text("apiVersion", concat("authorization.k8s.io/", version));
    JsonObject spec(review.name("spec"));
    appendAttributes(spec, attributes);
    auto user = attributes.getUser();
    spec.textIfAny("user", view(user.getName()));
    // The older version has another name for it.
    spec.textsIfAny(version == "v1" ? "groups" : "group", user.getGroups());
    spec.extraIfAny("extra", user.getExtra());
    spec.textIfAny("uid", view(user.getUid()));
  }
  return out;
}

Result<AccessVerdict> readAccessReview(std::string_view text, std::string_view version) {
  CLEAT_TRY(const JsonTree status, remote::reviewStatus(text, concat("authorization.k8s.io/", version), kKind));
  AccessVerdict verdict;
  auto allowed = status.view().member("allowed"), denied = status.view().member("denied");
  auto reason = status.view().member("reason");
  verdict.isAllowed = allowed && allowed->boolean();
  verdict.isDenied = denied && denied->boolean();
  if (reason) verdict.reason = str(reason->text());
  if (verdict.isAllowed && verdict.isDenied) {
    return fail(Status::internal("webhook subject access review returned both allow and deny response"));
  }
  return verdict;
}

cel::Environment reviewEnvironment() {
  cel::Environment environment(cel::kubernetesFunctions());
  environment.declare("request", specType());
  environment.checking().oneElementType = true;
  return environment;
}

Value reviewValue(role::Attributes::Reader attributes) {
  Fields spec;
  if (attributes.getPath().size() > 0) {
    spec.add("nonResourceAttributes", Fields()
                                          .add("path", textValue(attributes.getPath()))
                                          .add("verb", textValue(attributes.getVerb()))
                                          .make(pathType()));
  } else {
    Fields resource;
    resource.add("namespace", textValue(attributes.getNamespace()))
        .add("verb", textValue(attributes.getVerb()))
        .add("group", textValue(attributes.getGroup()))
        .add("version", textValue(attributes.getVersion()))
        .add("resource", textValue(attributes.getResource()))
        .add("subresource", textValue(attributes.getSubresource()))
        .add("name", textValue(attributes.getName()));
    addSelector(resource, "fieldSelector", attributes.getFieldSelector());
    addSelector(resource, "labelSelector", attributes.getLabelSelector());
    spec.add("resourceAttributes", resource.make(resourceType()));
  }
  auto user = attributes.getUser();
  cel::MapBuilder extra;
  for (auto each : user.getExtra()) (void)extra.add(textValue(each.getKey()), policy::textValues(each.getValues()));
  return spec.add("user", textValue(user.getName()))
      .add("groups", policy::textValues(user.getGroups()))
      .add("extra", std::move(extra).finish())
      .add("uid", textValue(user.getUid()))
      .make(specType());
}

}  // namespace cleat::authz
