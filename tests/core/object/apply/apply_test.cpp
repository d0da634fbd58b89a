#include "core/object/apply/apply.h"

#include <gtest/gtest.h>

#include "core/object/apply/created_fields.h"
#include "core/object/apply/field_set.h"
#include "core/object/apply/message_compare.h"
#include "core/object/codec.h"
#include "tests/core/object/apply/cluster.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"
#include "tests/core/object/values.h"

namespace cleat::object {
namespace {

namespace json = boost::json;

TEST(FieldSet, ReadsAndWritesFieldsV1) {
  const char* text =
      R"({"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{}}}}})";
  Result<FieldSet> set = FieldSet::parse(test::parse(text));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->text(), text);
  EXPECT_EQ(set->paths(),
            (std::vector<std::string>{".metadata.labels", ".metadata.labels.app", ".spec.containers[name=\"a\"]",
                                      ".spec.containers[name=\"a\"].image"}));
  FieldSet other = *FieldSet::parse(test::parse(R"({"f:metadata":{"f:labels":{"f:app":{}}},"f:x":{}})"));
  EXPECT_EQ(set->common(other).paths(), (std::vector<std::string>{".metadata.labels.app"}));
  set->remove(other);
  EXPECT_EQ(set->paths().size(), 3u);
  set->unite(other);
  EXPECT_EQ(set->paths().size(), 5u);
  EXPECT_FALSE(FieldSet::parse(test::parse(R"({"odd":{}})")));
}

TEST(Apply, CreatesAnObjectAndBooksItsFields) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m","labels":{"x":"1"}},"data":{"k":"v"}})"), "");
  EXPECT_EQ(cluster.managers(),
            (std::vector<std::string>{R"(a Apply {"f:data":{"f:k":{}},"f:metadata":{"f:labels":{"f:x":{}}}})"}));
}

TEST(Apply, TakesOutWhatIsNoLongerApplied) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"},"data":{"k":"v","l":"w"}})"), "");
  EXPECT_EQ(cluster.apply("b", R"({"metadata":{"name":"m"},"data":{"n":"x"}})"), "");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"},"data":{"k":"v"}})"), "");
  EXPECT_EQ(cluster.text(), R"({"data":{"k":"v","n":"x"},"metadata":{"name":"m"}})");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"}})"), "");
  EXPECT_EQ(cluster.text(), R"({"data":{"n":"x"},"metadata":{"name":"m"}})");
  EXPECT_EQ(cluster.managers().size(), 1u);
}

TEST(Apply, KeepsWhatAnotherAppliesToo) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"data":{"k":"v"}})"), "");
  EXPECT_EQ(cluster.apply("b", R"({"data":{"k":"v"}})"), "");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"}})"), "");
  EXPECT_EQ(cluster.text(), R"({"data":{"k":"v"},"metadata":{"name":"m"}})");
}

TEST(Apply, NamesConflictsInKubernetesWords) {
  Cluster cluster("Deployment");
  const char* two = R"({"metadata":{"name":"d"},"spec":{"replicas":2,"paused":true}})";
  EXPECT_EQ(cluster.apply("kubectl", two), "");
  EXPECT_EQ(cluster.apply("hpa", R"({"spec":{"replicas":3}})"),
            R"(Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas)");
  EXPECT_EQ(cluster.apply("hpa", R"({"spec":{"replicas":3}})", true), "");
  EXPECT_EQ(cluster.apply("kubectl", two), R"(Apply failed with 1 conflict: conflict with "hpa": .spec.replicas)");
  EXPECT_EQ(cluster.apply("kubectl", R"({"spec":{"paused":true}})"), "");
  EXPECT_NE(cluster.text().find(R"("replicas":3)"), std::string::npos) << cluster.text();
}

