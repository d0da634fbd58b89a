#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/controller-daemonset/daemonset_test.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::daemonset {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class DaemonSetTest : public testing::Test {
 protected:
  DaemonSetTest() {
    host.know<DaemonSet>();
    host.know<ControllerRevision>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    node("a");
    node("b");
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void node(const std::string& name, const test::Pairs& labels = {}) { host.put(test::makeNode(name, {}, labels)); }
  void put(Draft<DaemonSet> set) {
    host.put(std::move(set));
    host.settle();
  }
  template <class F>
  void change(F edit) {
    host.change<DaemonSet>("default", "agent", [&](auto set) {
      edit(set);
      set.getMetadata().setGeneration(set.getMetadata().getGeneration() + 1);
    });
    host.settle();
  }
  void setImage(const std::string& image) {
    change([&](auto set) { set.getSpec().getTemplate().getSpec().getContainers()[0].setImage(image); });
  }
  Object<DaemonSet> set() { return host.get<DaemonSet>("default", "agent"); }
  // Of the set, by the node and image: "a:one".
  std::vector<std::string> pods() {
    std::vector<std::string> found;
    for (const auto& pod : host.list<Pod>()) {
      if (!isControlledBy(pod.meta(), set().uid())) continue;
      found.push_back(concat(pod->getSpec()
                                 .getAffinity()
                                 .getNodeAffinity()
                                 .getRequiredDuringSchedulingIgnoredDuringExecution()
                                 .getNodeSelectorTerms()[0]
                                 .getMatchFields()[0]
                                 .getValues()[0],
                             ":", pod->getSpec().getContainers()[0].getImage(),
                             deletionPending(pod.meta()) ? " leaves" : ""));
    }
    std::ranges::sort(found);
    return found;
  }
  // The scheduler and the nodes do their part: all pods run and are ready, those that leave are gone.
  void run() {
    for (const auto& pod : host.list<Pod>()) {
      if (deletionPending(pod.meta())) {
        host.remove<Pod>("default", pod.name());
        continue;
      }
      auto terms = pod->getSpec().getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
      const std::string node = str(terms.getNodeSelectorTerms()[0].getMatchFields()[0].getValues()[0]);
      if (view(pod->getStatus().getPhase()) == "Failed") continue;
      host.change<Pod>("default", pod.name(), [&](auto change) { change.getSpec().setNodeName(node); });
      test::setPodReady(host, "default", pod.name());
    }
    host.settle();
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }
  std::vector<int64_t> revisions() {
    auto all = host.list<ControllerRevision>();
    sortByRevision(all);
    std::vector<int64_t> numbers;
    for (const auto& revision : all) {
      if (isControlledBy(revision.meta(), set().uid())) numbers.push_back(revision->getRevision());
    }
    return numbers;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(DaemonSetTest, EveryNodeGetsAPodAndTheNumbersSaySo) {
  put(makeSet());
  EXPECT_THAT(pods(), ElementsAre("a:one", "b:one"));
  auto status = set()->getStatus();
  EXPECT_EQ(status.getDesiredNumberScheduled(), 2);
  EXPECT_EQ(status.getCurrentNumberScheduled(), 2);
  EXPECT_EQ(status.getUpdatedNumberScheduled(), 2);
  EXPECT_EQ(status.getNumberReady(), 0);
  EXPECT_EQ(status.getNumberUnavailable(), 2);
  EXPECT_EQ(status.getObservedGeneration(), 1);
  run();
  EXPECT_EQ(set()->getStatus().getNumberReady(), 2);
  EXPECT_EQ(set()->getStatus().getNumberAvailable(), 2);
  EXPECT_EQ(set()->getStatus().getNumberUnavailable(), 0);
  EXPECT_THAT(events(), ElementsAre(StartsWith("Normal SuccessfulCreate Created pod: agent-"),
                                    StartsWith("Normal SuccessfulCreate Created pod: agent-")));

  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1h);
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(DaemonSetTest, PodsComeAndGoWithTheNodesThatTheyAreMeantFor) {
  Draft<DaemonSet> draft = makeSet();
  test::fillMap(draft->getSpec().getTemplate().getSpec().initNodeSelector(1), {{"color", "blue"}});
  put(std::move(draft));
  EXPECT_THAT(pods(), IsEmpty());
  host.change<Node>("", "a", [](auto node) { setLabel(node.getMetadata(), "color", "blue"); });
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("a:one"));
  run();
  node("c", {{"color", "blue"}});
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("a:one", "c:one"));
  run();
  host.change<Node>("", "a", [](auto node) { setLabel(node.getMetadata(), "color", "green"); });
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("a:one leaves", "c:one"));
  host.remove<Node>("", "c");
  host.settle();
  EXPECT_EQ(set()->getStatus().getDesiredNumberScheduled(), 0);
}

