// Ownership, Expectations and PodControl: what a controller knows of what it owns and has written.
#include <cleat/sdk/expectations.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/ownership.h>
#include <cleat/sdk/pod_control.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/pod_template.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apps_v1::ReplicaSet;
using core_v1::Event;
using core_v1::Pod;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A controller that reconciles nothing, and remembers what for.
class Owner : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    controller_.needs(sets_);
    owned_.watch(controller_);
    controller_.run();
    co_await controller_.waitSynced();
    co_return Result<void>();
  }
  std::vector<std::string> names(const Object<ReplicaSet>& set) {
    std::vector<std::string> all;
    for (const Object<Pod>& pod : owned_.of(set)) all.emplace_back(pod.name());
    return all;
  }

  std::vector<std::string> woken_;
  Informer<ReplicaSet> sets_{context()};
  Informer<Pod> pods_{context()};
  EventRecorder events_{context(), "owner"};
  Ownership<ReplicaSet, Pod> owned_{context(), sets_, pods_};
  Expectations ahead_{sets_.any(), pods_.any()};
  PodControl control_{context(), KindOf<ReplicaSet>::resource, events_, ahead_};
  Controller controller_{context(), "owner", [this](std::string key) { return wake(std::move(key)); }};

 private:
  Task<Result<Reconciled>> wake(std::string key) {
    woken_.push_back(std::move(key));
    co_return Reconciled();
  }
};

class OwnershipTest : public testing::Test {
 protected:
  OwnershipTest() {
    host.know<ReplicaSet>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    putSet("web");
    plugin.emplace(host.start<Owner>());
    host.settle();
    web = host.get<ReplicaSet>("default", "web");
  }
  void putSet(const std::string& name, const std::string& ns = "default") {
    auto set = test::named<ReplicaSet>(ns, name);
    test::fillMap(set->initSpec().initSelector().initMatchLabels(1), {{"app", name}});
    auto pattern = set->getSpec().initTemplate();
    test::setLabels(pattern.initMetadata(), {{"app", name}});
    pattern.initSpec().initContainers(1)[0].setImage("busybox");
    host.put(std::move(set));
  }
  Object<Pod> putPod(const std::string& name, const test::Pairs& labels, const Object<ReplicaSet>& owner = {}) {
    auto pod = test::makePod(name, {}, labels);
    pod->getSpec().setNodeName("a");
    if (owner) setController(pod.meta(), owner);
    Object<Pod> stored = host.put(std::move(pod));
    host.settle();
    return stored;
  }
  Owner& owner() { return **plugin; }
  std::vector<std::string> woken() {
    host.settle();
    return std::exchange(owner().woken_, {});
  }
  Result<bool> settle(Claim<Pod> claim = {}) {
    claim.selector = selectorOf(web).value();
    return plugin->await(owner().owned_.settle(web, std::move(claim)));
  }
  std::string ownerOf(const std::string& name) {
    auto controller = controllerOf(host.get<Pod>("default", name).meta());
    return controller ? str(controller->getName()) : "";
  }
  std::vector<std::string> events() {
    host.settle();
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::Started<Owner>> plugin;
  Object<ReplicaSet> web;
};

TEST_F(OwnershipTest, AnOwnedObjectWakesItsOwnerAndAFreeOneThoseThatMayTakeIt) {
  putSet("web", "elsewhere");
  putSet("db");
  woken();
  putPod("mine", {{"app", "web"}}, web);
  EXPECT_THAT(woken(), ElementsAre("default/web"));
  putPod("free", {{"app", "db"}});
  EXPECT_THAT(woken(), ElementsAre("default/db"));
  test::setPodReady(host, "default", "mine");
  EXPECT_THAT(woken(), ElementsAre("default/web"));
  test::setPodReady(host, "default", "free");
  EXPECT_THAT(woken(), IsEmpty()) << "no selector asks for that";
  host.change<Pod>("default", "free", [](auto pod) { setLabel(pod.getMetadata(), "app", "web"); });
  EXPECT_THAT(woken(), ElementsAre("default/web"));
  host.change<Pod>("default", "mine", [](auto pod) { pod.getMetadata().initOwnerReferences(0); });
  EXPECT_THAT(woken(), ElementsAre("default/web"));
  host.remove<Pod>("default", "mine");
  EXPECT_THAT(woken(), IsEmpty()) << "it was nobody's";
}

TEST_F(OwnershipTest, AnotherOwnerOfTheSameNameIsNotTheOwner) {
  auto other = test::named<ReplicaSet>("default", "web");
  other.meta().setUid("another");
  Object<ReplicaSet> stranger = std::move(other).freeze();
  putPod("theirs", {{"app", "web"}}, stranger);
  EXPECT_THAT(woken(), IsEmpty());
  EXPECT_THAT(owner().names(web), IsEmpty());
}

TEST_F(OwnershipTest, TakesWhatMatchesAndLetsGoWhatDoesNot) {
  putPod("free", {{"app", "web"}});
  putPod("other", {{"app", "db"}});
  putPod("mine", {{"app", "web"}}, web);
  putPod("lost", {{"app", "db"}}, web);
  ASSERT_TRUE(settle());
  EXPECT_THAT(owner().names(web), ElementsAre("free", "mine"));
  EXPECT_EQ(ownerOf("other"), "");
  EXPECT_EQ(ownerOf("lost"), "");
  const size_t before = host.requests().size();
  ASSERT_TRUE(settle());
  EXPECT_EQ(host.requests().size(), before) << "nothing is left to do";
}

TEST_F(OwnershipTest, WhatDoesNotFitIsLetGoAndWhatIsOfNoConcernStays) {
  putPod("web-0", {{"app", "web"}});
  putPod("stray", {{"app", "web"}}, web);
  putPod("done", {{"app", "db"}}, web);
  host.change<Pod>("default", "done", [](auto pod) { pod.initStatus().setPhase("Failed"); });
  host.settle();
  Claim<Pod> claim{.fits = [](const Object<Pod>& pod) { return pod.name().starts_with("web-"); },
                   .concerns = isActive,
                   .finalizer = "example.com/mine"};
  ASSERT_TRUE(settle(std::move(claim)));
  EXPECT_THAT(owner().names(web), ElementsAre("done", "web-0"));
  EXPECT_TRUE(hasFinalizer(host.get<Pod>("default", "web-0").meta(), "example.com/mine"));
  EXPECT_EQ(ownerOf("stray"), "");
}

TEST_F(OwnershipTest, AnOwnerThatIsBeingDeletedTakesNothing) {
  putPod("free", {{"app", "web"}});
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource == "replicasets") {
      host.change<ReplicaSet>("default", "web", [](auto set) {
        set.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        set.getMetadata().initFinalizers(1).set(0, "orphan");
      });
    }
    return {};
  });
  Result<bool> stays = settle();
  ASSERT_TRUE(stays);
  EXPECT_FALSE(*stays);
  EXPECT_EQ(ownerOf("free"), "");
}