TEST(Apply, ConflictsWithWhatWasUpdatedSince) {
  Cluster cluster("Deployment");
  EXPECT_EQ(cluster.apply("me", R"({"metadata":{"name":"d"},"spec":{"replicas":2,"paused":true,"minReadySeconds":1}})"),
            "");
  EXPECT_EQ(
      cluster.update("kubectl", R"({"metadata":{"name":"d"},"spec":{"replicas":5,"paused":true,"minReadySeconds":7}})"),
      "");
  EXPECT_EQ(cluster.managers(),
            (std::vector<std::string>{R"(me Apply {"f:spec":{"f:paused":{}}})",
                                      R"(kubectl Update {"f:spec":{"f:minReadySeconds":{},"f:replicas":{}}})"}));
  EXPECT_EQ(cluster.apply("me", R"({"spec":{"replicas":2,"paused":true}})"),
            R"(Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas)");
  EXPECT_EQ(cluster.apply("me", R"({"spec":{"replicas":2,"minReadySeconds":1}})"),
            "Apply failed with 2 conflicts: conflicts with \"kubectl\" using apps/v1:\n- .spec.minReadySeconds\n- "
            ".spec.replicas");
}

TEST(Apply, BooksWhatWasThereBeforeTheFirstApply) {
  Cluster cluster("ConfigMap");
  cluster.update("kubectl-create", R"({"metadata":{"name":"m","labels":{"x":"1"}},"data":{"k":"v"}})");
  EXPECT_EQ(cluster.managers(),
            (std::vector<std::string>{
                R"(kubectl-create Update {"f:data":{".":{},"f:k":{}},"f:metadata":{"f:labels":{".":{},"f:x":{}}}})"}));
  cluster.update("u", R"({"metadata":{"name":"m","labels":{"x":"1"},"managedFields":[{}]},"data":{"k":"v"}})");
  EXPECT_TRUE(cluster.managers().empty());
  cluster.update("u", R"({"metadata":{"name":"m","labels":{"x":"1"}},"data":{"k":"v","m":"w"}})");
  EXPECT_TRUE(cluster.managers().empty());
  EXPECT_EQ(cluster.apply("a", R"({"data":{"l":"w"}})"), "");
  EXPECT_EQ(
      cluster.managers(),
      (std::vector<std::string>{
          R"(a Apply {"f:data":{"f:l":{}}})",
          R"(before-first-apply Update {"f:data":{".":{},"f:k":{},"f:m":{}},"f:metadata":{"f:labels":{".":{},"f:x":{}}}})"}));
  EXPECT_EQ(cluster.apply("a", R"({"data":{"k":"other"}})"),
            R"(Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k)");
}

TEST(Apply, MergesListsByTheirKeys) {
  Cluster cluster("Pod");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"finalizers":["f"]},"spec":{"containers":[{"name":"x","image":"1",
    "ports":[{"containerPort":80}]},{"name":"y","image":"1"}]}})"),
            "");
  EXPECT_EQ(cluster.apply("b", R"({"metadata":{"finalizers":["g"]},"spec":{"containers":[{"name":"z","image":"2"},
    {"name":"x","stdin":true,"ports":[{"containerPort":80,"protocol":"TCP","name":"http"},{"containerPort":80,"protocol":"UDP"}]}]}})"),
            "");
  EXPECT_EQ(
      cluster.text(),
      R"({"metadata":{"finalizers":["f","g"]},"spec":{"containers":[{"image":"2","name":"z","resources":{}},{"image":"1","name":"x",)"
      R"("ports":[{"containerPort":80,"name":"http","protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}],"resources":{},"stdin":true},)"
      R"({"image":"1","name":"y","resources":{}}]},"status":{}})");
  EXPECT_EQ(cluster.apply("a", R"({"spec":{"containers":[{"name":"y","image":"1"}]}})"), "");
  EXPECT_EQ(
      cluster.text(),
      R"({"metadata":{"finalizers":["g"]},"spec":{"containers":[{"image":"2","name":"z","resources":{}},{"name":"x",)"
      R"("ports":[{"containerPort":80,"name":"http","protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}],"resources":{},"stdin":true},)"
      R"({"image":"1","name":"y","resources":{}}]},"status":{}})");
  EXPECT_NE(
      cluster.apply("c", R"({"spec":{"containers":[{"name":"q"},{"name":"q"}]}})").find("duplicate entries for key"),
      std::string::npos);
}

