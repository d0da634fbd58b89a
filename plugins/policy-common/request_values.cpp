#include "policy-common/request_values.h"

#include <cleat/sdk/text.h>

#include <map>

namespace cleat::policy {

namespace {

using cel::TypeRef;
using cel::Value;

class NamedFields : public cel::ObjectSchema {
 public:
  explicit NamedFields(std::map<std::string, TypeRef, std::less<>> fields) : fields_(std::move(fields)) {}
  std::optional<Field> field(std::string_view name) const override {
    auto found = fields_.find(name);
    if (found == fields_.end()) return std::nullopt;
    return Field{found->second, found->first};
  }

 private:
  std::map<std::string, TypeRef, std::less<>> fields_;
};

TypeRef objectOf(const char* name, std::map<std::string, TypeRef, std::less<>> fields) {
  return cel::types::object(name, std::make_shared<NamedFields>(std::move(fields)));
}

// Only what is there.
class Fields {
 public:
  Fields& add(const char* name, Value value) {
    entries_.emplace_back(Value::text(name), std::move(value));
    return *this;
  }
  Fields& addText(const char* name, capnp::Text::Reader text) {
    return text.size() > 0 ? add(name, Value::text(view(text))) : *this;
  }
  Value make(const TypeRef& type) {
    return Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<cel::VectorMap>(std::move(entries_), type)));
  }

 private:
  cel::VectorMap::Entries entries_;
};

Value texts(capnp::List<capnp::Text>::Reader all) {
  std::vector<Value> values;
  for (auto each : all) values.push_back(Value::text(view(each)));
  return Value::list(std::move(values));
}

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
  if (user.getGroups().size() > 0) fields.add("groups", texts(user.getGroups()));
  if (user.getExtra().size() > 0) {
    cel::MapBuilder extra;
    for (auto each : user.getExtra()) (void)extra.add(Value::text(view(each.getKey())), texts(each.getValues()));
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

Value requestValue(role::AdmissionParams::Reader params, const KindKey& kind) {
  auto ref = params.getRef();
  const Value kindValue = Fields()
                              .add("group", Value::text(kind.group))
                              .add("version", Value::text(kind.version))
                              .add("kind", Value::text(kind.kind))
                              .make(kindType());
  const Value resource = Fields()
                             .add("group", Value::text(view(ref.getGroup())))
                             .add("version", Value::text(view(ref.getVersion())))
                             .add("resource", Value::text(view(ref.getResource())))
                             .make(resourceType());
  Fields fields;
  fields.add("kind", kindValue)
      .add("requestKind", kindValue)
      .add("resource", resource)
      .add("requestResource", resource);
  fields.addText("subResource", ref.getSubresource()).addText("requestSubResource", ref.getSubresource());
  fields.addText("name", ref.getName()).addText("namespace", ref.getNamespace());
  fields.add("operation", Value::text(operationName(params.getOperation())));
  fields.add("userInfo", userValue(params.getUser())).add("dryRun", Value::boolean(params.getDryRun()));
  return fields.make(requestType());
}

}  // namespace cleat::policy
