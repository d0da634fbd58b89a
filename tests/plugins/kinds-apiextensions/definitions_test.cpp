// What a CustomResourceDefinition is filled in with, and its rules.
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <gmock/gmock.h>

#include "tests/plugins/kinds/kinds_fixture.h"

namespace cleat::test {
namespace {

using Definition = apiextensions_v1::CustomResourceDefinition;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kSchema = R"("schema":{"openAPIV3Schema":{"type":"object","properties":[
  {"key":"spec","value":{"type":"object","properties":[
    {"key":"color","value":{"type":"string"}},{"key":"size","value":{"type":"number"}},
    {"key":"tags","value":{"type":"object","additionalProperties":{"schema":{"type":"string"}}}}]}},
  {"key":"status","value":{"type":"object"}}]}})";

std::string version(std::string_view name, std::string_view more = {}, bool storage = true) {
  return concat(R"({"name":")", name, R"(","served":true,"storage":)", storage, ",", kSchema, more, "}");
}

// A definition of widgets with those versions, and with what is given beside them in the spec.
std::string widgets(std::string_view versions, std::string_view more = {},
                    std::string_view names = R"({"plural":"widgets","kind":"Widget"})") {
  return concat(R"({"metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",)",
                R"("names":)", names, R"(,"versions":[)", versions, "]", more, "}}");
}

class Definitions : public KindsFixture {
 protected:
  Definitions() : KindsFixture("kinds-apiextensions") {}

  std::vector<std::string> wrong(const std::string& text) { return findings<Definition>(text); }
  // Of an update of something that is established.
  std::vector<std::string> wrongUpdate(const std::string& before, const std::string& after) {
    Draft<Definition> old(defaulted<Definition>(before));
    auto condition = old->getStatus().initConditions(1)[0];
    condition.setType("Established");
    condition.setStatus("True");
    Draft<Definition> now(object<Definition>(after));
    now->setStatus(old.reader().getStatus());
    Object<Definition> first = std::move(old).freeze();
    return validated(defaulted(std::move(now).freeze(), first), first).findings;
  }
};

TEST_F(Definitions, AreFilledInAsKubernetesDoes) {
  auto definition = defaulted<Definition>(widgets(version("v1")));
  auto names = definition->getSpec().getNames();
  EXPECT_EQ(view(names.getSingular()), "widget");
  EXPECT_EQ(view(names.getListKind()), "WidgetList");
  EXPECT_EQ(view(definition->getSpec().getConversion().getStrategy()), "None");
  EXPECT_THAT(strings(definition->getStatus().getStoredVersions()), ElementsAre("v1"));
  EXPECT_THAT(validated(definition).findings, IsEmpty());
}

TEST_F(Definitions, RememberEveryVersionThatWasStoredIn) {
  auto first = defaulted<Definition>(widgets(version("v1")));
  Draft<Definition> next(object<Definition>(widgets(version("v1", "", false) + "," + version("v2"))));
  next->setStatus(first->getStatus());
  auto second = defaulted(std::move(next).freeze(), first);
  EXPECT_THAT(strings(second->getStatus().getStoredVersions()), ElementsAre("v1", "v2"));
}

TEST_F(Definitions, WaitForTheirObjectsWhenTheyAreDeleted) {
  auto definition = defaulted<Definition>(widgets(version("v1")));
  auto marked = defaulted(definition, {}, "", role::Operation::DELETE);
  EXPECT_TRUE(hasFinalizer(marked.meta(), "customresourcecleanup.apiextensions.k8s.io"));
  auto terminating = findCondition(marked->getStatus().getConditions(), "Terminating");
  ASSERT_TRUE(terminating);
  EXPECT_EQ(view(terminating->getReason()), "InstanceDeletionPending");
  EXPECT_EQ(view(terminating->getLastTransitionTime()), formatTime(host.wallNow()));
  // Its name is one that only this group may use, and no obstacle for writes to come.
  EXPECT_THAT(validated(marked, definition, "status").findings, IsEmpty());
  // Once is enough: who has let go of it must not find it held again.
  Draft<Definition> freed(marked);
  freed.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  removeFinalizer(freed.meta(), "customresourcecleanup.apiextensions.k8s.io");
  EXPECT_FALSE(hasFinalizer(defaulted(std::move(freed).freeze(), {}, "", role::Operation::DELETE).meta(),
                            "customresourcecleanup.apiextensions.k8s.io"));
}

