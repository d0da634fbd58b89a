// A folder under /tmp for one test, removed with everything in it.
#pragma once

#include <cleat/sdk/file.h>

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <utility>

namespace cleat::runtime {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/cleat-rt-XXXXXX";
    path_ = mkdtemp(name);
  }
  // One that another process made, and removes.
  explicit TemporaryFolder(std::string path) : path_(std::move(path)), ours_(false) {}
  ~TemporaryFolder() {
    if (!ours_) return;
    auto removed = removeTree(path_);
    EXPECT_TRUE(removed) << removed.error().message;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool ours_ = true;
};

}  // namespace cleat::runtime
