#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <gtest/gtest.h>

#include "core/object/schema/struct_codec.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

struct Description {
  capnp::MallocMessageBuilder message;
  role::KindsDescription::Builder root = message.initRoot<role::KindsDescription>();
};

const std::vector<test::KindNames>& podOnly() {
  static const std::vector<test::KindNames> names = {{"", "v1", "Pod", "pods", true, "core_v1"}};
  return names;
}

void addSubresource(role::KindsDescription::Builder root, const char* resource, const char* name, const char* style,
                    const char* bodyKind) {
  auto subresource = root.initSubresources(1)[0];
  subresource.setVersion("v1");
  subresource.setResource(resource);
  subresource.setName(name);
  subresource.setStyle(style);
  subresource.setBodyVersion("v1");
  subresource.setBodyKind(bodyKind);
}

TEST(KindRegistry, FindsKindsByResourceAndByName) {
  KindRegistry& registry = test::kinds();
  const KindRef pod = registry.find("", "v1", "pods");
  ASSERT_NE(pod, nullptr);
  EXPECT_EQ(pod, registry.findByKind("", "v1", "Pod"));
  EXPECT_EQ(pod, registry.findResource("", "pods"));
  EXPECT_EQ(registry.find("", "v2", "pods"), nullptr);
  EXPECT_EQ(registry.find("apps", "v1", "pods"), nullptr);
  EXPECT_EQ(registry.findByKind("autoscaling", "v1", "Scale")->plural, "");
  EXPECT_EQ(registry.latest()->served().size(), test::kindNames().size());
}

TEST(KindRegistry, KeepsTheCommentsOfTheSchema) {
  const Kind& pod = test::kind("Pod");
  EXPECT_NE(test::kinds().latest()->structComment(pod.schema.getProto().getId()).find("Containers that run together"),
            std::string::npos);
  const FieldPlan* spec = pod.codec->find("spec");
  EXPECT_NE(test::kinds().latest()->fieldComment(pod.schema.getProto().getId(), spec->ordinal).find("What to run"),
            std::string::npos);
  EXPECT_EQ(test::kinds().latest()->structComment(1), "");
}

TEST(KindRegistry, HasTheCommentsOfWhatAnswersAreMadeOfBeforeThereAreKinds) {
  KindRegistry registry;
  EXPECT_NE(registry.latest()->structComment(capnp::typeId<meta_v1::Status>()).find("answer to a request"),
            std::string::npos);
  EXPECT_NE(registry.latest()->structComment(capnp::typeId<meta_v1::ListMeta>()), "");
}

TEST(KindRegistry, WhatAConnectionTakesTheStructSaysThatIsCalledSo) {
  const std::string schema = test::compileSchema({"core_v1"});
  for (const auto& [options, known] : {std::pair("LocalObjectReference", true), std::pair("NoneOfThatName", false)}) {
    KindRegistry registry;
    Description pods;
    test::describe(pods.root, schema, podOnly());
    addSubresource(pods.root, "pods", "exec", "connect", options);
    ASSERT_TRUE(registry.add("pods", pods.root.asReader()));
    const KindRef pod = registry.find("", "v1", "pods");
    const StructCodec* found = pod->subresource("exec")->options;
    ASSERT_EQ(found != nullptr, known) << options;
    if (found) EXPECT_EQ(found->name(), options);
  }
}

