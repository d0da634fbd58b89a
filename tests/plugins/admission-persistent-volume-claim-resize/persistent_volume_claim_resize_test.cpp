#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

class ClaimResizeTest : public testing::Test {
 protected:
  ClaimResizeTest() {
    host.know<StorageClass>();
    plugin.emplace(host.start(cleat_plugin_v1()));
  }

  static Object<PersistentVolumeClaim> claim(const char* size, const char* phase = "Bound", const char* name = "s") {
    auto draft = test::named<PersistentVolumeClaim>("default", "data");
    test::fillMap(draft->getSpec().getResources().initRequests(1), {{"storage", size}});
    if (*name != 0) draft->getSpec().setStorageClassName(name);
    draft->getStatus().setPhase(phase);
    return std::move(draft).freeze();
  }
  void expandable(bool allowed) {
    auto draft = test::named<StorageClass>("", "s");
    draft->initAllowVolumeExpansion().setValue(allowed);
    host.put(std::move(draft));
  }
  // Empty: it may.
  std::string refusal(const Object<PersistentVolumeClaim>& old, const Object<PersistentVolumeClaim>& now) {
    auto outcome = test::admit<PersistentVolumeClaim>(
        *plugin, test::Pass::validate, {.operation = role::Operation::UPDATE, .ns = "default", .name = "data"}, now,
        old);
    if (outcome.ok()) return "";
    EXPECT_EQ(outcome.status.code, 403);
    return outcome.status.message;
  }

  static constexpr const char* kNotExpandable =
      "persistentvolumeclaims \"data\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass "
      "that provisions the pvc must support resize";

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ClaimResizeTest, ItSeesClaimsThatAreChanged) {
  EXPECT_THAT(test::interestsOf(*plugin), testing::ElementsAre("validate update persistentvolumeclaims"));
}

TEST_F(ClaimResizeTest, AClaimGrowsWhereItsClassSaysThatItMay) {
  EXPECT_EQ(refusal(claim("1Gi"), claim("2Gi")), kNotExpandable) << "there is no such class";
  expandable(false);
  EXPECT_EQ(refusal(claim("1Gi"), claim("2Gi")), kNotExpandable);
  expandable(true);
  EXPECT_EQ(refusal(claim("1Gi"), claim("2Gi")), "");
  EXPECT_EQ(refusal(claim("1Gi", "Bound", ""), claim("2Gi", "Bound", "")), kNotExpandable);
  EXPECT_EQ(refusal(claim("1Gi", "Bound", "t"), claim("2Gi")), kNotExpandable);
}

TEST_F(ClaimResizeTest, OnlyABoundClaimGrows) {
  expandable(true);
  EXPECT_EQ(refusal(claim("1Gi", "Pending"), claim("2Gi", "Pending")),
            "persistentvolumeclaims \"data\" is forbidden: Only bound persistent volume claims can be expanded");
}

TEST_F(ClaimResizeTest, WhatDoesNotGrowIsForOthersToJudge) {
  EXPECT_EQ(refusal(claim("2Gi"), claim("1Gi")), "");
  EXPECT_EQ(refusal(claim("1Gi"), claim("1024Mi")), "");
}

}  // namespace
}  // namespace cleat
