#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Event;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;

class ExpanderTest : public testing::Test {
 protected:
  ExpanderTest() {
    host.know<PersistentVolume>();
    host.know<PersistentVolumeClaim>();
    host.know<Event>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  // A claim that has a volume of `has` and asks for `wants`.
  void claim(const char* wants, const char* has, const char* phase = "Bound") {
    auto draft = test::makeClaim("data", "", wants);
    draft->getSpec().setVolumeName("disk");
    draft->getStatus().setPhase(phase);
    test::setSize(draft->getStatus().initCapacity(1), has);
    host.put(std::move(draft));
  }
  void volume(const char* owner) {
    auto draft = test::makeVolume("disk");
    test::setClaimRef(*draft, "data", owner);
    host.put(std::move(draft));
    host.settle();
  }
  std::vector<std::string> events() {
    host.settle();
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) all.push_back(concat(event->getType(), " ", event->getReason()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ExpanderTest, TellsWhoAsksForMore) {
  volume("uid-data");
  claim("1Gi", "1Gi");
  EXPECT_THAT(events(), testing::IsEmpty());
  claim("2Gi", "1Gi");
  EXPECT_THAT(events(), testing::ElementsAre("Normal ExternalExpanding"));
  claim("2Gi", "2Gi");
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(ExpanderTest, SaysNothingOfClaimsThatAreNotBound) {
  volume("uid-data");
  claim("2Gi", "1Gi", "Pending");
  EXPECT_THAT(events(), testing::IsEmpty());
  host.remove<PersistentVolumeClaim>("default", "data");
  volume("uid-other");
  claim("2Gi", "1Gi");
  EXPECT_THAT(events(), testing::IsEmpty());
}

TEST_F(ExpanderTest, LooksAgainWhereTheVolumeIsNotSeenToBeTheClaimsYet) {
  claim("2Gi", "1Gi");
  EXPECT_THAT(events(), testing::IsEmpty());
  volume("uid-data");
  host.advance(std::chrono::seconds(1));
  EXPECT_THAT(events(), testing::ElementsAre("Normal ExternalExpanding"));
}

}  // namespace
}  // namespace cleat
