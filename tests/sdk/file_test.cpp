#include <cleat/sdk/file.h>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cleat {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cleat-file-XXXXXX";
    folder = mkdtemp(name);
  }
  void TearDown() override { EXPECT_TRUE(removeTree(folder)); }
  std::string folder;
};

TEST_F(FileTest, WhatIsWrittenIsReadAndNoTemporaryFileStays) {
  ASSERT_TRUE(writeFile(folder + "/a", "one"));
  ASSERT_TRUE(writeFile(folder + "/a", "two"));
  EXPECT_EQ(*readFile(folder + "/a"), "two");
  EXPECT_EQ(listFolder(folder)->size(), 1u);
  struct stat facts;
  ASSERT_EQ(stat((folder + "/a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(FileTest, AMissingFileIsCode404AndALongOneIsRefused) {
  EXPECT_EQ(readFile(folder + "/none").error().code, 404);
  ASSERT_TRUE(writeFile(folder + "/a", "12345"));
  EXPECT_EQ(readFile(folder + "/a", 4).error().code, 413);
  EXPECT_EQ(*readFile(folder + "/a", 5), "12345");
}

TEST_F(FileTest, FoldersAreMadeWithThoseAboveThemAndAgainWithoutHarm) {
  EXPECT_TRUE(makeFolders(folder + "/a/b/c"));
  EXPECT_TRUE(makeFolders(folder + "/a/b/c/"));
  ASSERT_TRUE(writeFile(folder + "/f", ""));
  EXPECT_FALSE(makeFolders(folder + "/f"));
}

TEST_F(FileTest, RemovingATreeDoesNotFollowItsLinks) {
  ASSERT_TRUE(makeFolders(folder + "/kept"));
  ASSERT_TRUE(writeFile(folder + "/kept/file", "x"));
  ASSERT_TRUE(makeFolders(folder + "/tree/deep/deeper"));
  ASSERT_EQ(symlink((folder + "/kept").c_str(), (folder + "/tree/deep/link").c_str()), 0);
  EXPECT_TRUE(removeTree(folder + "/tree"));
  EXPECT_TRUE(removeTree(folder + "/tree")) << "what is absent already is success";
  EXPECT_EQ(*listFolder(folder), (std::vector<std::string>{"kept"}));
  EXPECT_EQ(*readFile(folder + "/kept/file"), "x");
}

}  // namespace
}  // namespace cleat
