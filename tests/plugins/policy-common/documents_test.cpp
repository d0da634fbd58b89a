// Documents: patched, merged, and written as structs.
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy-common/apply_merge.h"
#include "policy-common/json_patch.h"
#include "policy-common/json_values.h"
#include "policy-common/known_kinds.h"
#include "policy-common/object_document.h"
#include "policy-common/object_json.h"
#include "policy-common/object_rewriter.h"
#include "policy-common/struct_types.h"
#include "policy-common/struct_values.h"
#include "policy-common/struct_writer.h"

#include <capnp/message.h>

namespace cleat::policy {
namespace {

using testing::HasSubstr;

Document documentFrom(std::string_view json) {
  auto tree = JsonTree::parse(json);
  EXPECT_TRUE(tree) << json;
  return *documentOf(jsonValue(tree->view()));
}

std::string jsonOf(const Document& document) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  writeDocument(document, root);
  return jsonText(JsonView(root.asReader()));
}

std::string patched(std::string_view json, std::string_view operations) {
  Document document = documentFrom(json);
  auto done = applyJsonPatch(document, documentFrom(operations));
  return done ? jsonOf(document) : done.error().message;
}

struct PatchRow {
  const char *json, *operations, *expected;
};

TEST(JsonPatch, DoesWhatTheStandardSays) {
  const PatchRow rows[] = {
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":[1]}])", R"({"a":1,"b":[1]})"},
      {R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}])",
       R"({"a":[1,2,3,4]})"},
      {R"({"a":{"x/y":1,"m~n":2}})",
       R"([{"op":"remove","path":"/a/x~1y"},{"op":"replace","path":"/a/m~0n","value":3}])", R"({"a":{"m~n":3}})"},
      {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])", R"({"b":1})"},
      {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])", R"({"a":{"b":1},"c":{"b":1}})"},
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":1.0}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])", "JSON Patch: testing value /a failed"},
      {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", "JSON Patch: unable to remove nonexistent key: /b"},
      {R"({"a":[1]})", R"([{"op":"replace","path":"/a/1","value":1}])", "JSON Patch: path \"/a/1\" does not exist"},
      {R"({"a":[1]})", R"([{"op":"remove","path":"/a/00"}])", "JSON Patch: unable to remove nonexistent key: /a/00"},
      {R"({})", R"([{"op":"swap","path":"/a"}])", "JSON Patch: unknown operation \"swap\""},
  };
  for (const PatchRow& row : rows) EXPECT_EQ(patched(row.json, row.operations), row.expected) << row.operations;
}

// In JSON, or why there is none.
std::string shownOrWhy(Result<Draft<meta_v1::AnyObject>> made, const KindKey& kind) {
  if (!made) return made.error().message;
  std::string shown;
  EXPECT_TRUE(appendObjectJson(shown, std::move(*made).freezeAny(), kind, false));
  return shown;
}

AnyRef podWithMuch() {
  Draft<core_v1::Pod> draft;
  draft.meta().setName("p");
  draft.meta().setNamespace("n");
  auto label = draft.meta().initLabels(1)[0];
  label.setKey("a");
  label.setValue("1");
  draft.meta().initManagedFields(1)[0].setFieldsV1(R"({"f:spec":{}})");
  auto spec = draft->initSpec();
  spec.setHostNetwork(true);
  spec.initTerminationGracePeriodSeconds().setValue(30);
  auto containers = spec.initContainers(2);
  containers[0].setName("one");
  containers[0].setImage("x");
  containers[1].setName("two");
  containers[1].initPorts(1)[0].setContainerPort(80);
  auto get = containers[1].initLivenessProbe().initHttpGet();
  get.setPath("/");
  get.initPort().setIntVal(8080);
  return std::move(draft).freezeAny();
}

