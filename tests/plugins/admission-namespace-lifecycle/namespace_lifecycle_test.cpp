#include <cleat/sdk/kinds/authorization_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Namespace;
using testing::ElementsAre;

class NamespaceLifecycleTest : public testing::Test {
 protected:
  NamespaceLifecycleTest() {
    host.put(test::named<Namespace>("", "shop"));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  test::Outcome<role::AdmissionResults> create(const char* ns, const char* subresource = "") {
    return test::admit<ConfigMap>(*plugin, test::Pass::mutate,
                                  {.ns = ns, .name = "settings", .subresource = subresource},
                                  test::named<ConfigMap>(ns, "settings").freeze());
  }
  test::Outcome<role::AdmissionResults> removeNamespace(const char* name) {
    return test::admit<Namespace>(*plugin, test::Pass::mutate, {.operation = role::Operation::DELETE, .name = name},
                                  test::named<Namespace>("", name).freeze());
  }
  void terminate(const char* name) {
    host.change<Namespace>("", name, [&](Namespace::Builder ns) {
      ns.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
      ns.initStatus().setPhase("Terminating");
    });
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NamespaceLifecycleTest, ItSeesEveryCreateAndTheDeletionOfNamespaces) {
  EXPECT_THAT(test::interestsOf(*plugin), ElementsAre("mutate create */*/*", "mutate delete namespaces"));
}

TEST_F(NamespaceLifecycleTest, ObjectsAreCreatedInNamespacesThatExist) {
  EXPECT_TRUE(create("shop").ok());
  auto missing = create("nowhere");
  EXPECT_EQ(missing.outcome, CLEAT_DENIED);
  EXPECT_EQ(missing.status.code, 404);
  EXPECT_EQ(missing.status.message, "namespaces \"nowhere\" not found");
  EXPECT_EQ(missing.status.reason, "NotFound");
}

TEST_F(NamespaceLifecycleTest, ANamespaceOfAMomentAgoExists) {
  host.put(test::named<Namespace>("", "fresh"));  // nobody has told the plugin
  EXPECT_TRUE(create("fresh").ok());
}

TEST_F(NamespaceLifecycleTest, NothingIsCreatedInANamespaceThatIsBeingDeleted) {
  terminate("shop");
  host.settle();
  for (const char* subresource : {"", "binding"}) {
    auto refused = create("shop", subresource);
    EXPECT_EQ(refused.outcome, CLEAT_DENIED);
    EXPECT_EQ(refused.status.code, 403);
    EXPECT_EQ(refused.status.reason, "Forbidden");
    EXPECT_EQ(
        refused.status.message,
        "configmaps \"settings\" is forbidden: unable to create new content in namespace shop because it is being "
        "terminated");
    EXPECT_EQ(refused.status.details.kind, "configmaps");
    EXPECT_EQ(refused.status.details.name, "settings");
    ASSERT_EQ(refused.status.details.causes.size(), 1u);
    EXPECT_EQ(refused.status.details.causes[0],
              (StatusCause{"NamespaceTerminating", "namespace shop is being terminated", "metadata.namespace"}));
  }
}

TEST_F(NamespaceLifecycleTest, AfterADeletionTheNamespaceIsLookedUpAnew) {
  EXPECT_TRUE(removeNamespace("shop").ok());
  EXPECT_TRUE(create("shop").ok()) << "the deletion may have failed";
  // The deletion is done, and the plugin's own view of it is late.
  host.remove<Namespace>("", "shop");
  EXPECT_EQ(create("shop").status.code, 404);
}

TEST_F(NamespaceLifecycleTest, OnceTheDoubtIsOverNothingIsAskedPerObject) {
  EXPECT_TRUE(removeNamespace("shop").ok());
  EXPECT_TRUE(create("shop").ok());
  const size_t asked = test::countRequests(host, "get namespaces");
  EXPECT_EQ(asked, 1u);
  host.advance(31s);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(create("shop").ok());
  EXPECT_EQ(test::countRequests(host, "get namespaces"), asked);
}

TEST_F(NamespaceLifecycleTest, TheClustersOwnNamespacesCannotBeDeleted) {
  for (const char* name : {"default", "kube-system", "kube-public"}) {
    auto refused = removeNamespace(name);
    EXPECT_EQ(refused.outcome, CLEAT_DENIED);
    EXPECT_EQ(refused.status.code, 403);
    EXPECT_EQ(refused.status.message,
              concat("namespaces \"", name, "\" is forbidden: this namespace may not be deleted"));
  }
  EXPECT_TRUE(removeNamespace("kube-node-lease").ok());
}

TEST_F(NamespaceLifecycleTest, WhatIsInNoNamespaceIsNoneOfItsBusiness) {
  auto node = test::admit<core_v1::Node>(*plugin, test::Pass::mutate, {.name = "worker"},
                                         test::named<core_v1::Node>("", "worker").freeze());
  EXPECT_TRUE(node.ok());
  EXPECT_THAT(test::countRequests(host, "get namespaces"), 0u);
}

TEST_F(NamespaceLifecycleTest, AReviewDoesNotTellWhetherANamespaceExists) {
  using authorization_v1::LocalSubjectAccessReview;
  auto review = test::admit<LocalSubjectAccessReview>(*plugin, test::Pass::mutate, {.ns = "nowhere"},
                                                      test::named<LocalSubjectAccessReview>("nowhere", "").freeze());
  EXPECT_TRUE(review.ok());
}

TEST_F(NamespaceLifecycleTest, WhenTheClusterDoesNotAnswerNothingIsLetThrough) {
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::tooManyRequests("later", 1));
  });
  EXPECT_TRUE(create("shop").ok()) << "that it exists is known";
  EXPECT_EQ(create("nowhere").outcome, CLEAT_RETRY);
}

}  // namespace
}  // namespace cleat
