// What was acknowledged is there, whatever happens: processes killed at any moment, disks that fail now and then,
// restarts.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "core/base/log.h"
#include "core/store/history.h"
#include "tests/core/store/faulty_engine.h"
#include "tests/core/store/fixtures.h"
#include "tests/core/store/temporary_directory.h"

namespace cleat::store {
namespace {

using testing::TemporaryDirectory;

std::unique_ptr<Engine> openEngine(const std::string& directory) {
  auto engine = openSqliteEngine(directory);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

// An acknowledgment as a line: shorter than what a pipe writes in one piece.
void acknowledge(int pipe, const std::string& name, const ObjectRef& object, const std::string& value) {
  std::string line = std::to_string(object->revision()) + " " + name + " " + value + "\n";
  if (write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

// Writes on and on: creates, updates and deletes one object.
Task<void> writeForever(Maps& maps, Store& store, std::string name, int pipe) {
  uint64_t revision = maps.revisionOf(name);
  for (int i = 0;; ++i) {
    bool removes = revision != 0 && i % 10 == 9;
    std::string value = std::to_string(getpid()) + "-" + std::to_string(i);
    Write next = removes ? maps.removing(name, revision) : maps.putting(name, value, revision);
    auto done = co_await store.commit(std::move(next));
    if (!done) _exit(4);
    acknowledge(pipe, name, *done, removes ? "removed" : value);
    revision = removes ? 0 : (*done)->revision();
  }
}

[[noreturn]] void runWriters(const std::string& directory, int pipe) {
  TestKinds kinds;
  auto store = openStore(kinds.registry, openEngine(directory));
  Maps maps(*kinds.configMap, *store);
  for (int i = 0; i < 20; ++i) spawn(writeForever(maps, *store, "w" + std::to_string(i), pipe));
  for (;;) pause();
}

struct Acknowledged {
  std::string name, value;
};

// Takes acknowledgments until there are `count` of them, kills the writer, and takes the rest.
void killAfter(pid_t child, int pipe, size_t count, std::map<uint64_t, Acknowledged>& acknowledged) {
  std::string text;
  size_t lines = 0;
  bool killed = false;
  char block[4096];
  for (ssize_t got; (got = read(pipe, block, sizeof block)) > 0;) {
    text.append(block, static_cast<size_t>(got));
    lines += static_cast<size_t>(std::count(block, block + got, '\n'));
    if (!killed && lines >= count) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  std::istringstream stream(text);
  uint64_t revision;
  Acknowledged one;
  while (stream >> revision >> one.name >> one.value) acknowledged[revision] = one;
}

TEST(Durability, EveryAcknowledgedWriteSurvivesAKill) {
  TemporaryDirectory directory;
  std::map<uint64_t, Acknowledged> acknowledged;
  std::mt19937 random(7);
  for (int round = 0; round < 8; ++round) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
      close(pipes[0]);
      runWriters(directory.path(), pipes[1]);
    }
    close(pipes[1]);
    killAfter(child, pipes[0], 1 + random() % 800, acknowledged);
    close(pipes[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself: " << status;

    TestKinds kinds;
    auto store = openStore(kinds.registry, openEngine(directory.path()));
    std::vector<Change> changes;
    ASSERT_TRUE(store->history(*kinds.configMap).visit(0, store->revision(), [&](const Change& change) {
      changes.push_back(change);
      return true;
    }));
    uint64_t revision = 0;
    for (const Change& change : changes) {
      ASSERT_EQ(change.revision, ++revision) << "no revision is missing";
      auto known = acknowledged.find(revision);
      if (known == acknowledged.end()) continue;
      EXPECT_EQ(change.object->name(), known->second.name);
      EXPECT_EQ(change.type == ChangeType::deleted ? "removed" : valueOf(*change.object), known->second.value);
    }
    ASSERT_GE(revision, acknowledged.rbegin()->first) << "round " << round;
  }
  EXPECT_GT(acknowledged.size(), 500u);
}

// Random writes over a disk that fails a fifth of the time, with restarts in between, beside a map that only takes over
// what was acknowledged.
TEST(Durability, FaultsAndRestartsLoseNothingAndInventNothing) {
  base::LogCapture quiet([](base::LogLevel, std::string_view, std::string_view) {});
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    TemporaryDirectory directory;
    TestKinds kinds;
    std::mt19937 random(seed);
    std::map<std::string, std::pair<uint64_t, std::string>> model;
    uint64_t lastRevision = 0;
    for (int life = 0; life < 4; ++life) {
      auto engine = std::make_unique<FaultyEngine>(openEngine(directory.path()), random(), 0.2);
      auto store = openStore(kinds.registry, std::move(engine), {.historyRevisions = 50});
      ASSERT_EQ(store->revision(), lastRevision) << "seed " << seed;
      Maps maps(*kinds.configMap, *store);
      for (int step = 0; step < 100; ++step) {
        std::string name = std::to_string(random() % 20), value = std::to_string(random());
        auto known = model.find(name);
        bool removes = known != model.end() && random() % 3 == 0;
        uint64_t expected = known == model.end() ? 0 : known->second.first;
        auto done = commit(*store, removes ? maps.removing(name, expected) : maps.putting(name, value, expected));
        if (!done) {
          ASSERT_EQ(done.error().code, 503);
          continue;
        }
        lastRevision = (*done)->revision();
        if (removes) {
          model.erase(known);
        } else {
          model[name] = {lastRevision, value};
        }
      }
      ASSERT_EQ(store->snapshot()->count(*kinds.configMap), model.size());
      for (const auto& [name, expected] : model) {
        ObjectRef object = store->snapshot()->get(*kinds.configMap, "default", name);
        ASSERT_TRUE(object);
        EXPECT_EQ(object->revision(), expected.first);
        EXPECT_EQ(valueOf(*object), expected.second);
      }
    }
  }
}

}  // namespace
}  // namespace cleat::store
