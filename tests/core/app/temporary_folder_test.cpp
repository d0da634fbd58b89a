#include "core/app/temporary_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

// The machine's temporary folder is one of the test's own.
class TemporaryFolders : public ::testing::Test {
 protected:
  TemporaryFolders() {
    const char* had = ::getenv("TMPDIR");
    if (had) before_ = had;
    std::string made = ::testing::TempDir() + "temporary-folder-XXXXXX";
    among_ = ::mkdtemp(made.data());
    ::setenv("TMPDIR", among_.c_str(), 1);
  }
  ~TemporaryFolders() override {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
    fs::remove_all(among_);
  }

  size_t count() const { return static_cast<size_t>(std::distance(fs::directory_iterator(among_), {})); }
  // Of a process that has been killed, with a file in it.
  std::string left(const char* name) const {
    const size_t before = count();
    const pid_t pid = ::fork();
    if (pid == 0) {
      const Result<TemporaryFolder> made = TemporaryFolder::make(name);
      if (made) std::ofstream(made->path() + "/file") << "something";
      ::raise(SIGKILL);
    }
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(count(), before + 1);
    for (const auto& each : fs::directory_iterator(among_)) {
      if (each.path().filename().string().starts_with(name)) return each.path();
    }
    return {};
  }

  std::string among_, before_;
};

TEST_F(TemporaryFolders, GoWithTheirOwners) {
  {
    Result<TemporaryFolder> made = TemporaryFolder::make("cleat-test");
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->path().starts_with(among_ + "/cleat-test-")) << made->path();
    std::ofstream(made->path() + "/file") << "something";
    const TemporaryFolder moved = std::move(*made);
    EXPECT_EQ(count(), 1u);
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(TemporaryFolders, WhatAKilledProcessHasLeftGoesAsTheNextOneIsMade) {
  const std::string dead = left("cleat-test");
  ASSERT_TRUE(fs::exists(dead + "/file"));
  std::vector<std::string> told;
  const auto made = TemporaryFolder::make("cleat-test", [&](const std::string& folder) { told.push_back(folder); });
  ASSERT_TRUE(made);
  EXPECT_EQ(told, std::vector{dead});
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_EQ(count(), 1u);
}

TEST_F(TemporaryFolders, NothingElseGoes) {
  const std::string other = left("cleat-other");
  const auto living = TemporaryFolder::make("cleat-test");
  fs::create_directory_symlink(other, among_ + "/cleat-test-link");
  const auto another = TemporaryFolder::make("cleat-test");
  ASSERT_TRUE(living && another);
  EXPECT_TRUE(fs::exists(living->path()));
  EXPECT_TRUE(fs::exists(other + "/file"));
  EXPECT_EQ(count(), 4u);
}

}  // namespace
}  // namespace cleat::app
