// Which images go when the disk fills up, on a clock and a disk of the test's own.
#include "images/image_collector.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

constexpr uint64_t kGi = uint64_t{1} << 30;

class ImageCollectorTest : public PartTest {
 protected:
  void SetUp() override {
    PartTest::SetUp();
    runtime().images.clear();
  }
  void add(const std::string& image, uint64_t size) {
    runtime().images.insert(image);
    runtime().imageSizes[image] = size;
  }
  void start(ImageCollection settings = {}) {
    enter([&] {
      collector_.emplace(plugin().node.context, plugin().node.runtime, plugin().node.pullRecords, plugin().node.events);
      auto disk = [this]() -> Task<Result<DiskUsage>> { co_return DiskUsage{capacity, available}; };
      collector_->start(std::move(settings), disk, [this] { return used; },
                        {.apiVersion = "v1", .kind = "Node", .name = "node1", .uid = "node1"});
    });
  }
  void pass(Duration by) {
    node_.host().advance(by);
    node_.settle();
  }
  std::vector<std::string> left() { return {runtime().images.begin(), runtime().images.end()}; }

  uint64_t capacity = 100 * kGi, available = 50 * kGi;
  std::set<std::string> used;
  std::optional<ImageCollector> collector_;
};

using Images = std::vector<std::string>;

TEST_F(ImageCollectorTest, ADiskThatIsNotFullKeepsEverything) {
  add("a:1", kGi);
  available = 16 * kGi;
  start();
  pass(1h);
  EXPECT_EQ(left(), Images{"a:1"});
}

TEST_F(ImageCollectorTest, AFullDiskLosesWhatHasNotBeenUsedForLongest) {
  for (const char* image : {"a:1", "b:1", "c:1", "d:1"}) add(image, 6 * kGi);
  used = {"b:1", "c:1", "docker.io/library/d:1"};
  start();
  pass(5min);
  used = {"c:1"};
  pass(5min);
  used = {};
  pass(1min);
  available = 10 * kGi;  // 90 % are used, and 10 GiB are to go
  pass(4min);
  EXPECT_EQ(left(), (Images{"c:1", "d:1"})) << "a was never used, b not since the first look";
  EXPECT_EQ(node_.events(), std::vector<std::string>());
}

TEST_F(ImageCollectorTest, WhatIsInUsePinnedOrNewStays) {
  add("used:1", 20 * kGi);
  add("registry.example/pinned/app:1", 20 * kGi);
  add("old:1", 1 * kGi);
  used = {"used:1"};
  ImageCollection settings;
  settings.pinned = *RepositoryList::parse({"registry.example/pinned/*"});
  start(std::move(settings));
  pass(4min + 59s);
  add("new:1", 20 * kGi);
  available = 5 * kGi;
  pass(1s);
  EXPECT_EQ(left(), (Images{"new:1", "registry.example/pinned/app:1", "used:1"}));
  EXPECT_TRUE(
      node_.hasEvent("FreeDiskSpaceFailed",
                     "Insufficient free disk space on the node's image filesystem (95% of 100.0 GiB used). Failed "
                     "to free sufficient space by deleting unused images (freed 1073741824 bytes). Investigate "
                     "disk usage, as it could be used by active images, logs, volumes, or other data."));
  EXPECT_FALSE(node_.hasEvent("ImageGCFailed", "")) << "once may be by chance";
  pass(5min);
  EXPECT_FALSE(runtime().images.contains("new:1")) << "old enough by now";
  pass(10min);
  EXPECT_TRUE(node_.hasEvent("ImageGCFailed", "Insufficient free disk space"));
}

TEST_F(ImageCollectorTest, WithAMaximumAgeAnUnusedImageGoesWithoutNeed) {
  add("a:1", kGi);
  add("b:1", kGi);
  used = {"b:1"};
  ImageCollection settings;
  settings.maximumAge = 1h;
  start(std::move(settings));
  pass(59min);
  EXPECT_EQ(left(), (Images{"a:1", "b:1"}));
  pass(11min);
  EXPECT_EQ(left(), Images{"b:1"});
  used = {};
  pass(30min);
  EXPECT_EQ(left(), Images{"b:1"}) << "used half an hour ago";
}

TEST_F(ImageCollectorTest, WhatCannotBeRemovedIsSaid) {
  add("a:1", kGi);
  start();
  available = 5 * kGi;
  runtime().failRemoveImage = "read-only file system";
  pass(10min);
  EXPECT_TRUE(node_.hasEvent("ImageGCFailed",
                             "wanted to free 16106127360 bytes, but freed 0 bytes space with errors in image deletion: "
                             "read-only file system"))
      << ::testing::PrintToString(node_.events());
}

TEST_F(ImageCollectorTest, ADiskWithoutASizeIsAnError) {
  start();
  capacity = 0;
  pass(10min);
  EXPECT_TRUE(node_.hasEvent("InvalidDiskCapacity", "invalid capacity 0 on image filesystem"));
}

TEST_F(ImageCollectorTest, LooksAsOftenAsItIsToldTo) {
  add("a:1", kGi);
  ImageCollection settings;
  settings.period = 10s;
  settings.minimumAge = {};
  start(std::move(settings));
  available = 10 * kGi;
  pass(9s);
  EXPECT_EQ(left(), Images{"a:1"});
  pass(2s);
  EXPECT_EQ(left(), Images{});
}

TEST_F(ImageCollectorTest, AHundredPercentIsNever) {
  add("a:1", kGi);
  available = 0;
  ImageCollection settings;
  settings.highThresholdPercent = 100;
  start(std::move(settings));
  pass(1h);
  EXPECT_EQ(left(), Images{"a:1"});
}

TEST_F(ImageCollectorTest, WhoPulledAnImageIsForgottenWithIt) {
  runtime().pullable = {"a:1"};
  ImageRequest request{"a:1", "IfNotPresent", "pod1", {}, {}};
  ASSERT_TRUE(plugin_->await(plugin().node.images.ensure(std::move(request))).present);
  std::string folder = node_.host().dataDir() + "/image_manager/pulled";
  EXPECT_EQ(listFolder(folder)->size(), 1u);
  start();
  EXPECT_EQ(listFolder(folder)->size(), 1u);
  runtime().images.clear();
  pass(5min);
  EXPECT_EQ(listFolder(folder)->size(), 0u);
}

TEST(ImageCollectionTest, SettingsThatMakeNoSenseAreNamed) {
  ImageCollection settings;
  EXPECT_TRUE(settings.check());
  settings.lowThresholdPercent = 90;
  EXPECT_EQ(settings.check().error().message,
            "image_gc_low_threshold_percent: must be less than image_gc_high_threshold_percent (85), and is 90");
  settings = {.highThresholdPercent = 101};
  EXPECT_EQ(settings.check().error().message,
            "image_gc_high_threshold_percent: must be between 0 and 100, inclusive, and is 101");
  settings = {.period = 0s};
  EXPECT_EQ(settings.check().error().message, "image_gc_period: must be at least 1s");
  settings = {.maximumAge = 1min};
  EXPECT_EQ(settings.check().error().message, "image_maximum_gc_age: must be greater than image_minimum_gc_age");
}

}  // namespace
}  // namespace cleat::agent::test