TEST(Apply, AKeyThatIsNotSaidIsTheOneThatTheSchemaMeans) {
  Cluster cluster("Service");
  EXPECT_EQ(cluster.apply("a", R"({"spec":{"ports":[{"port":80}]}})"), "");
  EXPECT_EQ(cluster.managers(),
            (std::vector<std::string>{
                R"(a Apply {"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})"}));
  Cluster pods("Pod");
  EXPECT_EQ(
      pods.apply(
          "a",
          R"({"spec":{"hostAliases":[{"hostnames":["x"]}],"containers":[{"name":"c","ports":[{"hostPort":1}]}]}})"),
      "");
  ASSERT_EQ(pods.managers().size(), 1u);
  EXPECT_NE(pods.managers()[0].find(R"("k:{\"ip\":\"\"}")"), std::string::npos) << pods.managers()[0];
  EXPECT_NE(pods.managers()[0].find(R"("k:{\"containerPort\":0,\"protocol\":\"TCP\"}")"), std::string::npos)
      << pods.managers()[0];
}

TEST(Apply, ANullInAMapIsTheZeroValueAndElsewhereNothing) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"data":{"k":null},"immutable":null,"metadata":{"labels":null}})"), "");
  EXPECT_EQ(cluster.text(), R"({"data":{"k":""},"metadata":{}})");
  EXPECT_EQ(cluster.managers(), std::vector<std::string>{R"(a Apply {"f:data":{"f:k":{}}})"});
}

TEST(Apply, ReplacesAtomicListsAndStructsAsAWhole) {
  Cluster cluster("Deployment");
  EXPECT_EQ(cluster.apply("a", R"({"spec":{"selector":{"matchLabels":{"x":"1"}}}})"), "");
  EXPECT_EQ(cluster.apply("b", R"({"spec":{"selector":{"matchLabels":{"y":"1"}}}})"),
            R"(Apply failed with 1 conflict: conflict with "a": .spec.selector)");
  EXPECT_EQ(cluster.managers(), (std::vector<std::string>{R"(a Apply {"f:spec":{"f:selector":{}}})"}));
}

TEST(Apply, SeesThatAQuantityIsTheSameInOtherWords) {
  Cluster cluster("Pod");
  EXPECT_EQ(cluster.apply("a", R"({"spec":{"containers":[{"name":"x","resources":{"limits":{"cpu":"1000m"}}}]}})"), "");
  EXPECT_EQ(cluster.apply("b", R"({"spec":{"containers":[{"name":"x","resources":{"limits":{"cpu":"1"}}}]}})"), "");
}

TEST(Apply, ChangesNothingWhenNothingChanges) {
  Cluster cluster("ConfigMap");
  FieldWriter first{"a", {}, 1 * kSecond}, second{"a", {}, 99 * kSecond};
  const Kind& kind = test::kind("ConfigMap");
  json::value config = test::parse(R"({"metadata":{"name":"m"},"data":{"k":"v"}})");
  Result<Ref<const Message>> once = applyFields(kind, nullptr, config, first);
  ASSERT_TRUE(once);
  Result<Ref<const Message>> twice = applyFields(kind, once->get(), config, second);
  ASSERT_TRUE(twice);
  EXPECT_EQ(*once, *twice);
}

TEST(Apply, ForgetsManagersWhenAskedTo) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"},"data":{"k":"v"}})"), "");
  EXPECT_EQ(cluster.update("u", R"({"metadata":{"name":"m","managedFields":[{}]},"data":{"k":"v"}})"), "");
  EXPECT_TRUE(cluster.managers().empty());
}

