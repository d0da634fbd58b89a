#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

class DefaultStorageClassTest : public testing::Test {
 protected:
  DefaultStorageClassTest() { plugin.emplace(host.start(cleat_plugin_v1())); }

  void putClass(const char* name, const char* annotation = "storageclass.kubernetes.io/is-default-class") {
    auto draft = test::named<StorageClass>("", name);
    setAnnotation(draft.meta(), annotation, "true");
    host.put(std::move(draft));
  }
  // The class that the claim is given; "as it was" where it is not touched.
  std::string given(Draft<PersistentVolumeClaim> claim = test::named<PersistentVolumeClaim>("default", "data")) {
    auto outcome = test::admit<PersistentVolumeClaim>(*plugin, test::Pass::mutate, {.ns = "default", .name = "data"},
                                                      std::move(claim).freeze());
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    if (outcome.answer.objects().empty()) return "as it was";
    return str(outcome.answer.object<PersistentVolumeClaim>()->getSpec().getStorageClassName());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(DefaultStorageClassTest, ItSeesClaimsThatAreCreated) {
  EXPECT_THAT(test::interestsOf(*plugin), testing::ElementsAre("mutate create persistentvolumeclaims"));
}

TEST_F(DefaultStorageClassTest, AClaimWithoutAClassIsGivenTheNewestDefault) {
  host.know<StorageClass>();
  EXPECT_EQ(given(), "as it was");
  putClass("plain", "example.com/other");
  EXPECT_EQ(given(), "as it was");
  putClass("b");
  EXPECT_EQ(given(), "b");
  putClass("a", "storageclass.beta.kubernetes.io/is-default-class");
  EXPECT_EQ(given(), "a") << "of two of one age the first by name";
  host.advance(2s);
  putClass("c");
  EXPECT_EQ(given(), "c");
}

TEST_F(DefaultStorageClassTest, WhoAsksForAClassOrForNoneIsHeard) {
  putClass("a");
  auto none = test::named<PersistentVolumeClaim>("default", "data");
  none->getSpec().setStorageClassName("");
  EXPECT_EQ(given(std::move(none)), "as it was");
  auto old = test::named<PersistentVolumeClaim>("default", "data");
  setAnnotation(old.meta(), "volume.beta.kubernetes.io/storage-class", "other");
  EXPECT_EQ(given(std::move(old)), "as it was");
}

}  // namespace
}  // namespace cleat