TEST(KindRegistry, KnowsTheOneResourceWhoseObjectsAreTheNamespaces) {
  const KindRef namespaces = test::kinds().latest()->ofNamespaces();
  ASSERT_NE(namespaces, nullptr);
  EXPECT_EQ(namespaces->plural, "namespaces");

  KindRegistry registry;
  EXPECT_EQ(registry.latest()->ofNamespaces(), nullptr);
  const std::string schema = test::compileSchema({"core_v1"});
  Description first, second;
  test::describe(first.root, schema, {{"", "v1", "Namespace", "namespaces", false, "core_v1"}});
  test::describe(second.root, schema, {{"acme.example", "v1", "Namespace", "rooms", false, "core_v1"}});
  ASSERT_TRUE(registry.add("a", first.root.asReader()));
  const Result<void> added = registry.add("b", second.root.asReader());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "kind acme.example/v1 Namespace: the namespaces are namespaces already, of a");
  ASSERT_TRUE(registry.remove("a"));
  ASSERT_TRUE(registry.add("b", second.root.asReader()));
  EXPECT_EQ(registry.latest()->ofNamespaces()->plural, "rooms");
}

TEST(KindRegistry, PrefersTheStableVersion) {
  std::string schema = test::compileSchema({"core_v1"});
  KindRegistry registry;
  Description description;
  test::describe(description.root, schema,
                 {{"g", "v1beta1", "Pod", "pods", true, "core_v1"},
                  {"g", "v1", "Pod", "pods", true, "core_v1"},
                  {"g", "v2alpha1", "Pod", "pods", true, "core_v1"}});
  ASSERT_TRUE(registry.add("a", description.root.asReader()));
  EXPECT_EQ(registry.findResource("g", "pods")->version, "v1");
}

TEST(KindRegistry, RefusesAKindThatIsThereAlreadyAndKeepsNothingOfTheRest) {
  std::string schema = test::compileSchema({"core_v1"});
  KindRegistry registry;
  Description first, second;
  test::describe(first.root, schema, podOnly());
  ASSERT_TRUE(registry.add("a", first.root.asReader()));
  test::describe(second.root, schema,
                 {{"", "v1", "Node", "nodes", false, "core_v1"}, {"", "v1", "Pod", "pods", true, "core_v1"}});
  Result<void> added = registry.add("b", second.root.asReader());
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "kind v1 Pod is registered already, by a");
  EXPECT_EQ(registry.find("", "v1", "nodes"), nullptr);
  EXPECT_EQ(registry.generation(), 1u);
}

TEST(KindRegistry, AttachesSubresourcesWhenParentAndBodyAreThere) {
  std::string schema = test::compileSchema({"core_v1"});
  KindRegistry registry;
  Description early, pods, bindings;
  test::describe(early.root, schema, {});
  addSubresource(early.root, "pods", "binding", "transform", "Binding");
  ASSERT_TRUE(registry.add("binder", early.root.asReader()));
  test::describe(pods.root, schema, podOnly());
  addSubresource(pods.root, "pods", "status", "status", "");
  ASSERT_TRUE(registry.add("pods", pods.root.asReader()));
  const KindRef pod = registry.find("", "v1", "pods");
  ASSERT_NE(pod->subresource("status"), nullptr);
  EXPECT_EQ(pod->subresource("status")->body, pod.get());
  EXPECT_EQ(pod->subresource("binding"), nullptr);
  auto before = pod->subresources();

  test::describe(bindings.root, schema, {{"", "v1", "Binding", "", true, "core_v1"}});
  ASSERT_TRUE(registry.add("bindings", bindings.root.asReader()));
  ASSERT_NE(pod->subresource("binding"), nullptr);
  EXPECT_EQ(pod->subresource("binding")->body->name, "Binding");
  EXPECT_EQ(pod->subresource("binding")->plugin, "binder");
  // Who had the list before still has it.
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0]->name, "status");
}