TEST(Apply, KeepsAtMostTenUpdatersApart) {
  Cluster cluster("ConfigMap");
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"name":"m"}, "data":{"k":"v"}})"), "");
  std::string data = R"("k":"v")";
  for (int i = 0; i < 15; ++i) {
    data += ",\"k" + std::to_string(i) + "\":\"v\"";
    EXPECT_EQ(cluster.update("u" + std::to_string(i), R"({"metadata":{"name":"m"},"data":{)" + data + "}}"), "");
  }
  EXPECT_EQ(cluster.managers().size(), 11u);
}

TEST(Updates, BookWhatTheyAddAndChangeAsKubernetesCountsIt) {
  Cluster cluster("Deployment");
  cluster.update("maker", R"({"metadata":{"name":"d","uid":"u","generation":3},"spec":{"replicas":1,
    "strategy":{"rollingUpdate":{"maxSurge":1}},"selector":{"matchLabels":{"a":"b"}},
    "template":{"spec":{"nodeSelector":{"n":"m"},"containers":[{"name":"c","env":[{"name":"E","value":"1"}]}]}}},
    "status":{"replicas":4}})");
  // What every object of the kind has is not there anew: spec and strategy, the list of containers. What comes and goes
  // is: a rolling update, an env list, a map; and of an element all that is in it.
  EXPECT_EQ(
      cluster.managers(),
      std::vector<std::string>{
          R"(maker Update {"f:spec":{"f:replicas":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{}}},)"
          R"("f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:env":{".":{},)"
          R"("k:{\"name\":\"E\"}":{".":{},"f:name":{},"f:value":{}}},"f:name":{},"f:resources":{}}},)"
          R"("f:nodeSelector":{}}}},"f:status":{"f:replicas":{}}})"});
}

TEST(Updates, OfNothingAreCreatesAlsoInOnePass) {
  for (const char* name : {"Pod", "Deployment", "Service", "ConfigMap", "Node", "Role"}) {
    const Kind& kind = test::kind(name);
    const json::value made = test::parse(R"({"metadata":{"name":"n","labels":{"b":"1","a":"2"},"finalizers":["z","a"],
      "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u"}]},
      "spec":{"containers":[{"name":"c","ports":[{"containerPort":1},{"containerPort":1,"protocol":"UDP"}]},{"name":"a"}],
      "ports":[{"port":80}],"volumes":[],"template":{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}},
      "data":{"k":"v"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}})");
    Result<Decoded> decoded = decode(kind, made, FieldValidation::ignore);
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
    for (const char* subresource : {"", "status"}) {
      const WriteReach reach(kind, subresource);
      Comparison changes = compareMessages(kind, reach, {}, decoded->message->words());
      changes.added.unite(changes.modified);
      EXPECT_EQ(createdFields(kind, reach, decoded->message->words()), changes.added.text()) << name;
    }
  }
}

TEST(Updates, TakeWhatTheyChangeFromOthersAndGiveUpWhatTheyTakeOut) {
  Cluster cluster("ConfigMap");
  cluster.update("a", R"({"metadata":{"name":"m"},"data":{"k":"1","l":"1","m":"1"}})");
  cluster.update("b", R"({"metadata":{"name":"m"},"data":{"k":"2","l":"1"}})");
  EXPECT_EQ(cluster.managers(), (std::vector<std::string>{R"(a Update {"f:data":{".":{},"f:l":{}}})",
                                                          R"(b Update {"f:data":{"f:k":{}}})"}));
  cluster.update("b", R"({"metadata":{"name":"m"}})");
  EXPECT_TRUE(cluster.managers().empty());
}

