// The interfaces of roles that plugins' files carry.
#include "core/host/loading/carried_interfaces.h"

#include <cleat/sdk/interface.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

const CarriedInterface* named(const std::vector<CarriedInterface>& all, std::string_view role) {
  auto found = std::ranges::find(all, role, &CarriedInterface::role);
  return found == all.end() ? nullptr : &*found;
}

TEST(CarriedInterfaces, AreReadOutOfTheFile) {
  auto carried = readInterfaces(fixtureFile("echo"));
  ASSERT_TRUE(carried) << carried.error().message;
  ASSERT_EQ(carried->size(), 2u);
  const CarriedInterface* runtime = named(*carried, "runtime");
  ASSERT_TRUE(runtime);
  EXPECT_EQ(runtime->name, "Runtime");
  EXPECT_EQ(runtime->id, role::runtime::status.interfaceId);
  ASSERT_GT(runtime->methods.size(), role::runtime::status.ordinal);
  EXPECT_EQ(runtime->methods[role::runtime::status.ordinal], "status");
  EXPECT_TRUE(named(*carried, "network"));
}

TEST(CarriedInterfaces, AreNoneWhereAFileBringsNone) {
  auto carried = readInterfaces(fixtureFile("no-manifest"));
  ASSERT_TRUE(carried) << carried.error().message;
  EXPECT_TRUE(carried->empty());
}

TEST(CarriedInterfaces, ARoleIsCalledWhatItsInterfaceIs) {
  EXPECT_EQ(roleNameOf("Kinds"), "kinds");
  EXPECT_EQ(roleNameOf("SchedulerExtension"), "scheduler-extension");
}

TEST(CarriedInterfaces, DamagedOnesAreRefused) {
  auto refused = [](const std::vector<uint64_t>& words) {
    auto parsed = parseInterfaces({reinterpret_cast<const char*>(words.data()), words.size() * 8}, "x.so");
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({0, 0}), "");
  EXPECT_EQ(refused({1, 2, 3}), "x.so: the schemas of its roles are damaged");
  EXPECT_EQ(refused({detail::kInterfaceMagic}), "x.so: the schemas of its roles are damaged");
  EXPECT_EQ(refused({detail::kInterfaceMagic, 100, 0}), "x.so: the schemas of its roles are damaged");
  EXPECT_TRUE(
      refused({detail::kInterfaceMagic, 1, 0}).starts_with("x.so: the schema of one of its roles is damaged: "));
  // Whatever is written over it, it is refused or read, and nothing else.
  auto carried = readInterfaces(fixtureFile("echo"));
  ASSERT_TRUE(carried);
  auto part = carried->front().schema->words();
  std::vector<uint64_t> whole = {detail::kInterfaceMagic, part.size() + 1, uint64_t{part.size()} << 32};
  whole.insert(whole.end(), part.begin(), part.end());
  EXPECT_EQ(refused(whole), "");
  for (size_t at = 3; at < whole.size(); at += 1 + at / 64) {
    std::vector<uint64_t> broken = whole;
    broken[at] = ~broken[at];
    auto parsed = parseInterfaces({reinterpret_cast<const char*>(broken.data()), broken.size() * 8}, "x.so");
    if (parsed) (void)learnInterfaces(*parsed, "x.so");
  }
}

}  // namespace
}  // namespace cleat::host