TEST_F(Definitions, AreCalledByTheirKind) {
  EXPECT_THAT(wrong(R"({"metadata":{"name":"gadgets.example.com"},"spec":{"group":"example.com","scope":"Cluster",
                    "names":{"plural":"widgets","kind":"Widget"},"versions":[)" +
                    version("v1") + "]}}"),
              ElementsAre("metadata.name: Invalid value: \"gadgets.example.com\": must be "
                          "spec.names.plural+\".\"+spec.group"));
}

TEST_F(Definitions, DemandNamesThatCanStandInAddresses) {
  EXPECT_THAT(wrong(widgets(version("v1"), "", R"({"plural":"Widgets","kind":"widget!","shortNames":["W"],
                                                  "categories":["all things"],"listKind":"widget!"})")),
              ElementsAre(HasSubstr("metadata.name: Invalid value"),
                          HasSubstr("spec.names.plural: Invalid value: \"Widgets\": a DNS-1035 label must consist of"),
                          HasSubstr("spec.names.singular: Invalid value: \"widget!\""),
                          HasSubstr("spec.names.kind: Invalid value: \"widget!\": may have mixed case, but should "
                                    "otherwise match: a DNS-1035 label"),
                          HasSubstr("spec.names.listKind: Invalid value"),
                          HasSubstr("spec.names.shortNames[0]: Invalid value: \"W\""),
                          "spec.names.listKind: Invalid value: \"widget!\": kind and listKind may not be the same",
                          HasSubstr("spec.names.categories[0]: Invalid value: \"all things\"")));
}

TEST_F(Definitions, DemandWhatIsMissing) {
  EXPECT_THAT(wrong(R"({"metadata":{"name":"."},"spec":{"versions":[{"name":"v1","served":true,"storage":true}]}})"),
              ElementsAre("spec.group: Required value", "spec.scope: Required value",
                          "spec.versions[0].schema.openAPIV3Schema: Required value",
                          "spec.names.plural: Required value", "spec.names.singular: Required value",
                          "spec.names.kind: Required value", "spec.names.listKind: Required value"));
}

TEST_F(Definitions, KnowTwoScopesAndGroupsWithADot) {
  EXPECT_THAT(wrong(R"({"metadata":{"name":"widgets.example"},"spec":{"group":"example","scope":"Global",
                    "names":{"plural":"widgets","kind":"Widget"},"versions":[)" +
                    version("v1") + "]}}"),
              ElementsAre("spec.group: Invalid value: \"example\": should be a domain with at least one dot",
                          "spec.scope: Unsupported value: \"Global\": supported values: \"Cluster\", \"Namespaced\""));
}

TEST_F(Definitions, HaveOneStorageVersionAndNoTwoOfAName) {
  EXPECT_THAT(
      wrong(widgets(version("v1") + "," + version("v1"))),
      ElementsAre(AllOf(HasSubstr("spec.versions: Invalid value: "), HasSubstr("must contain unique version names")),
                  HasSubstr("must have exactly one version marked as storage version")));
  EXPECT_THAT(wrong(widgets(version("V1"))),
              ElementsAre(HasSubstr("spec.versions[0].name: Invalid value: \"V1\": a DNS-1035 label"),
                          HasSubstr("spec.version: Invalid value: \"V1\": a DNS-1035 label")));
}

