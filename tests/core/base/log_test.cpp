#include "core/base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "core/base/metrics.h"

namespace cleat::base {
namespace {

TEST(Log, ALineHasTheTimeTheLevelAndTheComponentAndStaysOneLine) {
  std::string path = testing::TempDir() + "cleat_log_test_" + std::to_string(getpid());
  ASSERT_TRUE(startLog({.level = LogLevel::warn, .file = path}));
  log(LogLevel::info, "gate", "not written");
  log(LogLevel::error, "scheduler-default", "two\nlines \x1b[31m");
  startLog({});
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  unlink(path.c_str());
  EXPECT_EQ(text.str().find("not written"), std::string::npos);
  EXPECT_NE(text.str().find("Z error scheduler-default: two\\nlines \\x1b[31m\n"), std::string::npos) << text.str();
}

TEST(Log, AFileThatCannotBeOpenedIsReported) { EXPECT_FALSE(startLog({.file = "/nonexistent/log"})); }

TEST(Metrics, ATextHasEveryFamilyOnceWithItsSeries) {
  Metrics metrics;
  metrics.counter("calls_total", "Calls.", {{"plugin", "a\"b"}}).add(3);
  metrics.counter("calls_total", "Calls.", {{"plugin", "c"}}).add();
  EXPECT_EQ(&metrics.gauge("busy", "Busy."), &metrics.gauge("busy", "Busy."));
  metrics.gauge("busy", "Busy.").set(-2);
  auto& latency = metrics.histogram("latency_seconds", "Latency.");
  latency.observe(200'000);
  latency.observe(20'000'000'000);
  std::string text = metrics.text();
  EXPECT_NE(text.find("# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{plugin=\"a\\\"b\"} 3\n"
                      "calls_total{plugin=\"c\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("busy -2\n"), std::string::npos);
  EXPECT_NE(text.find("latency_seconds_bucket{le=\"0.0001\"} 0\nlatency_seconds_bucket{le=\"0.0005\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("latency_seconds_bucket{le=\"10\"} 1\nlatency_seconds_bucket{le=\"+Inf\"} 2\n"
                      "latency_seconds_sum 20.0002\nlatency_seconds_count 2\n"),
            std::string::npos);
}

}  // namespace
}  // namespace cleat::base
