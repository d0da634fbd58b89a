// What the plugin offers of the kinds that definitions describe, and what it says of their objects.
#include <cleat/schema/bus.methods.h>
#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <gmock/gmock.h>

#include "tests/plugins/kinds/kinds_fixture.h"

namespace cleat {

template <>
struct KindOf<open_v1::OpenObject> {
  static constexpr Resource resource{"example.com", "v1", "widgets", "Widget", true};
};

namespace test {
namespace {

using Definition = apiextensions_v1::CustomResourceDefinition;
using Widget = open_v1::OpenObject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWidgets = R"({
  "metadata":{"name":"widgets.example.com","generation":1},
  "spec":{"group":"example.com","scope":"Namespaced",
    "names":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},
    "versions":[{"name":"v1","served":true,"storage":true,
      "schema":{"openAPIV3Schema":{"type":"object","required":["spec"],"properties":[
        {"key":"spec","value":{"type":"object","properties":[
          {"key":"color","value":{"type":"string","enum":[{"raw":"\"red\""},{"raw":"\"blue\""}]}},
          {"key":"replicas","value":{"type":"integer"}}]}},
        {"key":"status","value":{"type":"object","properties":[
          {"key":"replicas","value":{"type":"integer"}},{"key":"selector","value":{"type":"string"}}]}}]}},
      "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
        "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},
      "additionalPrinterColumns":[{"name":"Color","type":"string","jsonPath":".spec.color"},
        {"name":"Wanted","type":"integer","jsonPath":".spec.replicas","priority":1},
        {"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}],
      "selectableFields":[{"jsonPath":".spec.color"}]}]},
  "status":{"storedVersions":["v1"],"conditions":[{"type":"NamesAccepted","status":"True"}],
    "acceptedNames":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList",
      "shortNames":["wd"],"categories":["all"]}}})";

Object<Widget> widget(std::string_view name, std::string_view members) {
  auto tree = JsonTree::parse(members);
  if (!tree) throw std::runtime_error(tree.error().message);
  Draft<Widget> draft;
  draft->initMetadata().setName(str(name));
  draft.meta().setNamespace("default");
  auto from = tree->view().items();
  auto list = draft->initMembers(from.size());
  for (uint32_t i = 0; i < from.size(); ++i) list.setWithCaveats(i, from[i]);
  return std::move(draft).freeze();
}

std::string membersOf(const Object<Widget>& object) {
  std::string text;
  for (JsonView member : object->getMembers()) {
    text += concat(text.empty() ? "" : " ", member.name(), "=", jsonText(member));
  }
  return text;
}

class CustomKindsTest : public KindsFixture {
 protected:
  CustomKindsTest() : KindsFixture("kinds-apiextensions") {
    host.know<Definition>();
    host.onCall(wire::cluster::offer, [this](wire::OfferParams::Reader params) -> Result<void> {
      offers.push_back(describe(params));
      if (!refusal.empty() && offers.back().find(refusal) != std::string::npos) {
        return fail(Status::conflict("kinds", refusal, "another plugin has it"));
      }
      if (outage-- > 0) return fail(Status::unavailable("not now"));
      return {};
    });
  }
  void begin() {
    ASSERT_TRUE(plugin->call(role::kinds::describe).ok());
    host.settle();
  }
  // "widgets/v1 -gadgets.example.com"
  static std::string describe(wire::OfferParams::Reader params) {
    std::string text;
    for (auto kind : params.getDescription().getAs<role::KindsDescription>().getKinds()) {
      text += concat(text.empty() ? "" : " ", kind.getPlural(), "/", kind.getVersion(), kind.getServed() ? "" : "!");
    }
    for (auto name : params.getWithdrawn()) {
      text += concat(text.empty() ? "" : " ", "-", name.getResource(), ".", name.getGroup());
    }
    return text;
  }
  Object<Definition> putWidgets() { return host.put(parse<Definition>(kWidgets)); }
  void putOther(const std::string& plural) {
    std::string text = kWidgets;
    for (size_t at = text.find("widgets"); at != std::string::npos; at = text.find("widgets"))
      text.replace(at, 7, plural);
    host.put(parse<Definition>(text));
  }
  role::KindsDescription::Reader lastOffer() {
    call = host.calls(wire::cluster::offer).back();
    return call->params<wire::OfferParams>().getDescription().getAs<role::KindsDescription>();
  }