TEST_F(Definitions, SayWhereTheirConverterIs) {
  const auto conversion = [&](const std::string& webhook) {
    return wrong(widgets(version("v1"), R"(,"conversion":{"strategy":"Webhook","webhook":)" + webhook + "}"));
  };
  EXPECT_THAT(
      conversion(R"({"conversionReviewVersions":["v1"],"clientConfig":{"service":{"namespace":"n","name":"s"}}})"),
      IsEmpty());
  EXPECT_THAT(conversion(R"({"conversionReviewVersions":["v2"],"clientConfig":{"url":"http://example.com"}})"),
              ElementsAre(HasSubstr("spec.conversion.webhookClientConfig.url: Invalid value: \"http\""),
                          HasSubstr("must include at least one of v1, v1beta1")));
  EXPECT_THAT(wrong(widgets(version("v1"), R"(,"conversion":{"strategy":"Webhook"})")),
              ElementsAre(HasSubstr("spec.conversion.webhookClientConfig: Required value"),
                          HasSubstr("spec.conversion.conversionReviewVersions: Required value")));
  EXPECT_THAT(wrong(widgets(version("v1"), R"(,"conversion":{"strategy":"Magic"})")),
              ElementsAre(HasSubstr("spec.conversion.strategy: Unsupported value: \"Magic\"")));
  EXPECT_THAT(
      wrong(
          widgets(version("v1"), R"(,"conversion":{"strategy":"None","webhook":{"conversionReviewVersions":["v1"]}})")),
      ElementsAre("spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to "
                  "Webhook"));
}

TEST_F(Definitions, KeepUnknownFieldsByTheirSchemaOnly) {
  EXPECT_THAT(wrong(widgets(version("v1"), R"(,"preserveUnknownFields":true)")),
              ElementsAre("spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
                          "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));
}

TEST_F(Definitions, DoNotChangeWhatObjectsAreStoredBy) {
  std::string before = widgets(version("v1"));
  std::string after = before;
  after.replace(after.find("Namespaced"), 10, "Cluster");
  after.replace(after.find("\"Widget\""), 8, "\"Gadget\"");
  EXPECT_THAT(wrongUpdate(before, after),
              ElementsAre("spec.scope: Invalid value: \"Cluster\": field is immutable",
                          "spec.names.kind: Invalid value: \"Gadget\": field is immutable"));
  after = before;
  after.replace(after.find("\"group\":\"example.com\""), 21, "\"group\":\"example.org\"");
  EXPECT_THAT(wrongUpdate(before, after),
              ElementsAre("spec.group: Invalid value: \"example.org\": field is immutable"));
}

TEST_F(Definitions, KeepVersionsThatObjectsMayBeStoredIn) {
  EXPECT_THAT(wrongUpdate(widgets(version("v1")), widgets(version("v2"))),
              ElementsAre("status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was "
                          "previously a storage version, and must remain in spec.versions until a storage migration "
                          "ensures no data remains persisted in v1 and removes v1 from status.storedVersions"));
}

TEST_F(Definitions, NeedAnApprovalInGroupsOfTheCommunity) {
  std::string text = R"({"metadata":{"name":"widgets.toys.k8s.io"ANNOTATIONS},"spec":{"group":"toys.k8s.io",
    "scope":"Cluster","names":{"plural":"widgets","kind":"Widget"},"versions":[)" +
                     version("v1") + "]}}";
  auto with = [&](std::string_view annotation) {
    std::string copy = text;
    return copy.replace(copy.find("ANNOTATIONS"), 11,
                        annotation.empty() ? std::string()
                                           : concat(R"(,"annotations":[{"key":"api-approved.kubernetes.io","value":")",
                                                    annotation, "\"}]"));
  };
  EXPECT_THAT(wrong(with("")),
              ElementsAre("metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must "
                          "have approval annotation \"api-approved.kubernetes.io\", see "
                          "https://github.com/kubernetes/enhancements/pull/1111"));
  EXPECT_THAT(wrong(with("yes")), ElementsAre(HasSubstr("Invalid value: \"yes\": protected groups must have")));
  EXPECT_THAT(wrong(with("unapproved, for tests")), IsEmpty());
  EXPECT_THAT(wrong(with("https://github.com/kubernetes/kubernetes/pull/1")), IsEmpty());
}

TEST_F(Definitions, CheckColumns) {
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"additionalPrinterColumns":[{"name":"","type":"text","format":"x",
                                              "jsonPath":"spec.a"},{"name":"a","jsonPath":""}])"))),
              ElementsAre("spec.additionalPrinterColumns[0].name: Required value",
                          "spec.additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of "
                          "boolean,date,integer,number,string",
                          HasSubstr("additionalPrinterColumns[0].format: Invalid value: \"x\": must be one of byte,"),
                          "spec.additionalPrinterColumns[0].JSONPath: Invalid value: \"spec.a\": must be "
                          "a simple json path starting with .",
                          HasSubstr("additionalPrinterColumns[1].type: Required value: must be one of"),
                          "spec.additionalPrinterColumns[1].JSONPath: Required value"));
}

TEST_F(Definitions, CheckTheWayToTheScale) {
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"subresources":{"scale":{"specReplicasPath":".status.a",
                                              "statusReplicasPath":"","labelSelectorPath":".metadata.labels"}})"))),
              ElementsAre("spec.subresources.scale.specReplicasPath: Invalid value: \".status.a\": should "
                          "be a json path under .spec",
                          "spec.subresources.scale.statusReplicasPath: Required value",
                          "spec.subresources.scale.labelSelectorPath: Invalid value: "
                          "\".metadata.labels\": should be a json path under either .spec or .status"));
}