// Only what a patch looks into is opened; all the rest of the object goes on as it is.
TEST(JsonPatch, OpensWhatItTouches) {
  const PatchRow rows[] = {
      {"", R"([{"op":"add","path":"/metadata/labels/b","value":"2"}])", R"("labels":{"a":"1","b":"2"})"},
      {"", R"([{"op":"replace","path":"/spec/containers/1/image","value":"z"}])",
       R"("containers":[{"image":"x","name":"one","resources":{}},{"image":"z","name":"two","resources":{}}])"},
      {"", R"([{"op":"remove","path":"/spec/containers/0"}])",
       R"("containers":[{"image":"y","name":"two","resources":{}}])"},
      {"", R"([{"op":"add","path":"/spec/containers/0","value":{"name":"new"}}])",
       R"("containers":[{"name":"new","resources":{}},{"image":"x","name":"one","resources":{}},)"
       R"({"image":"y","name":"two","resources":{}}])"},
      {"", R"([{"op":"copy","from":"/metadata/labels","path":"/metadata/annotations"}])",
       R"("annotations":{"a":"1"},"labels":{"a":"1"})"},
      {"", R"([{"op":"move","from":"/spec/containers/1","path":"/spec/containers/0"}])",
       R"("containers":[{"image":"y","name":"two","resources":{}},{"image":"x","name":"one","resources":{}}])"},
      {"",
       R"([{"op":"test","path":"/spec/containers/0","value":{"image":"x","name":"one","resources":{}}},)"
       R"({"op":"add","path":"/spec/activeDeadlineSeconds","value":5}])",
       R"("spec":{"activeDeadlineSeconds":5)"},
      {"", R"([{"op":"test","path":"/spec/containers/0","value":{"image":"x"}}])",
       "JSON Patch: testing value /spec/containers/0 failed"},
      {"", R"([{"op":"replace","path":"/metadata/managedFields/0/fieldsV1/f:spec","value":1}])",
       R"("fieldsV1":{"f:metadata":{},"f:spec":1})"},
      {"", R"([{"op":"add","path":"/spec/containers/0/ports","value":[{"containerPort":"x"}]}])",
       "spec.containers[0].ports[0].containerPort: must be an integer that fits"},
  };
  Draft<core_v1::Pod> draft;
  draft.meta().setName("p");
  auto label = draft.meta().initLabels(1)[0];
  label.setKey("a");
  label.setValue("1");
  draft.meta().initManagedFields(1)[0].setFieldsV1(R"({"f:spec":{},"f:metadata":{}})");
  auto containers = draft->initSpec().initContainers(2);
  containers[0].setName("one");
  containers[0].setImage("x");
  containers[1].setName("two");
  containers[1].setImage("y");
  const AnyRef pod = std::move(draft).freezeAny();
  const KindKey kind{"", "v1", "Pod"};
  for (const PatchRow& row : rows) {
    Document document = *objectDocument(pod, kind, false);
    auto made = applyJsonPatch(document, documentFrom(row.operations));
    auto written = made ? writtenObject(document, structOf(kind)) : fail(made.error());
    EXPECT_THAT(shownOrWhy(std::move(written), kind), HasSubstr(row.expected)) << row.operations;
    auto rewritten = made ? rewrittenObject(pod, document, *knownKind(kind)) : fail(made.error());
    EXPECT_THAT(shownOrWhy(std::move(rewritten), kind), HasSubstr(row.expected)) << row.operations;
  }
}