TEST(Updates, ThatChangeNothingAreNotBooked) {
  Cluster cluster("ConfigMap");
  cluster.update("a", R"({"metadata":{"name":"m"},"data":{"k":"1"}})");
  const std::string time = cluster.timeOf(0);
  cluster.update("a", R"({"metadata":{"name":"m"},"data":{"k":"1"}})");
  cluster.update("b", R"({"metadata":{"name":"m"},"data":{"k":"1"}})");
  EXPECT_EQ(cluster.managers(), std::vector<std::string>{R"(a Update {"f:data":{".":{},"f:k":{}}})"});
  EXPECT_EQ(cluster.timeOf(0), time);
  cluster.update("a", R"({"metadata":{"name":"m"},"data":{"k":"2"}})");
  EXPECT_NE(cluster.timeOf(0), time);
}

TEST(Updates, OfASubresourceOwnWhatItReachesThere) {
  Cluster cluster("Deployment");
  cluster.update("a", R"({"metadata":{"name":"d"},"spec":{"replicas":1}})");
  cluster.update("b", R"({"metadata":{"name":"d","managedFields":[{}]},"spec":{"replicas":2},"status":{"replicas":3}})",
                 "status");
  EXPECT_EQ(cluster.managers(), (std::vector<std::string>{R"(a Update {"f:spec":{"f:replicas":{}}})",
                                                          R"(b Update {"f:status":{"f:replicas":{}}})"}));
}

TEST(Updates, TakeEntriesThatAreSentForWhatTheySay) {
  Cluster cluster("ConfigMap");
  const char* sent = R"({"metadata":{"name":"m","managedFields":[{"manager":"x","operation":"Update","apiVersion":"v1",
    "fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k":{}}}}]},"data":{"k":"1"}})";
  cluster.update("a", R"({"metadata":{"name":"m"},"data":{"k":"1"}})");
  cluster.update("a", sent);
  EXPECT_EQ(cluster.managers(), std::vector<std::string>{R"(x Update {"f:data":{"f:k":{}}})"});
  std::string broken = sent;
  broken.replace(broken.find("f:data"), 6, "q:data");
  cluster.update("a", broken);
  EXPECT_EQ(cluster.managers(), std::vector<std::string>{R"(x Update {"f:data":{"f:k":{}}})"});
}

TEST(FieldSet, IsComparedWithATextThatIsNotRead) {
  const std::string text =
      R"({"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{}}}}})";
  Result<FieldSet> whole = FieldSet::parseText(text);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->text(), text);
  EXPECT_EQ(*whole, *FieldSet::parse(test::parse(text)));
  EXPECT_TRUE(whole->within(text));
  EXPECT_TRUE(whole->meetsText(text));
  auto set = [](const char* of) { return *FieldSet::parseText(of); };
  const FieldSet image = set(R"({"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{"f:image":{}}}}})");
  EXPECT_TRUE(image.within(text) && image.meetsText(text));
  const FieldSet other = set(R"({"f:spec":{"f:containers":{"k:{\"name\":\"b\"}":{"f:image":{}}}},"f:x":{}})");
  EXPECT_FALSE(other.within(text) || other.meetsText(text));
  // A field is not the one that is in it.
  EXPECT_FALSE(set(R"({"f:metadata":{}})").meetsText(text));
  FieldSet both = image;
  both.unite(other);
  EXPECT_TRUE(both.meetsText(text));
  EXPECT_FALSE(both.within(text));
}

TEST(Apply, RefusesUnknownFieldsAndForeignBookkeeping) {
  Cluster cluster("ConfigMap");
  EXPECT_NE(cluster.apply("a", R"({"odd":1})").find(".odd: field not declared in schema"), std::string::npos);
  EXPECT_EQ(cluster.apply("a", R"({"metadata":{"managedFields":[{"fieldsV1":{}}]}})"),
            "metadata.managedFields must be nil");
  EXPECT_NE(cluster.apply("", "{}"), "");
}

}  // namespace
}  // namespace cleat::object