  std::vector<std::string> offers;
  std::string refusal;
  int outage = 0;
  std::optional<RecordedCall> call;
};

TEST_F(CustomKindsTest, AllThatAreThereAtTheStartAreOfferedTogether) {
  putWidgets();
  putOther("gadgets");
  EXPECT_THAT(offers, IsEmpty());
  begin();
  EXPECT_THAT(offers, ElementsAre("gadgets/v1 widgets/v1"));
}

TEST_F(CustomKindsTest, OnesWithoutAcceptedNamesAreNotOffered) {
  begin();
  auto definition = parse<Definition>(kWidgets);
  definition->getStatus().disownConditions();
  host.put(std::move(definition));
  host.settle();
  EXPECT_THAT(offers, IsEmpty());
}

TEST_F(CustomKindsTest, AnOfferSaysAllOfTheKind) {
  begin();
  putWidgets();
  host.settle();
  auto description = lastOffer();
  ASSERT_EQ(description.getKinds().size(), 1u);
  auto kind = description.getKinds()[0];
  EXPECT_EQ(view(kind.getGroup()), "example.com");
  EXPECT_EQ(view(kind.getKind()), "Widget");
  EXPECT_THAT(strings(kind.getShortNames()), ElementsAre("wd"));
  EXPECT_THAT(strings(kind.getCategories()), ElementsAre("all"));
  EXPECT_THAT(strings(kind.getSelectableFields()), ElementsAre("spec.color"));
  EXPECT_THAT(strings(kind.getBehaviours()), ElementsAre("validate", "rows"));
  EXPECT_TRUE(kind.getNamespaced() && kind.getHasStatus() && kind.getServed() && kind.getStorage());
  EXPECT_THAT(str(kind.getOpenSchema()), HasSubstr(R"("enum":["red","blue"])"));
  ASSERT_EQ(kind.getColumns().size(), 4u);
  EXPECT_EQ(view(kind.getColumns()[0].getName()), "Name");
  EXPECT_EQ(view(kind.getColumns()[1].getDescription()),
            "Custom resource definition column (in JSONPath format): .spec.color");
  EXPECT_EQ(kind.getColumns()[2].getPriority(), 1);
  ASSERT_EQ(description.getSubresources().size(), 2u);
  EXPECT_EQ(view(description.getSubresources()[0].getStyle()), "status");
  EXPECT_EQ(view(description.getSubresources()[1].getName()), "scale");
  EXPECT_EQ(view(description.getSubresources()[1].getBodyKind()), "Scale");
}

TEST_F(CustomKindsTest, WhatIsWrittenOfTheStateIsNoNewOffer) {
  begin();
  putWidgets();
  host.settle();
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder definition) {
    auto condition = definition.getStatus().initConditions(2);
    condition[0].setType("NamesAccepted");
    condition[0].setStatus("True");
    condition[1].setType("Established");
    condition[1].setStatus("True");
  });
  host.settle();
  EXPECT_EQ(offers.size(), 1u);
}

TEST_F(CustomKindsTest, ANewSpecReplacesTheKindAndTheEndTakesItBack) {
  begin();
  putWidgets();
  host.settle();
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder definition) {
    definition.getMetadata().setGeneration(2);
    definition.getSpec().getVersions()[0].setDeprecated(true);
  });
  host.settle();
  EXPECT_THAT(offers, ElementsAre("widgets/v1", "widgets/v1"));
  EXPECT_EQ(view(lastOffer().getKinds()[0].getDeprecationWarning()), "example.com/v1 Widget is deprecated");
  host.remove<Definition>("", "widgets.example.com");
  host.settle();
  EXPECT_EQ(offers.back(), "-widgets.example.com");
}

TEST_F(CustomKindsTest, OneThatNobodyCanAskForIsTakenBackUntilItsObjectsAreDeleted) {
  begin();
  putWidgets();
  host.settle();
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder definition) {
    definition.getMetadata().setGeneration(2);
    definition.getSpec().getVersions()[0].setServed(false);
  });
  host.settle();
  EXPECT_EQ(offers.back(), "-widgets.example.com");
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder definition) {
    addFinalizer(definition.getMetadata(), "example.com/hold");
    definition.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
  });
  host.settle();
  EXPECT_EQ(offers.back(), "widgets/v1");
}

