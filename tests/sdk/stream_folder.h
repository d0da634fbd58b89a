// A fixture with a folder for the sockets of streams.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace cleat {

class StreamFolder : public testing::Test {
 protected:
  StreamFolder() {
    char pattern[] = "/tmp/cleat-streams-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~StreamFolder() override { std::filesystem::remove_all(folder_); }
  bool isEmpty() const { return std::filesystem::is_empty(folder_); }
  std::string folder_;
};

}  // namespace cleat
