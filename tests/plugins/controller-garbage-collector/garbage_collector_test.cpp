#include "plugins/controller-garbage-collector/patches.h"
#include "tests/plugins/controller-garbage-collector/garbage_test.h"

namespace cleat::gc {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST_F(GarbageTest, DependentsGoWhenTheirOwnerHasGone) {
  start();
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  put("free");
  EXPECT_THAT(names(), UnorderedElementsAre("owner", "child", "free"));
  host.remove<ConfigMap>("default", "owner");
  EXPECT_THAT(names(), UnorderedElementsAre("free"));
  EXPECT_THAT(deletions, ElementsAre("child Background"));
}

TEST_F(GarbageTest, ADependentsOwnDependentsFollow) {
  start();
  auto owner = put("owner");
  auto child = put("child", {ownedBy(owner)});
  put("grandchild", {ownedBy(child)});
  host.settle();
  host.remove<ConfigMap>("default", "owner");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, OwnersThatWereNeverThereAndOthersOfTheSameNameDoNotCount) {
  put("other");
  start();
  put("lost", {{"ConfigMap", "nobody", "uid-1"}});
  put("mistaken", {{"ConfigMap", "other", "uid-2"}});
  EXPECT_THAT(names(), UnorderedElementsAre("other"));
}

// A kind can be taken back while its objects stay on the disk.
TEST_F(GarbageTest, OwnersOfAKindThatNobodyBringsNowAreNotTakenForGone) {
  bool withdrawn = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (withdrawn && verb == "get" && key == "default/nobody") return fail(Status::notFound("configmaps", ""));
    return {};
  });
  start();
  put("child", {{"ConfigMap", "nobody", "uid-1"}});
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
  withdrawn = false;
  put("other", {{"ConfigMap", "nobody", "uid-1"}});
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
}

TEST_F(GarbageTest, GarbageOfTheTimeBeforeTheStartIsFound) {
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  host.remove<ConfigMap>("default", "owner");
  start();
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, WhoeverHasOneOwnerLeftStaysAndLosesTheOthers) {
  start();
  auto a = put("a");
  auto b = put("b");
  put("child", {ownedBy(a), {"ConfigMap", "nobody", "uid-1"}, ownedBy(b)});
  host.settle();
  EXPECT_THAT(owners("child"), ElementsAre("a", "b"));
  host.remove<ConfigMap>("default", "a");
  host.settle();
  EXPECT_THAT(owners("child"), ElementsAre("b"));
  host.remove<ConfigMap>("default", "b");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, AnOwnerInAnotherNamespaceIsNone) {
  start();
  auto owner = put("owner", {}, "elsewhere");
  put("child", {ownedBy(owner)});
  EXPECT_THAT(names(), UnorderedElementsAre("owner"));
  host.settle();
  auto events = host.list<core_v1::Event>("default");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(view(events[0]->getReason()), "OwnerRefInvalidNamespace");
  EXPECT_EQ(view(events[0]->getType()), "Warning");
  EXPECT_EQ(view(events[0]->getInvolvedObject().getName()), "child");
}

TEST_F(GarbageTest, AClusterScopedOwnerHasDependentsInEveryNamespace) {
  start();
  auto node = put<Node>("n1");
  put("child", {ownedBy(node)});
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
  host.remove<Node>("", "n1");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, AClusterScopedObjectWithANamespacedOwnerIsLeftAlone) {
  start();
  put<Node>("n1", {{"ConfigMap", "nobody", "uid-1"}});
  host.advance(std::chrono::minutes(5));
  EXPECT_EQ(host.list<Node>().size(), 1u);
  EXPECT_TRUE(deletions.empty());
}

TEST_F(GarbageTest, AClusterScopedObjectsAuthorHearsOfItsNamespacedOwnerOnce) {
  start();
  auto owner = put("owner");
  put<Node>("n1", {ownedBy(owner)});
  host.settle();
  put<Node>("n1", {ownedBy(owner), {"ConfigMap", "nobody", "uid-1"}});
  host.settle();
  auto events = host.list<core_v1::Event>("default");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(view(events[0]->getReason()), "OwnerRefInvalidNamespace");
  EXPECT_TRUE(std::string(view(events[0]->getMessage())).ends_with("does not exist in namespace \"\""));
  EXPECT_EQ(host.list<Node>().size(), 1u);
}

