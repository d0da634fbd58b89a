// One node to a network, whoever starts it and however it ended.
#include "core/app/node_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "tests/core/store/temporary_directory.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class NodeLockTest : public ::testing::Test {
 protected:
  // A data folder with a node's state in it.
  std::string node(const std::string& name) {
    fs::create_directories(folder_.path() + "/" + name + "/agent");
    return folder_.path() + "/" + name;
  }
  std::string locks() { return folder_.path() + "/run"; }
  Result<NodeLock> take(const std::string& dataDir) { return NodeLock::take(dataDir, locks()); }

  std::string refusal(const std::string& dataDir) {
    auto lock = take(dataDir);
    return lock ? "granted" : lock.error().message;
  }

  std::string recordFile() { return fs::directory_iterator(locks())->path(); }
  std::string record() {
    std::ifstream file(recordFile());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  cleat::testing::TemporaryDirectory folder_;
};

TEST_F(NodeLockTest, WhileANodeIsAtWorkAnotherIsToldWhoseMachineItIsAndWhatToDo) {
  const std::string first = node("first"), second = node("second");
  auto lock = take(first);
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_THAT(refusal(second),
              ::testing::AllOf(HasSubstr("at work on this machine"), HasSubstr("its data in " + first + ","),
                               HasSubstr("etc/node-cleanup.sh " + first + " "), HasSubstr("./run --stop"),
                               ::testing::Not(HasSubstr("\n"))));
  EXPECT_EQ(refusal(first), "the node with its data in " + first + " is at work already");
  EXPECT_EQ(record(), first + "\n");
}

TEST_F(NodeLockTest, ANodeThatWasKilledKeepsOthersOutUntilItsFolderIsGoneAndMayComeBack) {
  const std::string killed = node("killed"), other = node("other");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto lock = take(killed);
    (void)!write(ready[1], lock ? "y" : "n", 1);
    pause();
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(refusal(other), HasSubstr("is at work on this machine"));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ready[0]);
  close(ready[1]);

  EXPECT_THAT(refusal(other),
              ::testing::AllOf(HasSubstr("was at work on this machine"), HasSubstr("--data-dir " + killed + ","),
                               HasSubstr("etc/node-cleanup.sh " + killed + " ")));
  EXPECT_EQ(record(), killed + "\n") << "a refusal must not take the record over";
  EXPECT_EQ(refusal(killed), "granted");
  EXPECT_THAT(refusal(other), HasSubstr("was at work"));
  fs::remove_all(killed + "/agent");
  EXPECT_EQ(refusal(other), "granted");
  EXPECT_EQ(record(), other + "\n");
  EXPECT_THAT(refusal(node("killed")), HasSubstr("its data in " + other + ","));
}

TEST_F(NodeLockTest, WhatHasNotStartedAnythingLeavesNoRecordButThatOfAnEarlierRunStays) {
  const std::string failed = node("failed"), other = node("other");
  take(failed)->withdraw();
  EXPECT_EQ(refusal(other), "granted");
  take(other)->withdraw();
  EXPECT_THAT(refusal(failed), HasSubstr("its data in " + other + ","));
}

TEST_F(NodeLockTest, ALongRecordLeavesNothingBehindAShorterOne) {
  const std::string gone = folder_.path() + "/" + std::string(200, 'x');
  ASSERT_EQ(refusal(gone), "granted");
  const std::string next = node("next");
  ASSERT_EQ(refusal(next), "granted");
  EXPECT_EQ(record(), next + "\n");
}

TEST_F(NodeLockTest, NobodyButItsOwnerCanHoldTheLockOrWriteTheRecord) {
  ASSERT_EQ(refusal(node("first")), "granted");
  struct stat facts{};
  ASSERT_EQ(stat(recordFile().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(locks().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  const std::string path = recordFile();
  fs::rename(path, folder_.path() + "/target");
  fs::create_symlink(folder_.path() + "/target", path);
  EXPECT_THAT(refusal(node("first")), HasSubstr("opening " + path));
}

TEST_F(NodeLockTest, ANetworkNamespaceOfItsOwnMayHaveANodeOfItsOwn) {
  const std::string first = node("first"), second = node("second");
  auto lock = take(first);
  ASSERT_TRUE(lock) << lock.error().message;
  bool alone = false;
  std::string answer;
  auto inside = [&] {
    alone = unshare(CLONE_NEWNET) == 0;
    if (alone) answer = refusal(second);
  };
  std::thread(inside).join();
  if (!alone) GTEST_SKIP() << "SKIPPED: cannot make a network namespace";
  EXPECT_EQ(answer, "granted");
  EXPECT_THAT(refusal(second), HasSubstr("at work"));
}

}  // namespace
}  // namespace cleat::app