TEST_F(OwnershipTest, AnOwnerThatHasGoneUnseenTakesNothingEither) {
  putPod("free", {{"app", "web"}});
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource == "replicasets") host.remove<ReplicaSet>("default", "web");
    return {};
  });
  Result<bool> stays = settle();
  ASSERT_TRUE(stays);
  EXPECT_FALSE(*stays);
  EXPECT_EQ(ownerOf("free"), "");
}

TEST_F(OwnershipTest, WhatWasCreatedIsExpectedUntilItIsShown) {
  size_t unseen = 0;
  bool met = true;
  plugin->enter([&] {
    spawn(owner().control_.create(web, podFromTemplate(web)), [&](Result<Object<Pod>> made) {
      ASSERT_TRUE(made);
      unseen = owner().ahead_.unseen(web.uid());
      met = owner().ahead_.met(web.uid());
    });
  });
  host.settle();
  EXPECT_EQ(unseen, 1u);
  EXPECT_FALSE(met);
  EXPECT_TRUE(owner().ahead_.met(web.uid()));
  EXPECT_EQ(owner().names(web).size(), 1u);
  EXPECT_THAT(events(), ElementsAre(concat("SuccessfulCreate: Created pod: ", owner().names(web)[0])));
}

TEST_F(OwnershipTest, WhatWasCreatedAndWentWhileHistoryWasLostIsNotExpectedForEver) {
  plugin->enter([&] {
    spawn(owner().control_.create(web, podFromTemplate(web)), [&](Result<Object<Pod>> made) {
      host.remove<Pod>("default", made->name());
      host.loseHistory();
    });
  });
  host.settle();
  EXPECT_EQ(owner().ahead_.unseen(web.uid()), 0u);
}

TEST_F(OwnershipTest, WhatIsDeletedLeavesUntilItShowsIt) {
  Object<Pod> pod = putPod("mine", {{"app", "web"}}, web);
  bool leaving = false;
  plugin->enter([&] {
    spawn(owner().control_.remove(web, pod), [&](Result<void> gone) {
      ASSERT_TRUE(gone);
      leaving = owner().ahead_.isDeleting(pod);
    });
  });
  host.settle();
  EXPECT_TRUE(leaving);
  EXPECT_FALSE(owner().ahead_.isDeleting(pod));
  EXPECT_TRUE(owner().ahead_.met(web.uid()));
  EXPECT_THAT(events(), ElementsAre("SuccessfulDelete: Deleted pod: mine"));
}