// Nobody knows what is meant by it, and whether that has gone.
TEST_F(GarbageTest, AnOwnerOfAVersionThatIsNoneIsTakenForGranted) {
  start();
  put("child", {{"ConfigMap", "nobody", "uid-1", false, "v1beta1"}, {"ConfigMap", "nobody", "uid-2"}});
  host.advance(std::chrono::minutes(5));
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
}

TEST_F(GarbageTest, AnOwnerOfAnUnknownKindIsTakenForGranted) {
  start();
  put("child", {{"Widget", "w", "uid-1", false, "example.com/v1"}});
  host.advance(std::chrono::minutes(5));
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
}

TEST_F(GarbageTest, KindsThatComeLaterAreWatchedToo) {
  start();
  put("child", {{"Secret", "s", "uid-1"}});
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
  host.know<Secret>();
  auto secret = host.put(test::named<Secret>("default", "owner"));
  put("kept", {ownedBy(secret)});
  host.advance(std::chrono::seconds(31));
  EXPECT_THAT(names(), UnorderedElementsAre("kept"));
  host.remove<Secret>("default", "owner");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, AnIdleClusterIsAskedForItsKindsAndNothingElse) {
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  start();
  const size_t before = host.requests().size();
  host.advance(std::chrono::minutes(10));
  EXPECT_EQ(host.requests().size(), before);
}

TEST_F(GarbageTest, ForegroundDeletionWaitsForBlockingDependents) {
  start();
  auto owner = put("owner");
  auto child = put("child", {ownedBy(owner, true)});
  auto slow = owned(test::named<ConfigMap>("default", "grandchild"), {ownedBy(child, true)});
  addFinalizer(slow.meta(), "example.com/hold");
  host.put(std::move(slow));
  host.settle();
  markDeleted("owner", "foregroundDeletion");
  host.settle();
  EXPECT_THAT(deletions, testing::Contains("child Foreground"));
  EXPECT_THAT(names(), testing::IsSupersetOf({"owner", "child"}));
  host.remove<ConfigMap>("default", "grandchild");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, ForegroundDeletionDoesNotWaitForOthers) {
  start();
  auto owner = put("owner");
  auto child = owned(test::named<ConfigMap>("default", "child"), {ownedBy(owner, false)});
  host.put(std::move(child));
  host.settle();
  markDeleted("owner", "foregroundDeletion");
  EXPECT_THAT(names(), UnorderedElementsAre());
}

// Otherwise the owner would wait for ever.
TEST_F(GarbageTest, ADependentWithAnotherOwnerStaysAndDoesNotBlock) {
  start();
  auto owner = put("owner");
  auto second = put("second");
  put("child", {ownedBy(owner, true), ownedBy(second)});
  host.settle();
  markDeleted("owner", "foregroundDeletion");
  EXPECT_THAT(names(), UnorderedElementsAre("second", "child"));
  EXPECT_THAT(owners("child"), ElementsAre("second"));
}

TEST_F(GarbageTest, ACircleOfObjectsThatWaitForOneAnotherComesToAnEnd) {
  start();
  auto a = put("a");
  auto b = put("b", {ownedBy(a, true)});
  host.put(owned(Draft<ConfigMap>(a), {ownedBy(b, true)}));
  host.settle();
  markDeleted("a", "foregroundDeletion");
  host.advance(std::chrono::seconds(5));
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, OrphanedDependentsStay) {
  start();
  auto owner = put("owner");
  auto second = put("second");
  put("a", {ownedBy(owner)});
  put("b", {ownedBy(second), ownedBy(owner)});
  host.settle();
  markDeleted("owner", "orphan");
  EXPECT_THAT(names(), UnorderedElementsAre("second", "a", "b"));
  EXPECT_THAT(owners("a"), ElementsAre());
  EXPECT_THAT(owners("b"), ElementsAre("second"));
  EXPECT_TRUE(deletions.empty());
}

TEST_F(GarbageTest, TheOwnersLastFinalizerOfItsOwnIsWaitedFor) {
  start();
  auto draft = test::named<ConfigMap>("default", "owner");
  addFinalizer(draft.meta(), "example.com/hold");
  auto owner = host.put(std::move(draft));
  put("child", {ownedBy(owner, true)});
  host.settle();
  markDeleted("owner", "foregroundDeletion");
  EXPECT_THAT(names(), UnorderedElementsAre("owner"));
  EXPECT_THAT(strings(host.get<ConfigMap>("default", "owner").meta().getFinalizers()), ElementsAre("example.com/hold"));
}