TEST_F(CustomKindsTest, OneThatIsRefusedDoesNotHinderTheOthers) {
  putWidgets();
  putOther("gadgets");
  refusal = "gadgets";
  begin();
  EXPECT_THAT(offers, ElementsAre("gadgets/v1 widgets/v1", "gadgets/v1", "widgets/v1"));
  EXPECT_THAT(host.reports().back(), HasSubstr("gadgets.example.com: "));
  host.advance(std::chrono::minutes(5));
  EXPECT_EQ(offers.size(), 3u);
}

TEST_F(CustomKindsTest, WhatCannotBeHeardNowIsOfferedAgain) {
  outage = 1;
  begin();
  putWidgets();
  host.settle();
  host.advance(std::chrono::seconds(2));
  EXPECT_THAT(offers, ElementsAre("widgets/v1", "widgets/v1"));
  EXPECT_EQ(host.reports().back(), "");
}

TEST_F(CustomKindsTest, SchemasThatCannotBeCompiledAreNotOffered) {
  begin();
  auto definition = parse<Definition>(kWidgets);
  auto root = definition->getSpec().getVersions()[0].getSchema().getOpenAPIV3Schema();
  root.getProperties()[0].getValue().setType("");
  host.put(std::move(definition));
  host.settle();
  EXPECT_THAT(offers, IsEmpty());
  EXPECT_THAT(host.reports().back(), HasSubstr("widgets.example.com: spec.versions[0].schema.openAPIV3Schema"));
}

TEST_F(CustomKindsTest, ADeprecatedVersionNamesItsSuccessor) {
  begin();
  auto definition = parse<Definition>(kWidgets);
  auto like = parse<Definition>(kWidgets);
  auto versions = definition->getSpec().initVersions(3);
  for (uint32_t i = 0; i < 3; ++i) versions.setWithCaveats(i, like.reader().getSpec().getVersions()[0]);
  versions[0].setName("v1beta1");
  versions[0].setDeprecated(true);
  versions[0].setStorage(false);
  versions[1].setName("v2");
  versions[1].setStorage(false);
  host.put(std::move(definition));
  host.settle();
  auto kinds = lastOffer().getKinds();
  EXPECT_EQ(view(kinds[0].getDeprecationWarning()),
            "example.com/v1beta1 Widget is deprecated; use example.com/v2 Widget");
  EXPECT_EQ(view(kinds[1].getDeprecationWarning()), "");
}

TEST_F(CustomKindsTest, ObjectsAreCheckedByTheirSchema) {
  begin();
  putWidgets();
  host.settle();
  EXPECT_THAT(validated(widget("w", R"({"spec":{"color":"red","replicas":2}})")).findings, IsEmpty());
  EXPECT_THAT(validated(widget("w", R"({"spec":{"color":"green","replicas":-1}})")).findings,
              ElementsAre(HasSubstr("spec.color: Unsupported value: \"green\": supported values: "),
                          ".spec.replicas: Invalid value: -1: should be a non-negative integer"));
  EXPECT_THAT(validated(widget("w", "{}")).findings, ElementsAre("spec: Required value"));
}

TEST_F(CustomKindsTest, FinalizersOfUncertainOwnersAreWarnedOf) {
  begin();
  putWidgets();
  host.settle();
  Draft<Widget> draft(widget("w", R"({"spec":{}})"));
  addFinalizer(draft.meta(), "mine");
  addFinalizer(draft.meta(), "example.com/mine");
  Object<Widget> held = std::move(draft).freeze();
  Verdict verdict = validated(held);
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.warnings,
              ElementsAre("metadata.finalizers: \"mine\": prefer a domain-qualified finalizer name to "
                          "avoid accidental conflicts with other finalizer writers"));
  EXPECT_THAT(validated(held, held).warnings, IsEmpty());
}

