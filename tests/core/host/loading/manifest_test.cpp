#include "core/host/loading/manifest.h"
#include "cleat_folders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

#include "core/host/loading/elf_file.h"
#include "core/host/loading/settings.h"

namespace cleat::host {
namespace {

std::string builtFile(const std::string& name) { return CLEAT_BINARY_DIR "/fixtures/" + name + ".so"; }

TEST(Manifest, IsReadFromTheFileWithItsRolesAndSettings) {
  auto manifest = readManifest(builtFile("echo-concurrent"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->name, "echo-concurrent");
  EXPECT_EQ(manifest->version, "1.0.0");
  EXPECT_EQ(manifest->maturity, "stable");
  EXPECT_EQ(manifest->roles, (std::vector<std::string>{"authorizer", "network"}));
  EXPECT_TRUE(manifest->concurrentCalls);
  ASSERT_EQ(manifest->settings.size(), 5u);
  EXPECT_EQ(manifest->settings[0].key, "greeting");
  EXPECT_EQ(manifest->settings[0].byDefault, "hello");
  EXPECT_EQ(manifest->settings[0].meaning, "what it says");
}

TEST(Manifest, EveryBadFileIsRefusedWithOneLineThatSaysWhy) {
  struct {
    const char* name;
    const char* why;
  } cases[] = {
      {"wrong-magic", R"(not a Cleat plugin: its manifest begins with "CLAYPLUG", not "CLEATPLG")"},
      {"other-major", "built for plugin ABI 2.1, this program has ABI 1.1: the major versions must be the same"},
      {"newer-minor", "built for plugin ABI 1.8, this program has ABI 1.1: the plugin needs a newer one"},
      {"unended-text", "a text of its manifest does not end"},
      {"bad-grant",
       R"(the manifest asks for the grant "configmaps list": must be GROUP RESOURCE[,RESOURCE] VERB[,VERB], the core group written as -)"},
      {"no-manifest", "not a Cleat plugin: it has no section .cleat.manifest"},
      {"absent", "No such file or directory"},
  };
  for (const auto& bad : cases) {
    auto manifest = readManifest(builtFile(bad.name));
    ASSERT_FALSE(manifest) << bad.name;
    EXPECT_EQ(manifest.error().message, builtFile(bad.name) + ": " + bad.why);
  }
}

class OddFile : public testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  ~OddFile() override { unlink(path.c_str()); }
  std::string path = testing::TempDir() + "cleat-odd-file-" + std::to_string(getpid());
};

TEST_F(OddFile, WhatIsNoSharedObjectIsRefused) {
  for (std::string bytes : {"", "\x7f", "#!/bin/sh\nexit 0\n",
                            "\x7f"
                            "ELF"}) {
    auto manifest = readManifest(write(bytes));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().message, path + ": not a shared object");
  }
  EXPECT_EQ(readManifest("/proc/self/exe").error().message.substr(0, 16), "/proc/self/exe: ");
  EXPECT_EQ(readManifest("/dev/null").error().message, "/dev/null: not a regular file");
}

TEST_F(OddFile, DamageAnywhereIsSurvived) {
  std::ifstream file(builtFile("no-manifest"), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const std::string good = text.str();
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    // The header and the section table are what the reader trusts least.
    for (int hit = 0; hit < 4; ++hit) {
      size_t from = random() % 2 ? 0 : bad.size() - std::min<size_t>(bad.size(), 2048);
      size_t place = from + random() % (from == 0 ? 64 : bad.size() - from);
      bad[place] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    EXPECT_FALSE(readManifest(write(bad)));
  }
}

base::PluginSetting setting(const char* key, base::PluginSetting::Type type, const char* text) {
  return {type, key, text, {}, "cleat.toml:7"};
}

TEST(Settings, AreCheckedAgainstWhatTheManifestDeclares) {
  auto manifest = readManifest(builtFile("echo"));
  ASSERT_TRUE(manifest);
  using Type = base::PluginSetting::Type;
  auto check = [&](base::PluginSetting given) {
    auto checked = checkSettings(*manifest, {given});
    return checked ? std::string("good") : checked.error().message;
  };
  EXPECT_EQ(check(setting("greeting", Type::string, "hi")), "good");
  EXPECT_EQ(check(setting("limit", Type::integer, "3")), "good");
  for (const char* good : {"5s", "500ms", "1h30m", "0", "0s", "2m10s"}) {
    EXPECT_EQ(check(setting("wait", Type::string, good)), "good") << good;
  }
  for (const char* bad : {"", "5", "s", "5 s", "5x", "-5s", "5s5"}) {
    EXPECT_EQ(check(setting("wait", Type::string, bad)), std::string("cleat.toml:7: plugins.echo.wait: \"") + bad +
                                                             "\": must be a duration, such as 500ms, 10s or 1h30m");
  }
  EXPECT_EQ(check(setting("limit", Type::string, "3")), "cleat.toml:7: plugins.echo.limit: must be an integer");
  EXPECT_EQ(check(setting("strict", Type::integer, "1")), "cleat.toml:7: plugins.echo.strict: must be true or false");
  EXPECT_EQ(check(setting("names", Type::string, "a")), "cleat.toml:7: plugins.echo.names: must be a list of strings");
  EXPECT_EQ(
      check(setting("greetign", Type::string, "hi")),
      "cleat.toml:7: plugins.echo.greetign: no such setting; the plugin has greeting, limit, wait, names, strict; "
      "did you mean \"greeting\"?");
}

}  // namespace
}  // namespace cleat::host
