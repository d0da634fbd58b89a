// Which volume suits a claim.
#include "volume-common/volume_match.h"

#include <gtest/gtest.h>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"

namespace cleat::volumes {
namespace {

using test::makeClaim;
using test::makeVolume;

Object<PersistentVolume> volumeOn(const char* name, const char* host) {
  auto volume = makeVolume(name);
  auto term = volume->getSpec().initNodeAffinity().initRequired().initNodeSelectorTerms(1)[0];
  auto requirement = term.initMatchExpressions(1)[0];
  requirement.setKey("host");
  requirement.setOperator("In");
  requirement.initValues(1).set(0, host);
  return std::move(volume).freeze();
}

TEST(VolumeMatch, OnANodeOnlyWhatIsWithinItsReachCounts) {
  const auto claim = makeClaim("data").freeze();
  const std::vector all{volumeOn("near", "a"), volumeOn("far", "b")};
  const auto node = test::makeNode("a", {}, {{"host", "a"}}).freeze();
  const auto found = bestMatch(claim, all, {.node = node});
  ASSERT_TRUE(found);
  EXPECT_EQ(found.name(), "near");
  auto isTaken = [](const Object<PersistentVolume>& volume) { return volume.name() == "near"; };
  EXPECT_FALSE(bestMatch(claim, all, {.node = node, .isTaken = isTaken}));
}

TEST(VolumeMatch, OfEqualsOneWithFewerAccessModesIsTaken) {
  auto versatile = makeVolume("a");
  auto modes = versatile->getSpec().initAccessModes(2);
  modes.set(0, "ReadWriteOnce");
  modes.set(1, "ReadWriteMany");
  const std::vector all{std::move(versatile).freeze(), makeVolume("b").freeze()};
  EXPECT_EQ(bestMatch(makeClaim("data").freeze(), all).name(), "b");
}

TEST(VolumeMatch, OneThatIsBeingDeletedIsForNobodyElse) {
  auto leaving = makeVolume("disk");
  leaving.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  const auto claim = makeClaim("data").freeze();
  EXPECT_FALSE(bestMatch(claim, {Draft<PersistentVolume>(leaving.reader()).freeze()}));
  test::setClaimRef(*leaving, "data", "");
  EXPECT_FALSE(bestMatch(claim, {Draft<PersistentVolume>(leaving.reader()).freeze()}));
  test::setClaimRef(*leaving, "data", "uid-data");
  EXPECT_TRUE(bestMatch(claim, {Draft<PersistentVolume>(leaving.reader()).freeze()})) << "but for whose it is";
}

TEST(VolumeMatch, AClassMayBeForSomeNodesOnly) {
  auto draft = test::makeClass("zonal", "p");
  EXPECT_TRUE(mayBeMadeFor(Draft<storage_v1::StorageClass>(draft.reader()).freeze(), test::makeNode("a", {}).freeze()));
  auto wanted = draft->initAllowedTopologies(1)[0].initMatchLabelExpressions(1)[0];
  wanted.setKey("zone");
  wanted.initValues(1).set(0, "x");
  const auto zonal = std::move(draft).freeze();
  EXPECT_TRUE(mayBeMadeFor(zonal, test::makeNode("a", {}, {{"zone", "x"}}).freeze()));
  EXPECT_FALSE(mayBeMadeFor(zonal, test::makeNode("b", {}, {{"zone", "y"}}).freeze()));
  EXPECT_FALSE(mayBeMadeFor(zonal, test::makeNode("c", {}).freeze()));
}

}  // namespace
}  // namespace cleat::volumes