TEST_F(CustomKindsTest, ObjectsAreRowsOfTheColumns) {
  begin();
  putWidgets();
  host.settle();
  Draft<Widget> draft(widget("w", R"({"spec":{"color":"red","replicas":2}})"));
  draft.meta().setCreationTimestamp(ago(std::chrono::minutes(5)));
  EXPECT_THAT(row(std::move(draft).freeze()), ElementsAre("w", "red", "2", "5m"));
  Draft<Widget> bare(widget("w", R"({"spec":{"color":7}})"));
  bare.meta().setCreationTimestamp(ago(std::chrono::seconds(5)));
  EXPECT_THAT(row(std::move(bare).freeze()), ElementsAre("w", "7", "", "5s"));
}

TEST_F(CustomKindsTest, NothingIsCreatedInAKindThatIsBeingDeleted) {
  begin();
  putWidgets();
  host.settle();
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder definition) {
    addFinalizer(definition.getMetadata(), "example.com/hold");
    definition.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
  });
  host.settle();
  EXPECT_EQ(offers.size(), 1u);
  auto fill = [](role::ValidateParams::Builder params) {
    fillRef(params, KindOf<Widget>::resource);
    params.setOperation(role::Operation::CREATE);
  };
  auto refused = plugin->call(role::kinds::validate, fill, {widget("w", R"({"spec":{}})")});
  EXPECT_EQ(refused.outcome, CLEAT_DENIED);
  EXPECT_EQ(refused.status.message,
            "widgets.example.com \"w\" is forbidden: create not allowed while custom resource definition is "
            "terminating");
  EXPECT_THAT(validated(widget("w", R"({"spec":{}})"), widget("w", R"({"spec":{}})")).findings, IsEmpty());
}

class CustomScale : public CustomKindsTest {
 protected:
  static void aboutScale(role::TransformParams::Builder params) { fillRef(params, KindOf<Widget>::resource, "scale"); }
  void SetUp() override {
    CustomKindsTest::SetUp();
    begin();
    putWidgets();
    host.settle();
  }
};

TEST_F(CustomScale, ShowsWhatIsAtThePaths) {
  auto shown = plugin->call(role::kinds::project, aboutScale,
                            {widget("w", R"({"spec":{"replicas":3},"status":{"replicas":2,"selector":"a=b"}})")});
  ASSERT_TRUE(shown.ok()) << shown.status.message;
  auto scale = shown.answer.object<autoscaling_v1::Scale>();
  EXPECT_EQ(scale->getSpec().getReplicas(), 3);
  EXPECT_EQ(scale->getStatus().getReplicas(), 2);
  EXPECT_EQ(view(scale->getStatus().getSelector()), "a=b");
  EXPECT_EQ(scale.name(), "w");
}

TEST_F(CustomScale, NeedsTheNumberThatIsWanted) {
  auto shown = plugin->call(role::kinds::project, aboutScale, {widget("w", R"({"spec":{}})")});
  EXPECT_FALSE(shown.ok());
  EXPECT_EQ(shown.status.code, 500);
  EXPECT_EQ(shown.status.message, "Internal error occurred: the spec replicas field \".spec.replicas\" does not exist");
}

TEST_F(CustomScale, ChangesNothingElse) {
  auto scaled = plugin->call(role::kinds::transform, aboutScale,
                             {widget("w", R"({"spec":{"color":"red","replicas":3}})"),
                              object<autoscaling_v1::Scale>(R"({"metadata":{"name":"w"},"spec":{"replicas":5}})")});
  ASSERT_TRUE(scaled.ok()) << scaled.status.message;
  EXPECT_EQ(membersOf(scaled.answer.object<Widget>(0)), R"(spec={"color":"red","replicas":5})");
  EXPECT_EQ(scaled.answer.object<autoscaling_v1::Scale>(1)->getSpec().getReplicas(), 5);
  auto refused = plugin->call(role::kinds::transform, aboutScale,
                              {widget("w", R"({"spec":{"replicas":3}})"),
                               object<autoscaling_v1::Scale>(R"({"metadata":{"name":"w"},"spec":{"replicas":-5}})")});
  EXPECT_EQ(refused.status.code, 422);
  EXPECT_THAT(refused.status.message,
              HasSubstr("spec.replicas: Invalid value: -5: must be greater than or equal to 0"));
}

}  // namespace
}  // namespace test
}  // namespace cleat
