// The claims of a stateful set as its pods come and go.
#include "tests/plugins/controller-statefulset/statefulset_fixture.h"

namespace cleat::statefulset {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

TEST_F(StatefulSetTest, ClaimsAreMadeBeforeThePodsAndStay) {
  Draft<StatefulSet> draft = makeSet(2);
  addClaimTemplates(*draft, {"data"});
  setRetention(*draft, "Retain", "Retain");
  put(std::move(draft));
  EXPECT_THAT(claims(), ElementsAre("data-web-0:"));
  runAll();
  EXPECT_THAT(claims(), ElementsAre("data-web-0:", "data-web-1:"));
  EXPECT_THAT(events(),
              IsSupersetOf({"Normal SuccessfulCreate Create Claim data-web-0 Pod web-0 in StatefulSet web success",
                            "Normal SuccessfulCreate Create Pod web-0 in StatefulSet web successful"}));
  scale(1);
  runAll();
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
  EXPECT_THAT(claims(), ElementsAre("data-web-0:", "data-web-1:"));
  host.remove<PersistentVolumeClaim>("default", "data-web-0");
  host.change<Pod>("default", "web-0", [](auto pod) { pod.getStatus().setPhase("Pending"); });
  host.settle();
  EXPECT_THAT(claims(), ElementsAre("data-web-0:", "data-web-1:")) << "a pod that waits for its claim gets one";
}

TEST_F(StatefulSetTest, ClaimsBelongToTheSetOrToAPodThatIsOneTooMany) {
  Draft<StatefulSet> draft = makeSet(2);
  addClaimTemplates(*draft, {"data"});
  setRetention(*draft, "Delete", "Delete");
  put(std::move(draft));
  runAll();
  EXPECT_THAT(claims(), ElementsAre("data-web-0:StatefulSet", "data-web-1:StatefulSet"));
  scale(1);
  EXPECT_THAT(claims(), ElementsAre("data-web-0:StatefulSet", "data-web-1:Pod"));
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one leaves"));
  run();
  scale(2);
  EXPECT_THAT(pods(), ElementsAre("web-0:one")) << "the claim of the earlier pod has not gone yet";
  host.remove<PersistentVolumeClaim>("default", "data-web-1");
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("web-0:one", "web-1:one"));
  run();
  change([](auto set) { setRetention(set, "Retain", "Retain"); });
  EXPECT_THAT(claims(), ElementsAre("data-web-0:", "data-web-1:"));
}

TEST_F(StatefulSetTest, AClaimThatIsBeingDeletedHoldsUpThePod) {
  auto claim = test::named<PersistentVolumeClaim>("default", "data-web-0");
  claim.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  claim.meta().initFinalizers(1).set(0, "kubernetes.io/pvc-protection");
  host.put(std::move(claim));
  Draft<StatefulSet> draft = makeSet(1);
  addClaimTemplates(*draft, {"data"});
  put(std::move(draft));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(events(), ElementsAre("Warning FailedCreate Create Pod web-0 in StatefulSet web failed error: pvc "
                                    "data-web-0 is being deleted"));
  host.remove<PersistentVolumeClaim>("default", "data-web-0");
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("web-0:one"));
}

}  // namespace
}  // namespace cleat::statefulset