TEST_F(DaemonSetTest, WhatNodesReportOfThemselvesIsNoNews) {
  put(makeSet());
  run();
  const size_t before = host.requests().size();
  host.change<Node>("", "a", [](auto node) { node.initStatus().setPhase("Running"); });
  host.settle();
  EXPECT_EQ(host.requests().size(), before);
}

TEST_F(DaemonSetTest, AFailedPodIsDeletedAndMadeAgain) {
  put(makeSet());
  run();
  const std::string name = str(host.list<Pod>()[0].name());
  host.change<Pod>("default", name, [](auto pod) { pod.getStatus().setPhase("Failed"); });
  host.settle();
  EXPECT_THAT(events(), Contains(StartsWith(concat("Warning FailedDaemonPod Found failed daemon pod default/", name))));
  EXPECT_TRUE(deletionPending(host.get<Pod>("default", name).meta()));
  EXPECT_EQ(pods().size(), 3u) << "one that is gone for good does not keep its place";
}

TEST_F(DaemonSetTest, AChangedTemplateIsRolledOutNodeByNode) {
  put(makeSet());
  run();
  setImage("two");
  EXPECT_THAT(pods(), ElementsAre("a:one leaves", "b:one"));
  EXPECT_EQ(set()->getStatus().getUpdatedNumberScheduled(), 0);
  run();
  EXPECT_THAT(pods(), ElementsAre("a:two", "b:one"));
  EXPECT_EQ(set()->getStatus().getUpdatedNumberScheduled(), 1);
  run();
  run();
  run();
  EXPECT_THAT(pods(), ElementsAre("a:two", "b:two"));
  EXPECT_EQ(set()->getStatus().getUpdatedNumberScheduled(), 2);
  EXPECT_EQ(set()->getStatus().getNumberAvailable(), 2);
  EXPECT_EQ(set()->getStatus().getObservedGeneration(), 2);
  EXPECT_THAT(revisions(), ElementsAre(1, 2));

  setImage("one");
  for (int i = 0; i < 6; ++i) run();
  EXPECT_THAT(pods(), ElementsAre("a:one", "b:one"));
  EXPECT_THAT(revisions(), ElementsAre(2, 3));
}

TEST_F(DaemonSetTest, WithASurgeTheOldPodStaysUntilTheNewOneIsThere) {
  put(makeSurgingSet(1));
  run();
  setImage("two");
  EXPECT_THAT(pods(), ElementsAre("a:one", "a:two", "b:one"));
  run();
  EXPECT_THAT(pods(), ElementsAre("a:one leaves", "a:two", "b:one", "b:two"));
  run();
  run();
  EXPECT_THAT(pods(), ElementsAre("a:two", "b:two"));
}

TEST_F(DaemonSetTest, OnDeleteWaitsForSomebodyToDeletePods) {
  Draft<DaemonSet> draft = makeSet();
  draft->getSpec().getUpdateStrategy().setType("OnDelete");
  draft->getSpec().getUpdateStrategy().disownRollingUpdate();
  put(std::move(draft));
  run();
  setImage("two");
  EXPECT_THAT(pods(), ElementsAre("a:one", "b:one"));
  for (const auto& pod : host.list<Pod>()) {
    if (view(pod->getSpec().getNodeName()) == "a") host.remove<Pod>("default", pod.name());
  }
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("a:two", "b:one"));
}

