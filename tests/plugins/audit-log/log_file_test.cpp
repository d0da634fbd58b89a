// The file of the audit log: what is written, when a new one is begun, and what goes.
#include "audit-log/log_file.h"

#include <cleat/sdk/text.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cleat::audit {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using namespace std::chrono_literals;

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() : folder(concat(testing::TempDir(), "log-file-test-", ::getpid())) {
    fs::remove_all(folder);
    options.path = folder + "/logs/audit.log";
    options.clock = [this] { return now; };
  }
  ~LogFileTest() override { fs::remove_all(folder); }

  std::string textOf(const std::string& name) {
    std::ifstream in(folder + "/logs/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder + "/logs")) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  const std::string folder;
  std::chrono::system_clock::time_point now{std::chrono::seconds(1'790'000'000)};  // 2026-09-21T14:13:20Z
  LogFileOptions options;
};

TEST_F(LogFileTest, AppendsAndGoesOnAfterARestart) {
  {
    LogFile log(options);
    ASSERT_TRUE(log.append("a\n"));
    ASSERT_TRUE(log.append("b\n"));
  }
  LogFile again(options);
  ASSERT_TRUE(again.append("c\n"));
  EXPECT_EQ(textOf("audit.log"), "a\nb\nc\n");
}

TEST_F(LogFileTest, BeginsANewOneWhenItIsFull) {
  options.mostBytes = 4;
  options.mostBackups = 2;
  LogFile log(options);
  for (const char* text : {"aa\n", "bb\n", "cc\n", "dd\n"}) {
    ASSERT_TRUE(log.append(text));
    now += 1s;
  }
  EXPECT_THAT(files(),
              ElementsAre("audit-2026-09-21T14-13-22.000.log", "audit-2026-09-21T14-13-23.000.log", "audit.log"));
  EXPECT_EQ(textOf("audit-2026-09-21T14-13-22.000.log"), "bb\n");
  EXPECT_EQ(textOf("audit.log"), "dd\n");
}

TEST_F(LogFileTest, ForgetsWhatIsTooOld) {
  options.mostBytes = 4;
  options.longestKept = 24h;
  LogFile log(options);
  ASSERT_TRUE(log.append("aa\n"));
  ASSERT_TRUE(log.append("bb\n"));
  EXPECT_EQ(files().size(), 2u);
  now += 25h;
  ASSERT_TRUE(log.append("cc\n"));
  EXPECT_THAT(files(), ElementsAre("audit-2026-09-22T15-13-20.000.log", "audit.log"));
}

TEST_F(LogFileTest, IsMadeAnewWhenSomebodyMovesItAway) {
  LogFile log(options);
  ASSERT_TRUE(log.append("a\n"));
  fs::rename(options.path, folder + "/moved");
  ASSERT_TRUE(log.append("b\n"));
  EXPECT_EQ(textOf("audit.log"), "b\n");
}

TEST_F(LogFileTest, SaysWhenThereIsNoRoom) {
  options.path = "/dev/full";
  LogFile log(options);
  const Result<void> written = log.append("a\n");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "cannot write to /dev/full: No space left on device");
}

}  // namespace
}  // namespace cleat::audit
