#include "tests/plugins/controller-statefulset/statefulset_fixture.h"

namespace cleat::statefulset {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(StatefulSetTest, PodsComeOneAfterTheOtherAndTheNumbersSaySo) {
  put(makeSet(2));
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
  EXPECT_EQ(numbers(), "1 0 0 1 1");
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  run();
  EXPECT_EQ(numbers(), "2 2 2 2 2");
  auto status = set()->getStatus();
  EXPECT_EQ(status.getObservedGeneration(), 1);
  EXPECT_EQ(view(status.getCurrentRevision()), view(status.getUpdateRevision()));
  EXPECT_EQ(view(status.getCurrentRevision()), label(host.list<Pod>()[0].meta(), kRevisionHashLabel));
  EXPECT_EQ(host.list<ControllerRevision>()[0].name(), view(status.getCurrentRevision()));
  EXPECT_THAT(events(), ElementsAre("Normal SuccessfulCreate Create Pod web-0 in StatefulSet web successful",
                                    "Normal SuccessfulCreate Create Pod web-1 in StatefulSet web successful"));
  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1h);
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(StatefulSetTest, IsScaledUpAndDownInOrder) {
  put(makeSet(3));
  runAll();
  scale(1);
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:one leaves"));
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one leaves"));
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
  EXPECT_EQ(numbers(), "1 1 1 1 1");
  EXPECT_THAT(events(), Contains("Normal SuccessfulDelete Delete Pod web-2 in StatefulSet web successful"));
  test::setPodReady(host, "default", "web-0", false);
  scale(2);
  EXPECT_THAT(pods(), ElementsAre("web-0:one")) << "the first one is not well";
  test::setPodReady(host, "default", "web-0");
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  scale(0);
  runAll();
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_EQ(numbers(), "0 0 0 0 0");
}

TEST_F(StatefulSetTest, ParallelPodsComeAndGoTogether) {
  Draft<StatefulSet> draft = makeSet(3);
  draft->getSpec().setPodManagementPolicy("Parallel");
  put(std::move(draft));
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:one"));
  run();
  scale(0);
  EXPECT_THAT(pods(), ElementsAre("web-0:one leaves", "web-1:one leaves", "web-2:one leaves"));
}

TEST_F(StatefulSetTest, ADeletedOrFailedPodComesBackUnderItsName) {
  put(makeSet(2));
  runAll();
  host.remove<Pod>("default", "web-0");
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  run();
  const std::string uid = str(host.get<Pod>("default", "web-1").uid());
  host.change<Pod>("default", "web-1", [](auto pod) { pod.getStatus().setPhase("Failed"); });
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one leaves"));
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  EXPECT_NE(host.get<Pod>("default", "web-1").uid(), uid);
}

TEST_F(StatefulSetTest, AChangedTemplateIsRolledOutFromTheLastPodDownAndBackAgain) {
  put(makeSet(3));
  runAll();
  const std::string first = str(set()->getStatus().getCurrentRevision());
  setImage("two");
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:one leaves"));
  EXPECT_EQ(numbers(), "3 3 3 2 0");
  EXPECT_EQ(view(set()->getStatus().getCurrentRevision()), first);
  EXPECT_NE(view(set()->getStatus().getUpdateRevision()), first);
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:two"));
  run();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one leaves", "web-2:two"));
  EXPECT_EQ(numbers(), "3 3 3 1 1");
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:two", "web-1:two", "web-2:two"));
  EXPECT_EQ(numbers(), "3 3 3 3 3");
  EXPECT_EQ(view(set()->getStatus().getCurrentRevision()), view(set()->getStatus().getUpdateRevision()));
  EXPECT_THAT(revisions(), ElementsAre(1, 2));
  setImage("one");
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:one"));
  EXPECT_THAT(revisions(), ElementsAre(2, 3));
  EXPECT_EQ(view(set()->getStatus().getCurrentRevision()), first) << "the revision that holds it already";
}

TEST_F(StatefulSetTest, APartitionHoldsBackThePodsBelowItAlsoWhenTheyAreMadeAgain) {
  Draft<StatefulSet> draft = makeSet(3);
  draft->getSpec().getUpdateStrategy().getRollingUpdate().initPartition().setValue(2);
  put(std::move(draft));
  runAll();
  setImage("two");
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:two"));
  EXPECT_EQ(numbers(), "3 3 3 2 1");
  host.remove<Pod>("default", "web-0");
  host.remove<Pod>("default", "web-2");
  host.settle();
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one", "web-2:two"));
  change([](auto set) { set.getSpec().getUpdateStrategy().getRollingUpdate().initPartition().setValue(0); });
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:two", "web-1:two", "web-2:two"));
}

TEST_F(StatefulSetTest, OnDeleteWaitsForSomebodyToDeletePods) {
  Draft<StatefulSet> draft = makeSet(2);
  draft->getSpec().getUpdateStrategy().setType("OnDelete");
  draft->getSpec().getUpdateStrategy().disownRollingUpdate();
  put(std::move(draft));
  runAll();
  setImage("two");
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  host.remove<Pod>("default", "web-0");
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:two", "web-1:one"));
}

TEST_F(StatefulSetTest, KeepsAsManyRevisionsAsTheLimitSaysAndThoseThatPodsRunBy) {
  Draft<StatefulSet> draft = makeSet(1);
  draft->getSpec().initRevisionHistoryLimit().setValue(1);
  put(std::move(draft));
  runAll();
  for (const char* image : {"two", "three", "four"}) {
    setImage(image);
    runAll();
  }
  EXPECT_THAT(revisions(), ElementsAre(3, 4));
  setImage("five");
  EXPECT_THAT(revisions(), ElementsAre(3, 4, 5)) << "the pod is still of the fourth";
}

TEST_F(StatefulSetTest, ALostLabelIsPutBack) {
  put(makeSet(1));
  runAll();
  host.change<Pod>("default", "web-0", [](auto pod) { setLabel(pod.getMetadata(), kPodNameLabel, std::nullopt); });
  host.settle();
  EXPECT_EQ(label(host.get<Pod>("default", "web-0").meta(), kPodNameLabel), "web-0");
  EXPECT_THAT(events(), Contains("Normal SuccessfulUpdate Update Pod web-0 in StatefulSet web successful"));
}

TEST_F(StatefulSetTest, TakesOverWhatMatchesByLabelsAndNameAndLetsGoWhatDoesNot) {
  host.put(test::makePod("web-x", {}, {{"app", "web"}}));
  put(makeSet(2));
  runAll();
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", "web-x").meta())) << "its name is no number of the set";
  const size_t made = test::countRequests(host, "create pods");
  // As after a deletion that left the pods and revisions.
  for (const char* name : {"web-0", "web-1"}) {
    host.change<Pod>("default", name, [](auto draft) { draft.getMetadata().initOwnerReferences(0); });
  }
  for (const auto& revision : host.list<ControllerRevision>()) {
    host.change<ControllerRevision>("default", revision.name(),
                                    [](auto draft) { draft.getMetadata().initOwnerReferences(0); });
  }
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  EXPECT_THAT(revisions(), ElementsAre(1));
  EXPECT_EQ(test::countRequests(host, "create pods"), made);
  host.change<Pod>("default", "web-1", [](auto pod) { setLabel(pod.getMetadata(), "app", "debug"); });
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", "web-1").meta()));
}

TEST_F(StatefulSetTest, ANameThatIsTakenIsWaitedFor) {
  host.put(test::makePod("web-0"));
  put(makeSet(1));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(events(), IsEmpty());
  host.remove<Pod>("default", "web-0");
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
}

TEST_F(StatefulSetTest, ASetThatIsBeingDeletedIsLeftAlone) {
  Draft<StatefulSet> leaving = makeSet();
  leaving.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  leaving.meta().initFinalizers(1).set(0, "foregroundDeletion");
  put(std::move(leaving));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(revisions(), IsEmpty());
}

TEST_F(StatefulSetTest, OfASetThatIsBeingDeletedThePodsAreStillCounted) {
  put(makeSet(2));
  runAll();
  change([](auto set) {
    set.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    set.getMetadata().initFinalizers(1).set(0, "foregroundDeletion");
  });
  host.remove<Pod>("default", "web-1");
  host.settle();
  EXPECT_EQ(numbers(), "1 1 1 1 1");
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
}

TEST_F(StatefulSetTest, ARefusedPodIsToldOfAndTriedAgain) {
  bool refuse = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuse && verb == "create" && resource == "pods") return fail(Status::forbidden("exceeded quota"));
    return {};
  });
  put(makeSet(1));
  EXPECT_THAT(events(),
              ElementsAre("Warning FailedCreate Create Pod web-0 in StatefulSet web failed error: exceeded quota"));
  EXPECT_EQ(set()->getStatus().getReplicas(), 0);
  refuse = false;
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
}

TEST_F(StatefulSetTest, APodIsAvailableWhenItHasBeenReadyForLongEnough) {
  Draft<StatefulSet> draft = makeSet(2);
  draft->getSpec().setMinReadySeconds(10);
  put(std::move(draft));
  run();
  EXPECT_EQ(numbers(), "1 1 0 1 1");
  host.advance(11s);
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  EXPECT_EQ(set()->getStatus().getAvailableReplicas(), 1);
}

TEST_F(StatefulSetTest, NumbersMayBeginElsewhere) {
  Draft<StatefulSet> draft = makeSet(2);
  draft->getSpec().initOrdinals().setStart(7);
  put(std::move(draft));
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-7:one", "web-8:one"));
}

}  // namespace
}  // namespace cleat::statefulset