// Somebody orphaned or adopted it a moment ago, and the collector has not seen that.
TEST_F(GarbageTest, TheObjectItselfIsAskedBeforeItIsDeleted) {
  start();
  auto owner = put("owner");
  auto second = put("second");
  put("child", {ownedBy(owner)});
  host.settle();
  bool adopted = false;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "get" && key == "default/child" && !adopted) {
      adopted = true;
      host.put(owned(Draft<ConfigMap>(host.get<ConfigMap>("default", "child")), {ownedBy(second)}));
    }
    return {};
  });
  host.remove<ConfigMap>("default", "owner");
  EXPECT_THAT(names(), UnorderedElementsAre("second", "child"));
  EXPECT_TRUE(adopted);
}

TEST_F(GarbageTest, AnotherObjectOfTheSameNameIsSpared) {
  start();
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  host.settle();
  bool replaced = false;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "get" && key == "default/child" && !replaced) {
      replaced = true;
      host.remove<ConfigMap>("default", "child");
      put("child");
    }
    return {};
  });
  host.remove<ConfigMap>("default", "owner");
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
  EXPECT_TRUE(deletions.empty());
}

struct RefusalCase {
  const char* what;
  Status status;
};
void PrintTo(const RefusalCase& refusal, std::ostream* out) { *out << refusal.what; }
class Refusals : public GarbageTest, public testing::WithParamInterface<RefusalCase> {};
TEST_P(Refusals, AreTriedAgain) {
  start();
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  host.settle();
  refusal = GetParam().status;
  refusals = 3;
  host.remove<ConfigMap>("default", "owner");
  host.advance(std::chrono::seconds(10));
  EXPECT_THAT(names(), UnorderedElementsAre());
}
INSTANTIATE_TEST_SUITE_P(OfTheApi, Refusals,
                         testing::Values(RefusalCase{"429", Status::tooManyRequests("slow down", 1)},
                                         RefusalCase{"409", Status::conflict("configmaps", "child", "changed")},
                                         RefusalCase{"503", Status::unavailable("no")}));

TEST_F(GarbageTest, AnOwnerThatCannotBeLookedUpIsNotTakenForGone) {
  start();
  bool broken = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (broken && verb == "get" && key == "default/owner") return fail(Status::unavailable("no"));
    return {};
  });
  put("child", {{"ConfigMap", "owner", "uid-1"}});
  host.advance(std::chrono::seconds(10));
  EXPECT_THAT(names(), UnorderedElementsAre("child"));
  broken = false;
  host.advance(std::chrono::minutes(1));
  EXPECT_THAT(names(), UnorderedElementsAre());
}

TEST_F(GarbageTest, LostHistoryHidesNoEnd) {
  start();
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  host.settle();
  host.remove<ConfigMap>("default", "owner");
  host.loseHistory();
  EXPECT_THAT(names(), UnorderedElementsAre());
}

// There may be very many.
TEST_F(GarbageTest, ObjectsAreNotKept) {
  put("before");
  start();
  auto owner = put("owner");
  put("child", {ownedBy(owner)});
  host.settle();
  EXPECT_EQ(host.heldObjects(), 0u);
}

// Whoever makes an object chooses its finalizers and the uids of its owners.
TEST(Patches, TextsOfObjectsCannotBreakOut) {
  auto draft = test::named<ConfigMap>("default", "a");
  auto owner = draft.meta().initOwnerReferences(1)[0];
  owner.setUid("x\",\n{}\\");
  EXPECT_EQ(withoutOwners(std::move(draft).freezeAny(), {"x\",\n{}\\"}),
            R"([{"op":"test","path":"/metadata/ownerReferences/0/uid","value":"x\",\u000a{}\\"},)"
            R"({"op":"remove","path":"/metadata/ownerReferences/0"}])");
}

TEST(Patches, ReferencesAreTakenAwayFromTheEnd) {
  auto draft = test::named<ConfigMap>("default", "a");
  auto owners = draft.meta().initOwnerReferences(3);
  owners[0].setUid("u");
  owners[1].setUid("v");
  owners[2].setUid("u");
  EXPECT_EQ(withoutOwners(std::move(draft).freezeAny(), {"u"}),
            R"([{"op":"test","path":"/metadata/ownerReferences/2/uid","value":"u"},)"
            R"({"op":"remove","path":"/metadata/ownerReferences/2"},)"
            R"({"op":"test","path":"/metadata/ownerReferences/0/uid","value":"u"},)"
            R"({"op":"remove","path":"/metadata/ownerReferences/0"}])");
}

}  // namespace
}  // namespace cleat::gc
