#include <cleat/schema/bus.methods.h>
#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {

// Objects of a custom kind.
template <>
struct KindOf<open_v1::OpenObject> {
  static constexpr Resource resource{"example.com", "v1", "widgets", "Widget", true};
};

namespace extensions {
namespace {

using Definition = apiextensions_v1::CustomResourceDefinition;
using Widget = open_v1::OpenObject;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFinalizer = "customresourcecleanup.apiextensions.k8s.io";

struct KindLine {
  std::string group, version, resource, kind;
  bool namespaced = true;
};

// As the server has it after it was created: with the defaults.
Draft<Definition> definitionOf(std::string_view plural, std::string_view kind, std::string_view group = "example.com") {
  auto draft = test::named<Definition>("", concat(plural, ".", group));
  auto spec = draft->initSpec();
  spec.setGroup(str(group));
  spec.setScope("Namespaced");
  auto names = spec.initNames();
  names.setPlural(str(plural));
  std::string singular = str(kind);
  for (char& c : singular) c = static_cast<char>(std::tolower(c));
  names.setSingular(singular);
  names.setKind(str(kind));
  names.setListKind(concat(kind, "List"));
  auto version = spec.initVersions(1)[0];
  version.setName("v1");
  version.setServed(true);
  version.setStorage(true);
  version.initSchema().initOpenAPIV3Schema().setType("object");
  draft->initStatus().initStoredVersions(1).set(0, "v1");
  return draft;
}

class ExtensionsTest : public testing::Test {
 protected:
  ExtensionsTest() {
    host.know<Definition>();
    host.know<Widget>();
    served = {{"", "v1", "configmaps", "ConfigMap"}, {"apps.example.com", "v1", "deployments", "Deployment"}};
    host.onCall(wire::cluster::kinds, [this](wire::KindsParams::Reader, wire::KindsResults::Builder results) {
      ++looks;
      auto kinds = results.initKinds(static_cast<uint32_t>(served.size()));
      for (uint32_t i = 0; i < kinds.size(); ++i) {
        kinds[i].setGroup(served[i].group);
        kinds[i].setVersion(served[i].version);
        kinds[i].setResource(served[i].resource);
        kinds[i].setKind(served[i].kind);
        kinds[i].setNamespaced(served[i].namespaced);
      }
      return Result<void>();
    });
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  // The server serves the kind from now on.
  void serve(std::string resource, std::string kind, std::string group = "example.com") {
    served.push_back({std::move(group), "v1", std::move(resource), std::move(kind)});
  }
  // "True NoConflicts: no conflicts found"
  std::string condition(std::string_view name, std::string_view type) {
    auto definition = host.get<Definition>(name);
    auto found = findCondition(definition->getStatus().getConditions(), type);
    return found ? concat(view(found->getStatus()), " ", view(found->getReason()), ": ", view(found->getMessage()))
                 : "";
  }
  void establish(Draft<Definition> definition) {
    auto wanted = definition.reader().getSpec().getNames();
    serve(str(wanted.getPlural()), str(wanted.getKind()), str(definition.reader().getSpec().getGroup()));
    host.put(std::move(definition));
    host.advance(std::chrono::seconds(2));
  }
  void markDeleted(std::string_view name) {
    host.change<Definition>("", name, [](Definition::Builder definition) {
      definition.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
      addFinalizer(definition.getMetadata(), kFinalizer);
    });
    host.settle();
  }
  bool isThere(std::string_view name) {
    for (const auto& definition : host.list<Definition>()) {
      if (definition.name() == name) return true;
    }
    return false;
  }

  std::vector<KindLine> served;
  int looks = 0;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ExtensionsTest, ANewKindGetsItsNamesAndIsEstablishedOnceItIsServed) {
  start();
  host.put(definitionOf("widgets", "Widget"));
  host.settle();
  EXPECT_EQ(condition("widgets.example.com", "NamesAccepted"), "True NoConflicts: no conflicts found");
  EXPECT_EQ(condition("widgets.example.com", "Established"), "False Installing: the initial names have been accepted");
  auto names = host.get<Definition>("widgets.example.com")->getStatus().getAcceptedNames();
  EXPECT_EQ(view(names.getListKind()), "WidgetList");
  host.advance(std::chrono::seconds(10));
  EXPECT_THAT(condition("widgets.example.com", "Established"), HasSubstr("False Installing"));
  serve("widgets", "Widget");
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(condition("widgets.example.com", "Established"),
            "True InitialNamesAccepted: the initial names have been accepted");
}

TEST_F(ExtensionsTest, NobodyIsAskedForKindsThatNobodyWaitsFor) {
  start();
  establish(definitionOf("widgets", "Widget"));
  const int before = looks;
  host.advance(std::chrono::minutes(10));
  EXPECT_EQ(looks, before);
}

TEST_F(ExtensionsTest, AKindWithoutServedVersionsIsEstablishedAtOnce) {
  start();
  auto definition = definitionOf("widgets", "Widget");
  definition->getSpec().getVersions()[0].setServed(false);
  host.put(std::move(definition));
  host.settle();
  EXPECT_THAT(condition("widgets.example.com", "Established"), HasSubstr("True InitialNamesAccepted"));
}

TEST_F(ExtensionsTest, NamesThatAnotherOneInTheGroupHasAreRefused) {
  start();
  establish(definitionOf("widgets", "Widget"));
  auto second = definitionOf("gadgets", "Widget");
  second->getSpec().getNames().adoptShortNames(textList(orphanageOf(*second), {"widgets"}));
  second->getSpec().getNames().setListKind("GadgetList");
  second->getSpec().getNames().setSingular("gadget");
  host.put(std::move(second));
  host.settle();
  EXPECT_EQ(condition("gadgets.example.com", "NamesAccepted"), "False KindConflict: \"Widget\" is already in use");
  EXPECT_EQ(condition("gadgets.example.com", "Established"), "False NotAccepted: not all names are accepted");
  auto names = host.get<Definition>("gadgets.example.com")->getStatus().getAcceptedNames();
  EXPECT_EQ(view(names.getPlural()), "gadgets");
  EXPECT_EQ(view(names.getKind()), "");
  EXPECT_EQ(names.getShortNames().size(), 0u);
}

TEST_F(ExtensionsTest, OtherGroupsAreNoConflict) {
  start();
  establish(definitionOf("widgets", "Widget"));
  host.put(definitionOf("widgets", "Widget", "other.org"));
  host.settle();
  EXPECT_THAT(condition("widgets.other.org", "NamesAccepted"), HasSubstr("True NoConflicts"));
}

TEST_F(ExtensionsTest, NamesOfBuiltInKindsAreRefused) {
  start();
  host.put(definitionOf("deployments", "Rollout", "apps.example.com"));
  host.put(definitionOf("rollouts", "Deployment", "apps.example.com"));
  host.settle();
  EXPECT_THAT(condition("deployments.apps.example.com", "NamesAccepted"),
              "False PluralConflict: \"deployments\" is already in use");
  EXPECT_THAT(condition("rollouts.apps.example.com", "NamesAccepted"), HasSubstr("Conflict"));
}

TEST_F(ExtensionsTest, SeveralShortNamesInConflictAreAllNamed) {
  start();
  auto first = definitionOf("widgets", "Widget");
  first->getSpec().getNames().adoptShortNames(textList(orphanageOf(*first), {"wd", "wg"}));
  establish(std::move(first));
  auto second = definitionOf("gadgets", "Gadget");
  second->getSpec().getNames().adoptShortNames(textList(orphanageOf(*second), {"wg", "gd", "wd"}));
  host.put(std::move(second));
  host.settle();
  EXPECT_EQ(condition("gadgets.example.com", "NamesAccepted"),
            "False ShortNamesConflict: [\"wg\" is already in use, \"wd\" is already in use]");
}

TEST_F(ExtensionsTest, NamesThatBecomeFreeGoToWhoWaitsForThem) {
  start();
  establish(definitionOf("widgets", "Widget"));
  auto second = definitionOf("gadgets", "Widget");
  host.put(std::move(second));
  host.settle();
  EXPECT_THAT(condition("gadgets.example.com", "NamesAccepted"), HasSubstr("False"));
  host.remove<Definition>("", "widgets.example.com");
  host.settle();
  EXPECT_THAT(condition("gadgets.example.com", "NamesAccepted"), HasSubstr("True NoConflicts"));
}

TEST_F(ExtensionsTest, TwoAtATimeDoNotGetTheSameName) {
  host.put(definitionOf("widgets", "Widget"));
  host.put(definitionOf("gadgets", "Widget"));
  start();
  host.advance(std::chrono::seconds(1));
  int accepted = 0;
  for (const char* name : {"widgets.example.com", "gadgets.example.com"}) {
    accepted += condition(name, "NamesAccepted").starts_with("True");
  }
  EXPECT_EQ(accepted, 1);
}

TEST_F(ExtensionsTest, AnEstablishedKindKeepsItsOldNamesWhileNewOnesAreInConflict) {
  start();
  establish(definitionOf("widgets", "Widget"));
  establish(definitionOf("gadgets", "Gadget"));
  host.change<Definition>("", "gadgets.example.com", [](Definition::Builder definition) {
    definition.getSpec().getNames().setSingular("widget");
  });
  host.settle();
  EXPECT_EQ(condition("gadgets.example.com", "NamesAccepted"), "False SingularConflict: \"widget\" is already in use");
  EXPECT_THAT(condition("gadgets.example.com", "Established"), HasSubstr("True"));
  EXPECT_EQ(view(host.get<Definition>("gadgets.example.com")->getStatus().getAcceptedNames().getSingular()), "gadget");
}

TEST_F(ExtensionsTest, SchemasThatAreNotStructuralAreTold) {
  start();
  auto definition = definitionOf("widgets", "Widget");
  auto schema = definition->getSpec().getVersions()[0].getSchema().getOpenAPIV3Schema();
  schema.initProperties(1)[0].setKey("spec");
  host.put(std::move(definition));
  host.settle();
  EXPECT_THAT(condition("widgets.example.com", "NonStructuralSchema"),
              HasSubstr("True Violations: spec.versions[0].schema.openAPIV3Schema.properties[spec].type"));
  host.change<Definition>("", "widgets.example.com", [](Definition::Builder changed) {
    changed.getMetadata().setGeneration(2);
    auto root = changed.getSpec().getVersions()[0].getSchema().getOpenAPIV3Schema();
    root.getProperties()[0].initValue().setType("object");
  });
  host.settle();
  EXPECT_EQ(condition("widgets.example.com", "NonStructuralSchema"), "");
}

TEST_F(ExtensionsTest, ApprovalIsToldOfGroupsOfTheCommunity) {
  start();
  auto definition = definitionOf("widgets", "Widget", "toys.k8s.io");
  setAnnotation(definition.meta(), "api-approved.kubernetes.io", "https://github.com/kubernetes/kubernetes/pull/1");
  host.put(std::move(definition));
  auto other = definitionOf("gadgets", "Gadget", "toys.k8s.io");
  setAnnotation(other.meta(), "api-approved.kubernetes.io", "unapproved, experimental");
  host.put(std::move(other));
  host.settle();
  EXPECT_EQ(condition("widgets.toys.k8s.io", "KubernetesAPIApprovalPolicyConformant"),
            "True ApprovedAnnotation: approved in https://github.com/kubernetes/kubernetes/pull/1");
  EXPECT_EQ(condition("gadgets.toys.k8s.io", "KubernetesAPIApprovalPolicyConformant"),
            "False UnapprovedAnnotation: not approved: \"unapproved, experimental\"");
}

TEST_F(ExtensionsTest, DeletingADefinitionDeletesItsObjectsFirst) {
  start();
  establish(definitionOf("widgets", "Widget"));
  auto held = test::named<Widget>("a", "one");
  addFinalizer(held.meta(), "example.com/hold");
  host.put(std::move(held));
  host.put(test::named<Widget>("b", "two"));
  markDeleted("widgets.example.com");
  EXPECT_EQ(condition("widgets.example.com", "Terminating"),
            "True InstanceDeletionInProgress: CustomResource deletion is in progress");
  ASSERT_EQ(host.list<Widget>().size(), 1u);
  EXPECT_TRUE(deletionPending(host.get<Widget>("a", "one").meta()));
  EXPECT_TRUE(isThere("widgets.example.com"));
  host.remove<Widget>("a", "one");
  host.settle();
  EXPECT_FALSE(isThere("widgets.example.com"));
}

TEST_F(ExtensionsTest, AFailureToDeleteIsToldAndTriedAgain) {
  start();
  establish(definitionOf("widgets", "Widget"));
  host.put(test::named<Widget>("a", "one"));
  bool broken = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (broken && verb == "delete" && resource == "widgets") return fail(Status::unavailable("not today"));
    return {};
  });
  markDeleted("widgets.example.com");
  EXPECT_EQ(condition("widgets.example.com", "Terminating"),
            "True InstanceDeletionFailed: could not issue all deletes: not today");
  broken = false;
  host.advance(std::chrono::seconds(10));
  EXPECT_FALSE(isThere("widgets.example.com"));
  EXPECT_TRUE(host.list<Widget>().empty());
}

TEST_F(ExtensionsTest, ADefinitionThatNeverWasEstablishedGoesAtOnce) {
  start();
  host.put(definitionOf("widgets", "Widget"));
  host.settle();
  markDeleted("widgets.example.com");
  EXPECT_FALSE(isThere("widgets.example.com"));
  EXPECT_EQ(test::countRequests(host, "delete"), 0u);
}

TEST_F(ExtensionsTest, WhatCannotBeDeletedIsToldAndTriedAgain) {
  start();
  establish(definitionOf("widgets", "Widget"));
  served.pop_back();
  markDeleted("widgets.example.com");
  EXPECT_EQ(condition("widgets.example.com", "Terminating"),
            "True InstanceDeletionFailed: could not list instances: widgets.example.com is not served");
  EXPECT_TRUE(isThere("widgets.example.com"));
}

TEST_F(ExtensionsTest, AStartWaitsForTheKindsThatWereEstablishedBefore) {
  auto definition = definitionOf("widgets", "Widget");
  auto condition = definition->getStatus().initConditions(1)[0];
  condition.setType("Established");
  condition.setStatus("True");
  host.put(std::move(definition));
  start();
  EXPECT_FALSE(plugin->ready());
  serve("widgets", "Widget");
  host.advance(std::chrono::milliseconds(50));
  EXPECT_TRUE(plugin->ready());
}

TEST_F(ExtensionsTest, ButNotForEver) {
  auto definition = definitionOf("widgets", "Widget");
  auto condition = definition->getStatus().initConditions(1)[0];
  condition.setType("Established");
  condition.setStatus("True");
  host.put(std::move(definition));
  start();
  host.advance(std::chrono::seconds(16));
  EXPECT_TRUE(plugin->ready());
}

}  // namespace
}  // namespace extensions
}  // namespace cleat