TEST_F(OwnershipTest, ARefusedDeletionIsToldAndNotExpected) {
  Object<Pod> pod = putPod("mine", {{"app", "web"}}, web);
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    return verb == "delete" ? fail(Status::unavailable("later")) : Result<void>();
  });
  Result<void> gone = plugin->await(owner().control_.remove(web, pod));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message, "unable to delete pods: later");
  EXPECT_TRUE(owner().ahead_.met(web.uid()));
  EXPECT_THAT(events(), ElementsAre("FailedDelete: Error deleting: later"));
}

TEST_F(OwnershipTest, AnotherPodOfTheSameNameIsNotDeletedAndNoPodAtAllIsNoFailure) {
  Object<Pod> pod = putPod("mine", {{"app", "web"}}, web);
  host.remove<Pod>("default", "mine");
  putPod("mine", {{"app", "web"}}, web);
  EXPECT_FALSE(plugin->await(owner().control_.remove(web, pod)));
  EXPECT_TRUE(host.get<Pod>("default", "mine"));
  host.remove<Pod>("default", "mine");
  host.settle();
  EXPECT_TRUE(plugin->await(owner().control_.remove(web, pod)));
}

TEST_F(OwnershipTest, NothingIsKeptForAnOwnerThatHasGone) {
  plugin->enter([&] {
    spawn(owner().control_.create(web, podFromTemplate(web)),
          [&](Result<Object<Pod>>) { host.remove<ReplicaSet>("default", "web"); });
  });
  host.settle();
  EXPECT_TRUE(owner().ahead_.met(web.uid()));
}

TEST_F(OwnershipTest, CreationsBeginSlowlyAndStopAtTheFirstRefusal) {
  int creations = 0;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb != "create" || resource != "pods") return {};
    return ++creations == 3 ? fail(Status::forbidden("exceeded quota")) : Result<void>();
  });
  auto make = [this](size_t) { return podFromTemplate(web); };
  Result<void> done = plugin->await(owner().control_.createMany(web, 20, make));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "exceeded quota");
  EXPECT_EQ(creations, 5) << "one, two of which the second was refused, and two for the first of those";
  EXPECT_EQ(host.list<Pod>().size(), 4u);
}

TEST_F(OwnershipTest, ANamespaceThatEndsIsNoFailureAndNoEvent) {
  int creations = 0;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb != "create" || resource != "pods") return {};
    ++creations;
    Status status = Status::forbidden("the namespace is being terminated");
    status.details.causes.push_back({"NamespaceTerminating", "", "metadata.namespace"});
    return fail(status);
  });
  auto make = [this](size_t) { return podFromTemplate(web); };
  EXPECT_TRUE(plugin->await(owner().control_.createMany(web, 20, make)));
  EXPECT_EQ(creations, 1);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(OwnershipTest, APodOfATemplateHasWhatTheTemplateHasAndItsOwner) {
  Object<Pod> pod = podFromTemplate(web).freeze();
  EXPECT_EQ(view(pod.meta().getGenerateName()), "web-");
  EXPECT_EQ(pod.ns(), "default");
  EXPECT_EQ(label(pod.meta(), "app"), "web");
  EXPECT_TRUE(isControlledBy(pod.meta(), web.uid()));
  EXPECT_EQ(view(pod->getSpec().getContainers()[0].getImage()), "busybox");
}

TEST_F(OwnershipTest, TemplatesAreTheSameWhateverTellsGenerationsApart) {
  auto pattern = web->getSpec().getTemplate();
  Draft<core_v1::PodTemplateSpec> labelled(pattern), resourced(pattern), changed(pattern);
  setLabel(labelled->getMetadata(), "generation", "2");
  resourced->getSpec().getContainers()[0].initResources();
  changed->getSpec().getContainers()[0].setImage("nginx");
  EXPECT_TRUE(sameTemplate(pattern, labelled.reader(), "generation"));
  EXPECT_FALSE(sameTemplate(pattern, labelled.reader()));
  EXPECT_TRUE(sameTemplate(pattern, resourced.reader()));
  EXPECT_FALSE(sameTemplate(pattern, changed.reader()));
  EXPECT_EQ(templateHash(pattern, 0), templateHash(pattern, 0));
  EXPECT_NE(templateHash(pattern, 0), templateHash(pattern, 1));
  EXPECT_NE(templateHash(pattern, 0), templateHash(changed.reader(), 0));
}

}  // namespace
}  // namespace cleat