// Whatever a patch does, what stays where it is makes no difference to what comes of it.
TEST(ObjectRewriter, MakesWhatWritingAllOfItMakes) {
  const char* patches[] = {
      R"([])",
      R"([{"op":"add","path":"/metadata/labels/b","value":"2"}])",
      R"([{"op":"remove","path":"/metadata/labels"}])",
      R"([{"op":"replace","path":"/metadata/name","value":"q"},{"op":"remove","path":"/metadata/namespace"}])",
      R"([{"op":"remove","path":"/metadata"}])",
      R"([{"op":"remove","path":"/spec"}])",
      R"([{"op":"replace","path":"/spec","value":{"containers":[{"name":"z"}],"hostNetwork":true}}])",
      R"([{"op":"replace","path":"/spec/hostNetwork","value":false}])",
      R"([{"op":"remove","path":"/spec/hostNetwork"}])",
      R"([{"op":"replace","path":"/spec/containers","value":[]}])",
      R"([{"op":"replace","path":"/spec/containers","value":null}])",
      R"([{"op":"remove","path":"/spec/containers/0"},{"op":"add","path":"/spec/containers/-","value":{"name":"z"}}])",
      R"([{"op":"replace","path":"/spec/containers/1/ports/0/containerPort","value":81}])",
      R"([{"op":"replace","path":"/spec/containers/1/livenessProbe/httpGet/port","value":"http"}])",
      R"([{"op":"replace","path":"/spec/containers/1/livenessProbe/httpGet/path","value":"/x"}])",
      R"([{"op":"copy","from":"/spec/containers/1/ports","path":"/spec/containers/0/ports"}])",
      R"([{"op":"move","from":"/spec/containers/1/ports","path":"/spec/containers/0/ports"}])",
      R"([{"op":"copy","from":"/spec/containers/0","path":"/spec/containers/1"}])",
      R"([{"op":"replace","path":"/spec/terminationGracePeriodSeconds","value":5}])",
      R"([{"op":"replace","path":"/spec/terminationGracePeriodSeconds","value":null}])",
      R"([{"op":"remove","path":"/spec/terminationGracePeriodSeconds"}])",
      R"([{"op":"replace","path":"/spec/terminationGracePeriodSeconds","value":"5"}])",
      R"([{"op":"add","path":"/spec/containers/0/resources","value":{"limits":{"cpu":"1"}}}])",
      R"([{"op":"add","path":"/spec/unknown","value":1},{"op":"add","path":"/unknown","value":{}}])",
      R"([{"op":"replace","path":"/spec/containers/0","value":"x"}])",
      R"([{"op":"replace","path":"/metadata/labels/a","value":5}])",
      R"([{"op":"remove","path":"/metadata/managedFields"}])",
      R"([{"op":"add","path":"/spec/containers/-","value":{"name":"sidecar","image":"s","env":[{"name":"A","value":"b"}]}},
          {"op":"add","path":"/metadata/annotations","value":{"a":"b"}}])"};
  const KindKey kind{"", "v1", "Pod"};
  const AnyRef pod = podWithMuch();
  for (const char* patch : patches) {
    Document document = *objectDocument(pod, kind, false);
    ASSERT_TRUE(applyJsonPatch(document, documentFrom(patch))) << patch;
    const std::string whole = shownOrWhy(writtenObject(document, structOf(kind)), kind);
    EXPECT_EQ(shownOrWhy(rewrittenObject(pod, document, *knownKind(kind)), kind), whole) << patch;
  }
}

TEST(ObjectRewriter, LeavesWhatNobodyChangesAsItIs) {
  const KindKey kind{"", "v1", "Pod"};
  const AnyRef pod = podWithMuch();
  Document document = *objectDocument(pod, kind, false);
  ASSERT_TRUE(
      applyJsonPatch(document, documentFrom(R"([{"op":"test","path":"/spec/containers/1/name","value":"two"}])")));
  auto made = rewrittenObject(pod, document, *knownKind(kind));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->isAsIn(pod));
}

TEST(JsonPatch, DoesNotGrowBeyondMeasure) {
  std::string operations = R"([{"op":"add","path":"/a","value":{"x":1}})";
  for (int i = 0; i < 60; ++i)
    operations += R"(,{"op":"copy","from":"/a","path":"/a/b"},{"op":"copy","from":"/a","path":"/a/c"})";
  EXPECT_THAT(patched("{}", operations + "]"), HasSubstr("it makes the object too large"));
}

std::string merged(std::string_view json, std::string_view configuration) {
  Document document = documentFrom(json);
  auto done = applyMerge(document, documentFrom(configuration), MergePlace(capnp::Schema::from<core_v1::Pod>()));
  return done ? jsonOf(document) : done.error().message;
}

TEST(ApplyMerge, GoesByTheSchema) {
  EXPECT_EQ(merged(R"({"metadata":{"labels":{"a":"1"}}})", R"({"metadata":{"labels":{"b":"2"}}})"),
            R"({"metadata":{"labels":{"a":"1","b":"2"}}})");
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a","image":"x"},{"name":"b"}]}})",
                   R"({"spec":{"containers":[{"name":"b","image":"y"},{"name":"c"}]}})"),
            R"({"spec":{"containers":[{"image":"x","name":"a"},{"image":"y","name":"b"},{"name":"c"}]}})");
  // The key that is not said is what its absence means.
  EXPECT_EQ(merged(R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"}]}]}})",
                   R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]}})"),
            R"({"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http","protocol":"TCP"}]}]}})");
  EXPECT_EQ(
      merged("{}", R"({"spec":{"tolerations":[{"key":"a"}]}})"),
      "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.tolerations");
}

