#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::namespaces {
namespace {

using core_v1::ConfigMap;
using core_v1::Namespace;
using core_v1::Pod;
using core_v1::Secret;
using testing::ElementsAre;
using testing::HasSubstr;

class NamespaceTest : public testing::Test {
 protected:
  NamespaceTest() {
    host.know<Namespace>();
    host.know<ConfigMap>();
    host.know<Secret>();
    host.know<core_v1::Event>();
    host.know<core_v1::Node>();
    host.deletesGracefully<Pod>();
    // A namespace goes when nothing in its spec holds it any more; until then it is as if it had a grace period.
    host.onSubresource<Namespace, Namespace>("finalize", [](Namespace::Builder parent, Namespace::Reader body) {
      parent.getSpec().setFinalizers(body.getSpec().getFinalizers());
      if (body.getSpec().getFinalizers().size() == 0) parent.getMetadata().disownDeletionGracePeriodSeconds();
      return Result<void>();
    });
    host.put(makeNamespace("shop"));
    host.put(makeNamespace("other"));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  static Draft<Namespace> makeNamespace(const char* name) {
    auto draft = test::named<Namespace>("", name);
    draft->initSpec().initFinalizers(1).set(0, "kubernetes");
    draft->initStatus().setPhase("Active");
    return draft;
  }
  // As the API does it.
  void markDeleted(const char* name = "shop") {
    host.change<Namespace>("", name, [](Namespace::Builder ns) {
      ns.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
      ns.getMetadata().initDeletionGracePeriodSeconds().setValue(1);
      ns.getStatus().setPhase("Terminating");
    });
    host.settle();
  }
  void addPod(const char* name, const char* node) {
    auto pod = test::makePod(name);
    pod.meta().setNamespace("shop");
    pod->getSpec().setNodeName(node);
    host.put(std::move(pod));
  }
  // "True SomeResourcesRemain: …"
  std::string condition(std::string_view type) {
    auto ns = host.get<Namespace>("shop");
    auto found = findCondition(ns->getStatus().getConditions(), type);
    return found ? concat(view(found->getStatus()), " ", view(found->getReason()), ": ", view(found->getMessage()))
                 : "";
  }
  bool isThere() {
    host.settle();
    return !host.list<Namespace>().empty() && [&] {
      for (const auto& ns : host.list<Namespace>()) {
        if (ns.name() == "shop") return true;
      }
      return false;
    }();
  }
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NamespaceTest, AnEmptyNamespaceGoesAtOnceAndNothingElseIsWritten) {
  markDeleted();
  EXPECT_FALSE(isThere());
  EXPECT_EQ(test::countRequests(host, "update/finalize namespaces"), 1u);
  EXPECT_EQ(test::countRequests(host, "update/status"), 0u);
  EXPECT_EQ(test::countRequests(host, "delete"), 0u);
}

TEST_F(NamespaceTest, NothingIsDeletedWhileTheNamespaceIsWanted) {
  host.put(test::named<ConfigMap>("shop", "a"));
  host.settle();
  EXPECT_EQ(host.list<ConfigMap>("shop").size(), 1u);
  EXPECT_EQ(test::countRequests(host, "delete"), 0u);
}

TEST_F(NamespaceTest, EverythingInItIsDeletedAndNothingBesides) {
  host.put(test::named<ConfigMap>("shop", "a"));
  host.put(test::named<Secret>("shop", "b"));
  host.put(test::named<core_v1::Event>("shop", "c"));
  host.put(test::named<ConfigMap>("other", "a"));
  host.put(test::makeNode("n1", {}));
  markDeleted();
  EXPECT_FALSE(isThere());
  EXPECT_TRUE(host.list<ConfigMap>("shop").empty());
  EXPECT_TRUE(host.list<Secret>("shop").empty());
  EXPECT_TRUE(host.list<core_v1::Event>("shop").empty());
  EXPECT_EQ(host.list<ConfigMap>("other").size(), 1u);
  EXPECT_EQ(host.list<core_v1::Node>().size(), 1u);
}

TEST_F(NamespaceTest, PodsGoBeforeWhatTheyMayNeed) {
  addPod("web", "n1");
  host.put(test::named<ConfigMap>("shop", "a"));
  markDeleted();
  EXPECT_TRUE(isThere());
  EXPECT_TRUE(deletionPending(host.get<Pod>("shop", "web").meta()));
  EXPECT_EQ(host.list<ConfigMap>("shop").size(), 1u);
  EXPECT_EQ(condition("NamespaceContentRemaining"),
            "True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances");
  EXPECT_EQ(condition("NamespaceFinalizersRemaining"),
            "False ContentHasNoFinalizers: All content-preserving finalizers finished");

  host.remove<Pod>("shop", "web");  // its node's agent has ended it: no need to wait for a look
  EXPECT_FALSE(isThere());
  EXPECT_TRUE(host.list<ConfigMap>("shop").empty());
}

TEST_F(NamespaceTest, FinalizersAreNamedAndWaitedFor) {
  for (const char* name : {"a", "b"}) {
    auto map = test::named<ConfigMap>("shop", name);
    addFinalizer(map.meta(), "example.com/hold");
    host.put(std::move(map));
  }
  markDeleted();
  EXPECT_TRUE(isThere());
  EXPECT_EQ(condition("NamespaceContentRemaining"),
            "True SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances");
  EXPECT_EQ(condition("NamespaceFinalizersRemaining"),
            "True SomeFinalizersRemain: "
            "Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances");
  EXPECT_EQ(condition("NamespaceDeletionContentFailure"),
            "False ContentDeleted: All content successfully deleted, may be waiting on finalization");
  EXPECT_EQ(condition("NamespaceDeletionDiscoveryFailure"),
            "False ResourcesDiscovered: All resources successfully discovered");
  EXPECT_EQ(condition("NamespaceDeletionGroupVersionParsingFailure"),
            "False ParsedGroupVersions: All legacy kube types successfully parsed");

  host.remove<ConfigMap>("shop", "a");
  host.settle();
  EXPECT_THAT(condition("NamespaceFinalizersRemaining"), HasSubstr("in 1 resource instances"));
  host.remove<ConfigMap>("shop", "b");
  EXPECT_FALSE(isThere());
}

TEST_F(NamespaceTest, WhatRemainsIsNotWrittenAgainAndAgain) {
  addPod("web", "n1");
  markDeleted();
  const size_t before = test::countRequests(host, "update/status namespaces");
  const size_t deletes = test::countRequests(host, "delete");
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(test::countRequests(host, "update/status namespaces"), before);
  EXPECT_EQ(test::countRequests(host, "delete"), deletes);
}

TEST_F(NamespaceTest, AKindThatCannotBeListedDoesNotKeepTheOthers) {
  host.put(test::named<ConfigMap>("shop", "a"));
  host.put(test::named<Secret>("shop", "b"));
  bool broken = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (broken && verb == "list" && resource == "configmaps") return fail(Status::unavailable("no config maps today"));
    return {};
  });
  markDeleted();
  EXPECT_TRUE(isThere());
  EXPECT_TRUE(host.list<Secret>("shop").empty());
  EXPECT_EQ(
      condition("NamespaceDeletionContentFailure"),
      "True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: configmaps.: no config maps today");
  broken = false;
  host.advance(std::chrono::seconds(5));
  EXPECT_FALSE(isThere());
  EXPECT_TRUE(host.list<ConfigMap>("shop").empty());
}

