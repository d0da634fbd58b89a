// What pods of a stateful set are called and look like, and whose their claims are.
#include "plugins/controller-statefulset/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/controller-statefulset/claims.h"
#include "tests/plugins/controller-statefulset/statefulset_test.h"

namespace cleat::statefulset {
namespace {

TEST(Identity, ANameIsTheSetsOrNot) {
  EXPECT_EQ(ordinalIn("web", "web-0"), 0);
  EXPECT_EQ(ordinalIn("web", "web-12"), 12);
  EXPECT_EQ(ordinalIn("web-1", "web-1-2"), 2);
  for (const char* other :
       {"web", "web-", "web-x", "web-01", "web--1", "web-+1", "web-1-2", "webb-1", "web-99999999999"}) {
    EXPECT_FALSE(ordinalIn("web", other)) << other;
  }
}

TEST(Identity, APodHasItsNameItsHostAndItsClaims) {
  Draft<StatefulSet> draft = makeSet();
  addClaimTemplates(*draft, {"data", "log"});
  auto volumes = draft->getSpec().getTemplate().getSpec().initVolumes(2);
  volumes[0].setName("scratch");
  volumes[1].setName("data");  // the claim goes before it
  volumes[1].initEmptyDir();
  const Object<StatefulSet> set = std::move(draft).freeze();
  Object<Pod> pod = podFor(set, set->getSpec().getTemplate(), "web-abc", 4).freeze();
  EXPECT_EQ(pod.key(), "default/web-4");
  EXPECT_EQ(label(pod.meta(), "app"), "web");
  EXPECT_EQ(label(pod.meta(), "statefulset.kubernetes.io/pod-name"), "web-4");
  EXPECT_EQ(label(pod.meta(), "apps.kubernetes.io/pod-index"), "4");
  EXPECT_EQ(label(pod.meta(), "controller-revision-hash"), "web-abc");
  EXPECT_EQ(view(pod->getSpec().getHostname()), "web-4");
  EXPECT_EQ(view(pod->getSpec().getSubdomain()), "front");
  EXPECT_TRUE(isControlledBy(pod.meta(), set.uid()));
  auto mounted = pod->getSpec().getVolumes();
  ASSERT_EQ(mounted.size(), 3u);
  EXPECT_EQ(view(mounted[0].getPersistentVolumeClaim().getClaimName()), "data-web-4");
  EXPECT_EQ(view(mounted[1].getPersistentVolumeClaim().getClaimName()), "log-web-4");
  EXPECT_EQ(view(mounted[2].getName()), "scratch");
  EXPECT_TRUE(hasIdentity(pod));
  EXPECT_TRUE(hasStorage(set, pod));
}

TEST(Identity, IsPutRightWhereItIsLost) {
  Draft<StatefulSet> draft = makeSet();
  addClaimTemplates(*draft, {"data"});
  const Object<StatefulSet> set = std::move(draft).freeze();
  Object<Pod> bare = test::makePod("web-1").freeze();
  EXPECT_FALSE(hasIdentity(bare));
  EXPECT_FALSE(hasStorage(set, bare));
  Object<Pod> pod = repaired(set, bare).freeze();
  EXPECT_TRUE(hasIdentity(pod));
  EXPECT_TRUE(hasStorage(set, pod));
  EXPECT_EQ(label(pod.meta(), kPodIndexLabel), "1");
}

TEST(Identity, AClaimHasTheLabelsOfItsTemplateAndOfTheSelector) {
  Draft<StatefulSet> draft = makeSet();
  addClaimTemplates(*draft, {"data"});
  const Object<StatefulSet> set = std::move(draft).freeze();
  auto claims = claimsFor(set, 2);
  ASSERT_EQ(claims.size(), 1u);
  Object<PersistentVolumeClaim> claim = std::move(claims[0]).freeze();
  EXPECT_EQ(claim.key(), "default/data-web-2");
  EXPECT_EQ(label(claim.meta(), "disk"), "data");
  EXPECT_EQ(label(claim.meta(), "app"), "web");
  EXPECT_EQ(view(claim->getSpec().getAccessModes()[0]), "ReadWriteOnce");
  EXPECT_FALSE(controllerOf(claim.meta()));
}

// -- Who owns a claim --

struct OwnerCase {
  const char* what;
  const char* whenDeleted;
  const char* whenScaled;
  int ordinal;         // of a set of two
  const char* before;  // the owner that it has
  const char* after;
};

Object<PersistentVolumeClaim> claimOf(const std::string& owner, const Object<StatefulSet>& set,
                                      const Object<Pod>& pod) {
  auto claim = test::named<PersistentVolumeClaim>("default", concat("data-", pod.name()));
  if (owner == "set") setController(claim.meta(), set);
  if (owner == "pod") setController(claim.meta(), pod);
  if (owner == "old pod" || owner == "other") {
    auto other = test::makePod(owner == "other" ? "other" : pod.name());
    other.meta().setUid("gone");
    setController(claim.meta(), std::move(other).freeze());
  }
  return std::move(claim).freeze();
}

std::string ownerShown(meta_v1::ObjectMeta::Reader meta, const Object<StatefulSet>& set, const Object<Pod>& pod) {
  auto owner = controllerOf(meta);
  if (!owner) return meta.getOwnerReferences().size() == 0 ? "none" : "somebody";
  if (view(owner->getUid()) == set.uid()) return "set";
  if (view(owner->getUid()) == pod.uid()) return "pod";
  return view(owner->getName()) == pod.name() ? "old pod" : "other";
}

TEST(Claims, BelongToWhomTheyGoWith) {
  const OwnerCase cases[] = {
      {"kept", "Retain", "Retain", 0, "none", "none"},
      {"kept after all", "Retain", "Retain", 0, "set", "none"},
      {"gone with the set", "Delete", "Retain", 0, "none", "set"},
      {"gone with the set, whatever its size", "Delete", "Retain", 5, "pod", "set"},
      {"gone with pods, of which this is none", "Retain", "Delete", 0, "pod", "none"},
      {"gone with pods, of which this is one", "Retain", "Delete", 5, "none", "pod"},
      {"gone with both", "Delete", "Delete", 0, "none", "set"},
      {"gone with both, now with the pod", "Delete", "Delete", 5, "set", "pod"},
      {"as it should be", "Delete", "Delete", 5, "pod", "pod"},
      {"an earlier pod's", "Retain", "Delete", 0, "old pod", "old pod"},
      {"somebody else's", "Delete", "Delete", 0, "other", "other"},
      {"somebody else's, and kept", "Retain", "Retain", 0, "other", "other"},
  };
  for (const OwnerCase& each : cases) {
    Draft<StatefulSet> draft = makeSet(2);
    setRetention(*draft, each.whenDeleted, each.whenScaled);
    const Object<StatefulSet> set = std::move(draft).freeze();
    auto made = test::makePod(concat("web-", each.ordinal));
    made.meta().setUid("pod-uid");
    const Object<Pod> pod = std::move(made).freeze();
    const Object<PersistentVolumeClaim> claim = claimOf(each.before, set, pod);
    auto owned = withOwners(set, pod, claim);
    EXPECT_EQ(owned.has_value(), std::string_view(each.before) != each.after) << each.what;
    EXPECT_EQ(ownerShown(owned ? owned->reader().getMetadata() : claim.meta(), set, pod), each.after) << each.what;
  }
}

TEST(Claims, OfAPodThatHasGoneAreStale) {
  Draft<StatefulSet> draft = makeSet(2);
  setRetention(*draft, "Retain", "Delete");
  const Object<StatefulSet> set = std::move(draft).freeze();
  const Object<Pod> pod = test::makePod("web-0").freeze();
  EXPECT_TRUE(isStale(set, claimOf("old pod", set, pod), "web-0", ""));
  EXPECT_FALSE(isStale(set, claimOf("old pod", set, pod), "web-0", "gone")) << "it is the pod itself";
  EXPECT_FALSE(isStale(set, claimOf("other", set, pod), "web-0", ""));
  EXPECT_FALSE(isStale(set, claimOf("set", set, pod), "web-0", ""));
  EXPECT_FALSE(isStale(makeSet(2).freeze(), claimOf("old pod", set, pod), "web-0", "")) << "it is kept";
}

}  // namespace
}  // namespace cleat::statefulset
