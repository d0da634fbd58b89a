// Which documents there are in a folder's files.
#include "manifest_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cleat::manifests {
namespace {

using Documents = std::vector<std::string>;

TEST(Manifests, AFileHasADocumentBetweenEachTwoLines) {
  EXPECT_EQ(documentsOf("a: 1\n---\nb: 2\n"), (Documents{"a: 1\n", "b: 2\n"}));
  EXPECT_EQ(documentsOf("---\na: 1\n--- # the next\nb: 2"), (Documents{"a: 1\n", "b: 2\n"}));
  EXPECT_EQ(documentsOf("# nothing\n---\n\n---\na: |\n  ----\n  --- x\n"), (Documents{"a: |\n  ----\n  --- x\n"}));
  EXPECT_EQ(documentsOf(""), Documents{});
  EXPECT_EQ(documentsOf("a: 1\r\n---\r\nb: 2\r\n").size(), 2u);
}

TEST(Manifests, FilesAreReadInTheOrderOfTheirNames) {
  char pattern[] = "/tmp/cleat-manifests-XXXXXX";
  const std::string folder = mkdtemp(pattern);
  for (const char* name : {"b.yaml", "a.yml", "c.json", "notes.txt", ".hidden.yaml"}) {
    std::ofstream(folder + "/" + name) << name << "\n";
  }
  auto read = readManifests(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (Documents{"a.yml\n", "b.yaml\n", "c.json\n"}));
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(readManifests(folder)) << "one that is absent is no empty one";
}

}  // namespace
}  // namespace cleat::manifests