TEST(StructWriter, WritesWhatValuesShow) {
  const Document document = documentFrom(
      R"({"metadata":{"name":"s","resourceVersion":"7","creationTimestamp":"2026-01-01T00:00:00Z"},"data":{"a":"AQI=","b":""},"immutable":false,"type":"Opaque"})");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<capnp::DynamicStruct>(capnp::Schema::from<core_v1::Secret>());
  ASSERT_TRUE(writeStruct(document, root));
  auto secret = root.asReader().as<core_v1::Secret>();
  EXPECT_EQ(secret.getMetadata().getResourceVersion(), 7u);
  EXPECT_EQ(view(secret.getData()[0].getValue()), "\1\2");
  EXPECT_TRUE(secret.hasImmutable());
  EXPECT_EQ(jsonOf(*documentOf(structValue(root.asReader()))), jsonOf(document));
}

TEST(StructWriter, SaysWhereATypeIsWrong) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<capnp::DynamicStruct>(capnp::Schema::from<apps_v1::Deployment>());
  EXPECT_EQ(writeStruct(documentFrom(R"({"spec":{"replicas":"x"}})"), root).error().message,
            "spec.replicas: must be an integer that fits");
  EXPECT_EQ(writeStruct(documentFrom(R"({"spec":{"replicas":3000000000}})"), root).error().message,
            "spec.replicas: must be an integer that fits");
  EXPECT_EQ(writeStruct(documentFrom(R"({"spec":{"template":{"spec":{"containers":{}}}}})"), root).error().message,
            "spec.template.spec.containers: must be a list");
}

// What JSON in a text comes to stays, also where nobody holds what it was found in.
TEST(StructValues, KeepJsonThatTheyRead) {
  Draft<core_v1::Pod> pod;
  pod.meta().initManagedFields(1)[0].setFieldsV1(
      R"({"f:spec":{"f:list":["a",{"b":"a text that is long enough to be its own"}]}})");
  const AnyRef object = std::move(pod).freezeAny();
  cel::Value found = structValue(readAs(object, capnp::Schema::from<core_v1::Pod>()));
  for (const char* step : {"metadata", "managedFields"}) found = cel::Value(found.asMap().field(step));
  found = cel::Value(found.asList().at(0));
  for (const char* step : {"fieldsV1", "f:spec", "f:list"}) found = cel::Value(found.asMap().field(step));
  found = cel::Value(found.asList().at(1));
  EXPECT_EQ(found.asMap().keyAt(0).asText(), "b");
  EXPECT_EQ(cel::Value(found.asMap().field("b")).asText(), "a text that is long enough to be its own");
}

TEST(StructTypes, KnowWhatAKindHas) {
  const cel::TypeRef pod = objectTypeOf(*structOf({"", "v1", "Pod"}));
  const auto at = [&](std::initializer_list<const char*> path) {
    cel::TypeRef type = pod;
    for (const char* step : path) {
      auto field = type->schema ? type->schema->field(step) : std::nullopt;
      if (!field) return std::string("nothing");
      type = field->type;
    }
    return cel::shown(*type);
  };
  EXPECT_EQ(at({"kind"}), "string");
  EXPECT_EQ(at({"metadata", "labels"}), "map(string, string)");
  EXPECT_EQ(at({"metadata", "resourceVersion"}), "string");
  EXPECT_EQ(at({"metadata", "creationTimestamp"}), "timestamp");
  EXPECT_EQ(at({"spec", "terminationGracePeriodSeconds"}), "int");
  EXPECT_EQ(at({"spec", "hostNetwork"}), "bool");
  EXPECT_EQ(at({"spec", "hostNetworks"}), "nothing");
}

TEST(JsonPatch, DoesNotNestWithoutEnd) {
  // Each copy of the whole into its own depth makes it twice as deep.
  std::string operations = "[", path = "/a";
  for (int i = 0; i < 12; ++i) {
    appendTo(operations, concat(i > 0 ? "," : "", R"({"op":"copy","from":"/a","path":")", path, "/a\"}"));
    path += path;
  }
  EXPECT_THAT(patched(R"({"a":{}})", operations + "]"), HasSubstr("it makes the object too deep"));
}

}  // namespace
}  // namespace cleat::policy