TEST_F(NamespaceTest, TooManyRequestsAndConflictsAreTriedAgain) {
  host.put(test::named<ConfigMap>("shop", "a"));
  int refusals = 2, conflicts = 2;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "delete" && refusals-- > 0) return fail(Status::tooManyRequests("slow down", 1));
    if (verb == "update/finalize" && conflicts-- > 0) return fail(Status::conflict(resource, "shop", "changed"));
    return {};
  });
  markDeleted();
  host.advance(std::chrono::seconds(10));
  EXPECT_FALSE(isThere());
}

TEST_F(NamespaceTest, OthersFinalizersOfTheNamespaceStay) {
  host.change<Namespace>("", "shop", [](Namespace::Builder ns) {
    auto finalizers = ns.getSpec().initFinalizers(2);
    finalizers.set(0, "example.com/mine");
    finalizers.set(1, "kubernetes");
  });
  markDeleted();
  EXPECT_TRUE(isThere());
  EXPECT_THAT(strings(host.get<Namespace>("shop")->getSpec().getFinalizers()), ElementsAre("example.com/mine"));
}

// The controller's view may be behind: the new namespace's objects are nobody's garbage.
TEST_F(NamespaceTest, ANewNamespaceOfTheSameNameIsSpared) {
  bool replaced = false;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view key) -> Result<void> {
    if (verb == "get" && resource == "namespaces" && key == "shop" && !replaced) {
      replaced = true;
      host.remove<Namespace>("", "shop");
      host.put(makeNamespace("shop"));
      host.put(test::named<ConfigMap>("shop", "new"));
    }
    return {};
  });
  markDeleted();
  host.advance(std::chrono::seconds(30));
  EXPECT_TRUE(replaced);
  EXPECT_TRUE(isThere());
  EXPECT_EQ(host.list<ConfigMap>("shop").size(), 1u);
}

TEST_F(NamespaceTest, WorkGoesOnAfterARestart) {
  addPod("web", "n1");
  markDeleted();
  plugin.reset();
  host.remove<Pod>("shop", "web");
  plugin.emplace(host.start(cleat_plugin_v1()));
  EXPECT_FALSE(isThere());
}

TEST_F(NamespaceTest, MoreThanAPageOfObjectsIsCounted) {
  for (int i = 0; i < 1200; ++i) {
    auto map = test::named<ConfigMap>("shop", concat("m", i));
    addFinalizer(map.meta(), "example.com/hold");
    host.put(std::move(map));
  }
  markDeleted();
  EXPECT_THAT(condition("NamespaceContentRemaining"), HasSubstr("configmaps. has 1200 resource instances"));
}

TEST_F(NamespaceTest, WhatNobodyCanSeeIsNamedAndWaitedFor) {
  bool held = true;
  host.onSubresource<Namespace, Namespace>("finalize", [&](Namespace::Builder parent, Namespace::Reader body) {
    if (held) {
      Status status = Status::conflict("namespaces", "shop", "objects are in it");
      status.details.causes = {{"KindMissing", "2", "tickets.example.com"}};
      return Result<void>(fail(status));
    }
    parent.getSpec().setFinalizers(body.getSpec().getFinalizers());
    parent.getMetadata().disownDeletionGracePeriodSeconds();
    return Result<void>();
  });
  markDeleted();
  EXPECT_EQ(
      condition("NamespaceContentRemaining"),
      "True SomeResourcesRemain: Some resources are remaining: tickets.example.com has 2 resource instances, whose "
      "kind no plugin brings at present");
  const auto revision = host.get<Namespace>("shop").revision();
  host.advance(std::chrono::seconds(20));
  host.settle();
  EXPECT_EQ(host.get<Namespace>("shop").revision(), revision) << "nothing more is written";
  held = false;
  host.advance(std::chrono::seconds(5));
  EXPECT_FALSE(isThere());
}

}  // namespace
}  // namespace cleat::namespaces
