#include "plugins/runtime-oci/containers/capabilities.h"

#include <gtest/gtest.h>

namespace cleat::runtime {
namespace {

TEST(CapabilitiesTest, AddAndDropWorkOnDockersListAndNothingThatWeLackIsGiven) {
  constexpr uint64_t kAll = (1ull << 41) - 1;
  auto count = [&](const CapabilityWish& wish, uint64_t held) { return resolveCapabilities(wish, held)->size(); };
  EXPECT_EQ(count({}, kAll), 14u);
  EXPECT_EQ(count({.privileged = true}, kAll), 41u);
  EXPECT_EQ(count({.privileged = true}, kAll & ~(1ull << 24)), 40u);
  EXPECT_EQ(count({.add = {"ALL"}, .drop = {"CAP_SYS_ADMIN"}}, kAll), 40u);
  EXPECT_EQ(*resolveCapabilities({.add = {"net_admin"}, .drop = {"ALL"}}, kAll),
            std::vector<std::string>{"CAP_NET_ADMIN"});
  EXPECT_EQ(resolveCapabilities({.add = {"FLY"}}, kAll).error().message, "unknown capability \"FLY\"");
}

}  // namespace
}  // namespace cleat::runtime
