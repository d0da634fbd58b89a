// Which libraries come with a plugin's file.
#include "core/host/loading/companions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cleat_folders.h"

namespace cleat::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kFixtures = CLEAT_BINARY_DIR "/fixtures/";

TEST(Companions, AreThoseBesideIt) {
  EXPECT_THAT(companionsOf(kFixtures + "companioned.so"), ElementsAre(kFixtures + "beside/libcompanion.so"));
}

TEST(Companions, AreNotTheSystems) { EXPECT_THAT(companionsOf(kFixtures + "echo.so"), IsEmpty()); }

TEST(Companions, OfWhatIsNoLibraryThereAreNone) {
  EXPECT_THAT(companionsOf("/etc/hostname"), IsEmpty());
  EXPECT_THAT(companionsOf(kFixtures + "absent.so"), IsEmpty());
}

}  // namespace
}  // namespace cleat::host