TEST_F(Definitions, SelectByScalarsThatTheSchemaKnows) {
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"selectableFields":[{"jsonPath":".spec.color"},
                                              {"jsonPath":".spec.tags.a"}])"))),
              IsEmpty());
  EXPECT_THAT(
      wrong(widgets(version("v1", R"(,"selectableFields":[{"jsonPath":".spec.size"},{"jsonPath":".spec.weight"},
                                      {"jsonPath":".spec['color']"},{"jsonPath":""},{"jsonPath":".spec.color"},
                                      {"jsonPath":".spec.color"},{"jsonPath":"spec"}])"))),
      ElementsAre("spec.selectableFields[0].jsonPath: Invalid value: \".spec.size\": must point to a field of type "
                  "string, boolean or integer. Enum string fields and strings with formats are allowed.",
                  "spec.selectableFields[1].jsonPath: Invalid value: \".spec.weight\": is an invalid path: does "
                  "not refer to a valid field",
                  "spec.selectableFields[2].jsonPath: Invalid value: \".spec['color']\": is an invalid path: array "
                  "notation is not allowed",
                  "spec.selectableFields[3].jsonPath: Required value",
                  "spec.selectableFields[5].jsonPath: Duplicate value: \".spec.color\"",
                  "spec.selectableFields[6].jsonPath: Invalid value: \"spec\": is an invalid path: expected [ or . "
                  "but got: spec"));
  std::string many;
  for (char c = 'a'; c < 'j'; ++c) {
    many += concat(many.empty() ? "" : ",", R"({"jsonPath":".spec.tags.)", c, "\"}");
  }
  EXPECT_THAT(wrong(widgets(version("v1", concat(R"(,"selectableFields":[)", many, "]")))),
              ElementsAre("spec.selectableFields: Too many: 9: must have at most 8 items"));
}

// What all versions have alike is the definition's.
TEST_F(Definitions, SayOfWhichVersionTheySpeakWhereVersionsDiffer) {
  auto schema = [](const char* type) {
    return concat(R"("schema":{"openAPIV3Schema":{"type":"object","properties":[{"key":"spec","value":{"type":")", type,
                  R"("}}]}})");
  };
  auto versions = [](const std::string& first, const std::string& second) {
    return widgets(concat(R"({"name":"v1","served":true,"storage":true,)", first, R"(},{"name":"v2","served":true,)",
                          second, "}"));
  };
  constexpr const char* kScale =
      R"(,"subresources":{"scale":{"specReplicasPath":"spec.a","statusReplicasPath":".status.b"}})";
  const std::string scaleFinding =
      "subresources.scale.specReplicasPath: Invalid value: \"spec.a\": must be a simple json path starting with .";
  EXPECT_THAT(wrong(versions(schema("thing"), schema("thing"))),
              ElementsAre(HasSubstr("spec.validation.openAPIV3Schema.properties[spec].type: ")));
  EXPECT_THAT(wrong(versions(schema("object"), schema("thing"))),
              ElementsAre(HasSubstr("spec.versions[1].schema.openAPIV3Schema.properties[spec].type: ")));
  EXPECT_THAT(wrong(versions(schema("object") + kScale, schema("object") + kScale)),
              ElementsAre("spec." + scaleFinding));
  EXPECT_THAT(wrong(versions(schema("object"), schema("object") + kScale)),
              ElementsAre("spec.versions[1]." + scaleFinding));
}

TEST_F(Definitions, WarnOfDeprecatedVersionsOnly) {
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"deprecationWarning":"old")"))),
              ElementsAre("spec.versions[0].deprecationWarning: Invalid value: \"old\": can only be set for deprecated "
                          "versions"));
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"deprecated":true,"deprecationWarning":"a\u0007b")"))),
              ElementsAre(HasSubstr("non-printable character found at index 1")));
  EXPECT_THAT(wrong(widgets(version("v1", R"(,"deprecated":true,"deprecationWarning":"alt, und ungewöhnlich")"))),
              IsEmpty());
}

TEST_F(Definitions, ShowWhatTheyDefineAndWhenTheyWereMade) {
  EXPECT_THAT(row<Definition>(R"({"metadata":{"name":"widgets.example.com","creationTimestamp":"2026-01-02T03:04:05Z"},
        "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["w"]},
                "versions":[{"name":"v1","served":true},{"name":"v2","served":false}]},
        "status":{"conditions":[{"type":"Established","status":"True"}]}})"),
              ElementsAre("widgets.example.com", "Namespaced", "v1", "2026-01-02T03:04:05Z", "example.com", "Widget",
                          "w", ""));  // a truth value has no text
}

}  // namespace
}  // namespace cleat::test