TEST(KindRegistry, SaysWhatIsWrongWithADescription) {
  std::string schema = test::compileSchema({"core_v1"});
  auto errorOf = [&](auto change) {
    KindRegistry registry;
    Description description;
    test::describe(description.root, schema, podOnly());
    change(description.root);
    Result<void> added = registry.add("p", description.root.asReader());
    return added ? std::string() : added.error().message;
  };
  EXPECT_EQ(errorOf([](auto root) { root.getKinds()[0].setStructName("Nothing"); }),
            "kind v1 Pod: the schema has no struct kinds/core_v1.capnp:Nothing");
  EXPECT_EQ(errorOf([](auto root) { root.getKinds()[0].setStructName("PodSpec"); }),
            "kind v1 Pod: the first field of PodSpec must be metadata @0 :ObjectMeta");
  EXPECT_EQ(errorOf([](auto root) { root.getKinds()[0].setNameRule("odd"); }),
            "kind v1 Pod: the name rule \"odd\" is not known");
  EXPECT_EQ(errorOf([](auto root) { root.getKinds()[0].initStatusLeavesMetadata(1).set(0, "odd"); }),
            "kind v1 Pod: metadata has no field \"odd\"");
  EXPECT_EQ(errorOf([](auto root) { addSubresource(root, "pods", "x", "odd", ""); }),
            "subresource pods/x: the style \"odd\" is none of status, transform, review, connect");
  EXPECT_NE(errorOf([](auto root) { root.setSchema(kj::arrayPtr(reinterpret_cast<const kj::byte*>("nonsense"), 8)); }),
            "");
  EXPECT_NE(errorOf([](auto root) { root.setSchema(nullptr); }), "");
}

TEST(KindRegistry, WhatAPluginHasBroughtGoesWithItUnlessOthersHangOnIt) {
  std::string schema = test::compileSchema({"core_v1"});
  KindRegistry registry;
  Description pods, nodes, early;
  test::describe(pods.root, schema, podOnly());
  addSubresource(pods.root, "pods", "status", "status", "");
  test::describe(nodes.root, schema, {{"", "v1", "Node", "nodes", false, "core_v1"}});
  ASSERT_TRUE(registry.add("pods", pods.root.asReader()));
  ASSERT_TRUE(registry.add("nodes", nodes.root.asReader()));
  const KindRef before = registry.find("", "v1", "pods");
  ASSERT_TRUE(registry.remove("pods"));
  EXPECT_EQ(registry.find("", "v1", "pods"), nullptr);
  EXPECT_NE(registry.find("", "v1", "nodes"), nullptr);
  ASSERT_TRUE(registry.add("pods", pods.root.asReader())) << "it comes back";
  const KindRef again = registry.find("", "v1", "pods");
  EXPECT_EQ(again->storage, before->storage) << "to its objects";
  EXPECT_NE(again->subresource("status"), nullptr);

  test::describe(early.root, schema, {});
  addSubresource(early.root, "pods", "log", "connect", "");
  ASSERT_TRUE(registry.add("logs", early.root.asReader()));
  for (const char* plugin : {"pods", "logs"}) {
    auto removed = registry.remove(plugin);
    ASSERT_FALSE(removed) << plugin;
    EXPECT_NE(removed.error().message.find("kind v1 Pod, which is pods's, has the subresource log of logs"),
              std::string::npos)
        << removed.error().message;
  }
  ASSERT_TRUE(registry.remove("nodes"));
  Description changed;
  test::describe(changed.root, test::compileSchema({"core_v1", "apps_v1"}),
                 {{"", "v1", "Node", "nodes", false, "core_v1"}});
  auto other = registry.add("nodes", changed.root.asReader());
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("another schema"), std::string::npos) << other.error().message;
  EXPECT_TRUE(registry.add("nodes", nodes.root.asReader()));
}

TEST(KindRegistry, KnowsHowFieldsAreMerged) {
  const StructCodec& spec = *test::kind("Pod").codec->find("spec")->value.codec;
  const FieldPlan* containers = spec.find("containers");
  ASSERT_NE(containers->merge, nullptr);
  EXPECT_EQ(containers->merge->patchMergeKey, "name");
  EXPECT_EQ(containers->merge->listType, "map");
  EXPECT_EQ(containers->value.element->codec->typeName(), "v1.Container");
  EXPECT_EQ(spec.find("nosuchfield"), nullptr);
}

}  // namespace
}  // namespace cleat::object