TEST_F(DaemonSetTest, KeepsAsManyRevisionsAsTheLimitSaysAndThoseThatPodsRunBy) {
  Draft<DaemonSet> draft = makeSet();
  draft->getSpec().initRevisionHistoryLimit().setValue(1);
  put(std::move(draft));
  run();
  for (const char* image : {"two", "three", "four"}) {
    setImage(image);
    for (int i = 0; i < 6; ++i) run();
  }
  EXPECT_THAT(revisions(), ElementsAre(3, 4));
  setImage("five");
  EXPECT_THAT(revisions(), ElementsAre(4, 5)) << "the pods are still of the fourth";
}

TEST_F(DaemonSetTest, PodsOfASecondRevisionOfTheSameStateAreNotMadeAnew) {
  put(makeSet());
  run();
  const size_t made = test::countRequests(host, "create pods");
  Draft<ControllerRevision> second(host.list<ControllerRevision>()[0]);
  second.meta().setName("agent-again");
  second.meta().setUid("");
  second->setRevision(2);
  setLabel(second.meta(), kRevisionHashLabel, "again");
  host.put(std::move(second));
  host.settle();
  EXPECT_THAT(revisions(), ElementsAre(1, 2)) << "nobody was told";
  change([](auto set) { setAnnotation(set.getMetadata(), "touched", "yes"); });
  EXPECT_THAT(revisions(), ElementsAre(2));
  EXPECT_EQ(test::countRequests(host, "create pods"), made);
  for (const auto& pod : host.list<Pod>()) EXPECT_EQ(label(pod.meta(), kRevisionHashLabel), "again");
}

TEST_F(DaemonSetTest, TakesOverWhatMatchesAndLetsGoWhatDoesNot) {
  put(makeSet());
  run();
  const size_t made = test::countRequests(host, "create pods");
  // As after a deletion that left the pods and revisions.
  for (const auto& pod : host.list<Pod>()) {
    host.change<Pod>("default", pod.name(), [](auto draft) { draft.getMetadata().initOwnerReferences(0); });
  }
  for (const auto& revision : host.list<ControllerRevision>()) {
    host.change<ControllerRevision>("default", revision.name(),
                                    [](auto draft) { draft.getMetadata().initOwnerReferences(0); });
  }
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("a:one", "b:one"));
  EXPECT_THAT(revisions(), ElementsAre(1));
  EXPECT_EQ(test::countRequests(host, "create pods"), made);

  const std::string name = str(host.list<Pod>()[0].name());
  host.change<Pod>("default", name, [](auto pod) { setLabel(pod.getMetadata(), "app", "debug"); });
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", name).meta()));
  EXPECT_EQ(pods().size(), 2u);
}

TEST_F(DaemonSetTest, ASetThatIsBeingDeletedIsLeftAlone) {
  Draft<DaemonSet> leaving = makeSet();
  leaving.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  leaving.meta().initFinalizers(1).set(0, "foregroundDeletion");
  put(std::move(leaving));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(revisions(), IsEmpty());
}

TEST_F(DaemonSetTest, ASelectorForEverythingIsRefused) {
  Draft<DaemonSet> draft = makeSet();
  draft->getSpec().initSelector();
  put(std::move(draft));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(events(),
              ElementsAre("Warning SelectingAll This daemon set is selecting all pods. A non-empty selector is "
                          "required."));
}

TEST_F(DaemonSetTest, ARefusedPodIsToldOfAndTriedAgain) {
  bool refuse = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuse && verb == "create" && resource == "pods") return fail(Status::forbidden("exceeded quota"));
    return {};
  });
  put(makeSet());
  EXPECT_THAT(events(), ElementsAre("Warning FailedCreate Error creating: exceeded quota"));
  EXPECT_EQ(set()->getStatus().getDesiredNumberScheduled(), 2);
  refuse = false;
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("a:one", "b:one"));
}

TEST_F(DaemonSetTest, APodIsAvailableWhenItHasBeenReadyForLongEnough) {
  Draft<DaemonSet> draft = makeSet();
  draft->getSpec().setMinReadySeconds(10);
  put(std::move(draft));
  run();
  EXPECT_EQ(set()->getStatus().getNumberReady(), 2);
  EXPECT_EQ(set()->getStatus().getNumberAvailable(), 0);
  host.advance(11s);
  EXPECT_EQ(set()->getStatus().getNumberAvailable(), 2);
}

}  // namespace
}  // namespace cleat::daemonset
