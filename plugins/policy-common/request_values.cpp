#include "policy-common/request_values.h"

#include <cleat/sdk/text.h>

#include <array>

#include "policy-common/object_fields.h"
#include "policy-common/policy_request.h"
#include "policy-common/request_options.h"

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

// Options as expressions see them.
class OptionMembers {
 public:
  void text(const char* name, std::string_view value) { add(name, Value::text(value)); }
  void integer(const char* name, int64_t value) { add(name, Value::integer(value)); }
  void boolean(const char* name, bool value) { add(name, Value::boolean(value)); }
  void all(const char* name) { add(name, Value::list({Value::text("All")})); }
  template <class F>
  void inside(const char* name, F fill) {
    OptionMembers members;
    fill(members);
    add(name, std::move(members).finish());
  }
  Value finish() && { return std::move(map_).finish(); }

 private:
  // No name comes twice.
  void add(const char* name, Value value) { (void)map_.add(Value::text(name), std::move(value)); }

  cel::MapBuilder map_;
};

Value optionsValue(role::AdmissionParams::Reader params) {
  if (params.getOperation() == role::Operation::CONNECT) return {};
  OptionMembers options;
  writeOptions(params, options);
  return std::move(options).finish();
}

Value kindValue(const KindKey& kind) {
  return Fields()
      .add("group", Value::text(kind.group))
      .add("version", Value::text(kind.version))
      .add("kind", Value::text(kind.kind))
      .make(kindType());
}

Value resourceValue(std::string_view group, std::string_view version, std::string_view resource) {
  return Fields()
      .add("group", Value::text(group))
      .add("version", Value::text(version))
      .add("resource", Value::text(resource))
      .make(resourceType());
}

Value textOrAbsent(capnp::Text::Reader text) { return text.size() > 0 ? Value::text(view(text)) : Value(); }

// Most expressions speak of none of its fields, so each is made when it is asked for.
class RequestFields : public cel::MapValue {
 public:
  explicit RequestFields(const PolicyRequest& request) : request_(request) {}

  size_t size() const override { return present().size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value keyAt(size_t index) const override { return Value::text(kMakers[present()[index]].name); }
  Value valueAt(size_t index) const override { return kMakers[present()[index]].make(request_); }
  TypeRef objectType() const override { return requestType(); }
  Value field(std::string_view name) const override {
    for (const Maker& maker : kMakers) {
      if (maker.name == name) return maker.make(request_);
    }
    return {};
  }

 private:
  struct Maker {
    std::string_view name;
    Value (*make)(const PolicyRequest&);
  };
  static const std::array<Maker, 12> kMakers;

  std::vector<size_t> present() const {
    std::vector<size_t> found;
    for (size_t i = 0; i < kMakers.size(); ++i) {
      if (!kMakers[i].make(request_).isAbsent()) found.push_back(i);
    }
    return found;
  }

  const PolicyRequest& request_;
};

using Asked = const PolicyRequest&;
const std::array<RequestFields::Maker, 12> RequestFields::kMakers{{
    {"kind", [](Asked asked) { return kindValue(asked.kind); }},
    {"requestKind", [](Asked asked) { return kindValue(asked.requestKind); }},
    {"resource", [](Asked asked) { return resourceValue(asked.shownGroup, asked.shownVersion, asked.shownResource); }},
    {"requestResource",
     [](Asked asked) { return resourceValue(asked.facts.group, asked.facts.version, asked.facts.resource); }},
    {"subResource", [](Asked asked) { return textOrAbsent(asked.params.getRef().getSubresource()); }},
    {"requestSubResource", [](Asked asked) { return textOrAbsent(asked.params.getRef().getSubresource()); }},
    {"name", [](Asked asked) { return textOrAbsent(asked.params.getRef().getName()); }},
    {"namespace", [](Asked asked) { return textOrAbsent(asked.params.getRef().getNamespace()); }},
    {"operation", [](Asked asked) { return Value::text(operationName(asked.params.getOperation())); }},
    {"userInfo", [](Asked asked) { return userValue(asked.params.getUser()); }},
    {"dryRun", [](Asked asked) { return Value::boolean(asked.params.getDryRun()); }},
    {"options", [](Asked asked) { return optionsValue(asked.params); }},
}};

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
  return Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<RequestFields>(request)));
}

}  // namespace cleat::policy
