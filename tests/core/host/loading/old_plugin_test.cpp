// The ABI grows at the ends of its structs, and nobody notices: a plugin of the first release (on x86-64 the file that
// was built then, fixtures/released) in this host and in one whose structs have grown, and a plugin that has grown in
// this host.
#include <cstdio>

#include "tests/core/host/host_fixture.h"

namespace cleat::host {
namespace {

class OldPlugin : public HostTest {
 protected:
  void answers(const std::string& name, bool isolated) {
    auto loaded = load(name, isolated);
    ASSERT_TRUE(loaded) << loaded.error().message;
    RoleAnswer answer = call(name, 0, textMessage("as ever"));
    ASSERT_EQ(answer.status, CLEAT_OK);
    EXPECT_EQ(textIn(*answer.message), "as ever");
    EXPECT_TRUE(lines.have("info " + name + ": started"));
  }
};

TEST_F(OldPlugin, OneOfTheFirstReleaseLoads) { answers("old-plugin", false); }
TEST_F(OldPlugin, AlsoIntoAProcessOfItsOwn) { answers("old-plugin", true); }
TEST_F(OldPlugin, OneWhoseStructsHaveGrownLoads) { answers("grown-plugin", false); }

TEST_F(OldPlugin, AHostWhoseStructsHaveGrownTakesTheOldOne) {
  const std::string command = CLEAT_BINARY_DIR "/fixtures/grown_host " + fixtureFile("old-plugin") + " 2>&1";
  std::FILE* output = popen(command.c_str(), "r");
  ASSERT_TRUE(output);
  char line[512] = {};
  static_cast<void>(!std::fgets(line, sizeof line, output));
  EXPECT_EQ(pclose(output), 0);
  EXPECT_STREQ(line, "ok\n");
}

}  // namespace
}  // namespace cleat::host
