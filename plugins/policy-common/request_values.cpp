#include "policy-common/request_values.h"

#include <cleat/sdk/text.h>

#include "policy-common/object_fields.h"
#include "policy-common/policy_request.h"

namespace cleat::policy {

namespace {

using cel::TypeRef;
using cel::Value;

const TypeRef& kindType() {
  static const TypeRef kType =
      objectOf("kubernetes.GroupVersionKind",
               {{"group", cel::types::text()}, {"version", cel::types::text()}, {"kind", cel::types::text()}});
  return kType;
}
const TypeRef& resourceType() {
  static const TypeRef kType =
      objectOf("kubernetes.GroupVersionResource",
               {{"group", cel::types::text()}, {"version", cel::types::text()}, {"resource", cel::types::text()}});
  return kType;
}
const TypeRef& userType() {
  static const TypeRef kType = objectOf(
      "kubernetes.UserInfo", {{"username", cel::types::text()},
                              {"uid", cel::types::text()},
                              {"groups", cel::types::list(cel::types::text())},
                              {"extra", cel::types::map(cel::types::text(), cel::types::list(cel::types::text()))}});
  return kType;
}

Value userValue(role::User::Reader user) {
  Fields fields;
  fields.addText("username", user.getName()).addText("uid", user.getUid());
  if (user.getGroups().size() > 0) fields.add("groups", textValues(user.getGroups()));
  if (user.getExtra().size() > 0) {
    cel::MapBuilder extra;
    for (auto each : user.getExtra()) (void)extra.add(Value::text(view(each.getKey())), textValues(each.getValues()));
    fields.add("extra", std::move(extra).finish());
  }
  return fields.make(userType());
}

const char* operationName(role::Operation operation) {
  switch (operation) {
    case role::Operation::CREATE: return "CREATE";
    case role::Operation::UPDATE: return "UPDATE";
    case role::Operation::DELETE: return "DELETE";
    default: return "CONNECT";
  }
}

// What is known of CreateOptions and the like.
Value optionsValue(role::AdmissionParams::Reader params) {
  const role::Operation operation = params.getOperation();
  const char* kind = operation == role::Operation::CREATE   ? "CreateOptions"
                     : operation == role::Operation::UPDATE ? "UpdateOptions"
                                                            : "DeleteOptions";
  cel::MapBuilder options;
  (void)options.add(Value::text("kind"), Value::text(kind));
  (void)options.add(Value::text("apiVersion"), Value::text("meta.k8s.io/v1"));
  if (params.getDryRun()) (void)options.add(Value::text("dryRun"), Value::list({Value::text("All")}));
  return std::move(options).finish();
}

}  // namespace

const TypeRef& requestType() {
  static const TypeRef kType = objectOf("kubernetes.AdmissionRequest", {{"kind", kindType()},
                                                                        {"resource", resourceType()},
                                                                        {"subResource", cel::types::text()},
                                                                        {"requestKind", kindType()},
                                                                        {"requestResource", resourceType()},
                                                                        {"requestSubResource", cel::types::text()},
                                                                        {"name", cel::types::text()},
                                                                        {"namespace", cel::types::text()},
                                                                        {"operation", cel::types::text()},
                                                                        {"userInfo", userType()},
                                                                        {"dryRun", cel::types::boolean()},
                                                                        {"options", cel::types::dyn()}});
  return kType;
}

const TypeRef& namespaceType() {
  static const TypeRef kTexts = cel::types::list(cel::types::text());
  static const TypeRef kMap = cel::types::map(cel::types::text(), cel::types::text());
  static const TypeRef kMetadata =
      objectOf("kubernetes.NamespaceMetadata", {{"name", cel::types::text()},
                                                {"generateName", cel::types::text()},
                                                {"namespace", cel::types::text()},
                                                {"labels", kMap},
                                                {"annotations", kMap},
                                                {"UID", cel::types::text()},
                                                {"creationTimestamp", cel::types::timestamp()},
                                                {"deletionGracePeriodSeconds", cel::types::integer()},
                                                {"deletionTimestamp", cel::types::timestamp()},
                                                {"generation", cel::types::integer()},
                                                {"resourceVersion", cel::types::text()},
                                                {"finalizers", kTexts}});
  static const TypeRef kType = objectOf(
      "kubernetes.Namespace", {{"metadata", kMetadata},
                               {"spec", objectOf("kubernetes.NamespaceSpec", {{"finalizers", kTexts}})},
                               {"status", objectOf("kubernetes.NamespaceStatus", {{"phase", cel::types::text()}})}});
  return kType;
}

Value requestValue(const PolicyRequest& request) {
  const auto params = request.params;
  auto ref = params.getRef();
  const auto kindValue = [](const KindKey& kind) {
    return Fields()
        .add("group", Value::text(kind.group))
        .add("version", Value::text(kind.version))
        .add("kind", Value::text(kind.kind))
        .make(kindType());
  };
  const auto resourceValue = [](std::string_view group, std::string_view version, std::string_view resource) {
    return Fields()
        .add("group", Value::text(group))
        .add("version", Value::text(version))
        .add("resource", Value::text(resource))
        .make(resourceType());
  };
  Fields fields;
  fields.add("kind", kindValue(request.kind))
      .add("requestKind", kindValue(request.requestKind))
      .add("resource", resourceValue(request.shownGroup, request.shownVersion, request.shownResource))
      .add("requestResource", resourceValue(request.facts.group, request.facts.version, request.facts.resource));
  fields.addText("subResource", ref.getSubresource()).addText("requestSubResource", ref.getSubresource());
  fields.addText("name", ref.getName()).addText("namespace", ref.getNamespace());
  fields.add("operation", Value::text(operationName(params.getOperation())));
  fields.add("userInfo", userValue(params.getUser())).add("dryRun", Value::boolean(params.getDryRun()));
  if (params.getOperation() != role::Operation::CONNECT) fields.add("options", optionsValue(params));
  return fields.make(requestType());
}

}  // namespace cleat::policy
