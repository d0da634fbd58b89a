// Logs as kubectl asks for them, out of files as runtimes write them.
#include "server/log_reader.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "pod/log_rotation.h"

namespace cleat::agent {
namespace {

class Logs : public ::testing::Test {
 protected:
  Logs() {
    char pattern[] = "/tmp/cleat-log-test-XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/0.log";
  }
  ~Logs() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  std::string read(const std::string& query) {
    LogReader reader(path_, *parseLogOptions(query, *parseTime(std::string_view("2026-03-01T12:00:10Z"))));
    if (!reader.open()) return "cannot open";
    std::string out;
    while (*reader.read(out, 1000)) {
    }
    return out;
  }

  std::string folder_, path_;
};

constexpr const char* kThreeLines =
    "2026-03-01T12:00:00.000000001Z stdout F one\n"
    "2026-03-01T12:00:05.000000001Z stderr F two\n"
    "2026-03-01T12:00:09.000000001Z stdout P thr\n"
    "2026-03-01T12:00:09.000000002Z stdout F ee\n";

struct LogCase {
  const char *query, *text;
};
TEST_F(Logs, AreGivenAsAsked) {
  write(kThreeLines);
  for (const LogCase& one :
       std::initializer_list<LogCase>{{"", "one\ntwo\nthree\n"},
                                      {"tailLines=0", ""},
                                      {"tailLines=3", "two\nthree\n"},
                                      {"tailLines=100", "one\ntwo\nthree\n"},
                                      {"sinceSeconds=6", "two\nthree\n"},
                                      {"sinceTime=2026-03-01T12:00:05Z", "two\nthree\n"},
                                      {"limitBytes=5", "one\nt"},
                                      {"stream=Stderr", "two\n"},
                                      {"timestamps=true&tailLines=2", "2026-03-01T12:00:09.000000001Z three\n"}}) {
    EXPECT_EQ(read(one.query), one.text) << one.query;
  }
}

TEST_F(Logs, WhatIsWrittenLaterIsReadLater) {
  write("2026-03-01T12:00:00Z stdout F one\n2026-03-01T12:00:00Z stdout F tw");
  LogReader reader(path_, {});
  ASSERT_TRUE(reader.open());
  std::string out;
  EXPECT_TRUE(*reader.read(out, 1000));
  EXPECT_EQ(out, "one\n");
  write("o\n");
  EXPECT_TRUE(*reader.read(out, 1000));
  EXPECT_EQ(out, "one\ntwo\n");
  EXPECT_FALSE(*reader.read(out, 1000));
}

TEST_F(Logs, ARotatedFileIsFollowedIntoTheNewOne) {
  write("2026-03-01T12:00:00Z stdout F old\n");
  LogReader reader(path_, {});
  ASSERT_TRUE(reader.open());
  std::string out;
  EXPECT_TRUE(*reader.read(out, 1000));
  EXPECT_FALSE(reader.rotated());
  std::filesystem::rename(path_, path_ + ".1");
  write("2026-03-01T12:00:01Z stdout F new\n");
  EXPECT_TRUE(reader.rotated());
  ASSERT_TRUE(reader.reopen());
  EXPECT_TRUE(*reader.read(out, 1000));
  EXPECT_EQ(out, "old\nnew\n");
}

TEST_F(Logs, ATailLongerThanABlockIsFound) {
  std::string line = "2026-03-01T12:00:00Z stdout F " + std::string(1000, 'x') + "\n";
  for (int i = 0; i < 200; ++i) write(line);
  EXPECT_EQ(read("tailLines=150").size(), 150u * 1001);
}

TEST_F(Logs, OnesThatAreTooLongArePutAsideAndTheOldestOfThoseRemoved) {
  LogLimits limits{.mostBytes = 10, .mostFiles = 3};
  for (int i = 0; i < 5; ++i) {
    write("2026-03-01T12:00:00Z stdout F text\n");
    EXPECT_TRUE(*rotateLog(path_, "2026030" + std::to_string(i), limits));
  }
  write("short\n");
  EXPECT_FALSE(*rotateLog(path_, "20260309", limits));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 3);
  EXPECT_TRUE(std::filesystem::exists(path_ + ".20260304"));
  EXPECT_FALSE(*rotateLog(folder_ + "/absent.log", "1", limits));
}

TEST(LogOptionsText, RefusesWhatIsNotANumberOrATime) {
  EXPECT_FALSE(parseLogOptions("tailLines=x", {}));
  EXPECT_FALSE(parseLogOptions("sinceTime=yesterday", {}));
  EXPECT_TRUE(parseLogOptions("sinceTime=2026-03-01T12%3A00%3A05Z", {})->since);
}

}  // namespace
}  // namespace cleat::agent
