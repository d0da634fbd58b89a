// Apply configurations merged by the schema of a kind of users' own.
#include "policy-common/apply_merge.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/object.h>
#include <gtest/gtest.h>

#include "policy-common/json_values.h"

namespace cleat::policy {
namespace {

Document document(std::string_view json) { return *documentOf(jsonValue(JsonTree::parse(json)->view())); }

// An object with `slots`, a list by name and side, `tags`, a set, and `order`, a list that is one thing.
Draft<apiextensions_v1::JSONSchemaProps> rack() {
  Draft<apiextensions_v1::JSONSchemaProps> schema;
  auto properties = schema->initProperties(3);
  properties[0].setKey("slots");
  auto slots = properties[0].initValue();
  slots.setType("array");
  slots.setXListType("map");
  auto keys = slots.initXListMapKeys(2);
  keys.set(0, "name");
  keys.set(1, "side");
  auto members = slots.initItems().initSchema().initProperties(3);
  members[0].setKey("name");
  members[1].setKey("side");
  members[1].initValue().initDefault().setRaw("\"front\"");
  members[2].setKey("size");
  properties[1].setKey("tags");
  properties[1].initValue().setXListType("set");
  properties[2].setKey("order");
  properties[2].initValue().setType("array");
  return schema;
}

std::string merged(std::string_view object, std::string_view configuration, std::string_view expected) {
  auto schema = rack();
  Document changed = document(object);
  auto done = applyMerge(changed, document(configuration), MergePlace(schema.reader()));
  if (!done) return done.error().message;
  return changed == document(expected) ? "as expected" : "something else";
}

TEST(ApplyMerge, MergesListsByTheirKeysAndSets) {
  EXPECT_EQ(merged(R"({"slots":[{"name":"a","size":1},{"name":"a","side":"back"}],"tags":["x"]})",
                   R"({"slots":[{"name":"a","side":"front","size":7},{"name":"b"}],"tags":["x","y"]})",
                   R"({"slots":[{"name":"a","size":7,"side":"front"},{"name":"a","side":"back"},{"name":"b"}],)"
                   R"("tags":["x","y"]})"),
            "as expected");
}

TEST(ApplyMerge, RefusesWhatKubernetesRefuses) {
  const std::string prefix = "error applying patch: ", typed = "failed to convert patch object to typed object: ";
  EXPECT_EQ(merged("{}", R"({"order":["x"]})", ""),
            prefix + "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .order");
  EXPECT_EQ(merged("{}", R"({"colour":"red"})", ""), prefix + typed + ".colour: field not declared in schema");
  EXPECT_EQ(merged("{}", R"({"slots":[{"name":"a"},{"name":"a","side":"front"}]})", ""),
            prefix + typed + R"(.slots: duplicate entries for key [name="a",side="front"])");
  EXPECT_EQ(merged("{}", R"({"tags":["x","x"]})", ""), prefix + typed + R"(.tags: duplicate entries for key ["x"])");
  EXPECT_EQ(merged("{}", R"({"slots":[{"side":"back"}]})", ""),
            prefix + typed +
                R"(.slots: element 0: associative list with keys has an element that omits key field "name" (and )"
                "doesn't have default value)");
}

}  // namespace
}  // namespace cleat::policy
