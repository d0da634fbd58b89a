// Which tolerations cover which, and what is left of two lists of them.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/taints.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace cleat {
namespace {

using testing::ElementsAre;

struct Said {
  std::string key, op, value, effect;
  std::optional<int64_t> seconds = {};
};

Draft<core_v1::PodSpec> specOf(const std::vector<Said>& all) {
  Draft<core_v1::PodSpec> spec;
  auto list = spec->initTolerations(static_cast<uint32_t>(all.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(all[i].key);
    list[i].setOperator(all[i].op);
    list[i].setValue(all[i].value);
    list[i].setEffect(all[i].effect);
    if (all[i].seconds) list[i].initTolerationSeconds().setValue(*all[i].seconds);
  }
  return spec;
}

bool covered(const Said& wide, const Said& narrow) {
  Draft<core_v1::PodSpec> both = specOf({wide, narrow});
  return covers(both.reader().getTolerations()[0], both.reader().getTolerations()[1]);
}

std::vector<std::string> merged(const std::vector<Said>& first, const std::vector<Said>& second) {
  Draft<core_v1::PodSpec> a = specOf(first), b = specOf(second);
  a->adoptTolerations(mergedTolerations(orphanageOf(*a), a.reader().getTolerations(), b.reader().getTolerations()));
  std::vector<std::string> keys;
  for (auto toleration : a.reader().getTolerations()) {
    keys.push_back(concat(toleration.getKey(), toleration.getEffect().size() > 0 ? ":" : "", toleration.getEffect()));
  }
  return keys;
}

TEST(Tolerations, CoverWhatToleratesNoMore) {
  const Said everything{"", "Exists", "", ""}, gpu{"gpu", "Exists", "", "NoSchedule"};
  EXPECT_TRUE(covered(everything, gpu));
  EXPECT_FALSE(covered(gpu, everything));
  EXPECT_TRUE(covered(gpu, {"gpu", "Equal", "a100", "NoSchedule"}));
  EXPECT_FALSE(covered(gpu, {"gpu", "Equal", "a100", "NoExecute"}));
  EXPECT_FALSE(covered(gpu, {"disk", "Exists", "", "NoSchedule"}));
  EXPECT_TRUE(covered({"gpu", "", "a100", ""}, {"gpu", "Equal", "a100", "NoSchedule"}));
  EXPECT_FALSE(covered({"gpu", "Equal", "a100", ""}, {"gpu", "Equal", "v100", ""}));
  EXPECT_FALSE(covered({"gpu", "Equal", "a100", ""}, {"gpu", "", "a100", "NoSchedule"})) << "as Kubernetes has it";
  EXPECT_TRUE(covered({"gpu", "", "a100", ""}, {"gpu", "", "a100", ""})) << "equal ones do";
}

TEST(Tolerations, CoverThoseThatLastNoLonger) {
  const Said minute{"gone", "Exists", "", "NoExecute", 60}, hour{"gone", "Exists", "", "NoExecute", 3600};
  EXPECT_TRUE(covered(hour, minute));
  EXPECT_FALSE(covered(minute, hour));
  EXPECT_FALSE(covered(minute, {"gone", "Exists", "", "NoExecute"})) << "for ever";
  EXPECT_TRUE(covered({"gone", "Exists", "", "NoExecute"}, hour));
}

TEST(Tolerations, OfTwoListsAreKeptOnceAndTheWiderOnes) {
  const Said gpu{"gpu", "Exists", "", "NoSchedule"}, disk{"disk", "Exists", "", "NoSchedule"};
  EXPECT_THAT(merged({gpu}, {disk}), ElementsAre("gpu:NoSchedule", "disk:NoSchedule"));
  EXPECT_THAT(merged({gpu, disk}, {gpu}), ElementsAre("gpu:NoSchedule", "disk:NoSchedule"));
  EXPECT_THAT(merged({gpu, disk}, {{"gpu", "Exists", "", ""}}), ElementsAre("disk:NoSchedule", "gpu"));
  EXPECT_THAT(merged({{"", "Exists", "", ""}}, {gpu, disk}), ElementsAre(""));
  EXPECT_THAT(merged({}, {}), ElementsAre());
}

}  // namespace
}  // namespace cleat
