#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/store/engine.h"
#include "tests/core/store/temporary_directory.h"

namespace cleat::store {
namespace {

using testing::TemporaryDirectory;
using Rows = std::vector<std::string>;

std::unique_ptr<Engine> open(const std::string& directory) {
  auto engine = openSqliteEngine(directory);
  EXPECT_TRUE(engine.has_value()) << engine.error().message;
  return engine ? std::move(*engine) : nullptr;
}

std::string refusal(const std::string& directory) {
  auto engine = openSqliteEngine(directory);
  return engine ? "opened" : engine.error().message;
}

Result<void> put(Engine& engine, std::string key, uint64_t revision, std::string value, bool deleted = false) {
  Record record{key, revision, value, deleted};
  EXPECT_TRUE(engine.readChanges(0, [&](const Record& found) {
    if (found.key == key) record.replaces = found.deleted ? 0 : found.revision;
  }));
  return engine.write({&record, 1});
}

std::string row(const Record& record) {
  return std::string(record.key) + "@" + std::to_string(record.revision) + "=" + std::string(record.value) +
         (record.deleted ? " deleted" : "");
}

Rows changes(Engine& engine, uint64_t after = 0) {
  Rows rows;
  EXPECT_TRUE(engine.readChanges(after, [&](const Record& record) { rows.push_back(row(record)); }));
  return rows;
}

std::string query(const std::string& directory, const std::string& sql) {
  sqlite3* database = nullptr;
  std::string result;
  sqlite3_open((directory + "/cleat.db").c_str(), &database);
  sqlite3_exec(
      database, sql.c_str(),
      [](void* out, int count, char** values, char**) {
        for (int i = 0; i < count; ++i) *static_cast<std::string*>(out) += std::string(values[i]) + "|";
        return 0;
      },
      &result, nullptr);
  sqlite3_close(database);
  return result;
}

TEST(SqliteEngine, GivesBackAfterARestartWhatItWasGiven) {
  TemporaryDirectory directory;
  {
    auto engine = open(directory.path());
    EXPECT_EQ(engine->lastRevision().value(), 0u);
    Record batch[] = {{"/a/x", 1, "one", false}, {"/b/y", 2, "two", false}, {"/a/x", 3, "three", false}};
    ASSERT_TRUE(engine->write(batch));
    ASSERT_TRUE(put(*engine, "/b/y", 4, "last two", true));
  }
  auto engine = open(directory.path());
  EXPECT_EQ(engine->lastRevision().value(), 4u);
  EXPECT_EQ(changes(*engine), (Rows{"/a/x@1=one", "/b/y@2=two", "/a/x@3=three", "/b/y@4=last two deleted"}));
  EXPECT_EQ(changes(*engine, 3), (Rows{"/b/y@4=last two deleted"}));
}

TEST(SqliteEngine, CompactionForgetsWhatWasOverwrittenOrDeletedByThen) {
  TemporaryDirectory directory;
  auto engine = open(directory.path());
  ASSERT_TRUE(put(*engine, "/a", 1, "a1"));
  ASSERT_TRUE(put(*engine, "/b", 2, "b2"));
  ASSERT_TRUE(put(*engine, "/a", 3, "a3"));
  ASSERT_TRUE(put(*engine, "/b", 4, "b4", true));
  ASSERT_TRUE(put(*engine, "/a", 5, "a5"));
  ASSERT_TRUE(put(*engine, "/c", 6, "c6"));

  ASSERT_TRUE(engine->compact(4));
  EXPECT_EQ(engine->horizon().value(), 4u);
  EXPECT_EQ(changes(*engine), (Rows{"/a@3=a3", "/a@5=a5", "/c@6=c6"}));
  // What the compaction left at its edge goes with the next.
  ASSERT_TRUE(engine->compact(5));
  EXPECT_EQ(changes(*engine), (Rows{"/a@5=a5", "/c@6=c6"}));
  ASSERT_TRUE(engine->compact(2)) << "an older one is no fault";
  EXPECT_EQ(engine->horizon().value(), 5u);
}

TEST(SqliteEngine, RevisionsNeverGoBackEvenIfTheLastChangeWasCompactedAway) {
  TemporaryDirectory directory;
  {
    auto engine = open(directory.path());
    ASSERT_TRUE(put(*engine, "/a", 1, "a"));
    ASSERT_TRUE(put(*engine, "/a", 2, "a", true));
    ASSERT_TRUE(engine->compact(2));
    EXPECT_TRUE(changes(*engine).empty());
  }
  auto engine = open(directory.path());
  EXPECT_EQ(engine->lastRevision().value(), 2u);
  EXPECT_EQ(engine->horizon().value(), 2u);
}

TEST(SqliteEngine, AnOperatorSeesTheClusterInTheViewRegistry) {
  TemporaryDirectory directory;
  auto engine = open(directory.path());
  ASSERT_TRUE(put(*engine, "/registry/pods/default/web", 1, "{}"));
  ASSERT_TRUE(put(*engine, "/registry/pods/default/web", 2, R"({"a":1})"));
  ASSERT_TRUE(put(*engine, "/registry/nodes/n1", 3, "{}"));
  ASSERT_TRUE(put(*engine, "/registry/nodes/n1", 4, "{}", true));
  EXPECT_EQ(query(directory.path(), "select * from registry"), R"(/registry/pods/default/web|2|{"a":1}|)");
  ASSERT_TRUE(put(*engine, "/registry/nodes/n1", 5, R"({"again":1})"));
  ASSERT_TRUE(engine->compact(4));
  EXPECT_EQ(query(directory.path(), "select * from registry"),
            R"(/registry/nodes/n1|5|{"again":1}|/registry/pods/default/web|2|{"a":1}|)");
}

TEST(SqliteEngine, FilesAreForTheOwnerAlone) {
  TemporaryDirectory parent;
  std::string directory = parent.path() + "/data";
  mode_t before = umask(0);
  auto engine = open(directory);
  umask(before);
  ASSERT_TRUE(put(*engine, "/a", 1, "a"));
  auto mode = [](const std::string& path) {
    struct stat found{};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777;
  };
  EXPECT_EQ(mode(directory), 0700u);
  for (const char* file : {"/cleat.db", "/cleat.db-wal", "/cleat.db-shm", "/lock"}) {
    EXPECT_EQ(mode(directory + file), 0600u) << file;
  }
}

TEST(SqliteEngine, ASecondProcessIsToldWhoHasTheDirectory) {
  TemporaryDirectory directory;
  auto engine = open(directory.path());
  EXPECT_EQ(refusal(directory.path()), "the data directory " + directory.path() + " is in use by process " +
                                           std::to_string(getpid()) + ": stop it, or choose another directory");
  engine.reset();
  EXPECT_EQ(refusal(directory.path()), "opened");
}

// The first version kept an index of the live keys beside the log.
TEST(SqliteEngine, TakesOverADatabaseOfTheFirstSchema) {
  TemporaryDirectory directory;
  query(directory.path(),
        "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE log(revision INTEGER PRIMARY KEY, key TEXT NOT NULL, previous INTEGER NOT NULL,"
        "                 deleted INTEGER NOT NULL, value TEXT NOT NULL);"
        "CREATE TABLE current(key TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE VIEW registry(key, revision, value) AS"
        "  SELECT current.key, current.revision, log.value FROM current JOIN log USING (revision);"
        "INSERT INTO meta VALUES('compacted', 0), ('failures', 0), ('schema', 1);"
        "INSERT INTO log VALUES(1, '/a', 0, 0, 'a1'), (2, '/b', 0, 0, 'b'), (3, '/a', 1, 0, 'a3');"
        "INSERT INTO current VALUES('/a', 3), ('/b', 2);");
  for (int start = 0; start < 2; ++start) {
    auto engine = open(directory.path());
    ASSERT_TRUE(engine);
    EXPECT_EQ(changes(*engine), (Rows{"/a@1=a1", "/b@2=b", "/a@3=a3"}));
    EXPECT_EQ(query(directory.path(), "select * from registry"), "/a|3|a3|/b|2|b|");
  }
}

TEST(SqliteEngine, RefusesADatabaseOfANewerSchema) {
  TemporaryDirectory directory;
  open(directory.path()).reset();
  query(directory.path(), "update meta set value = 7 where name = 'schema'");
  std::string message = refusal(directory.path());
  EXPECT_NE(message.find("has schema version 7, this program knows version 2: start it with a newer Cleat"),
            std::string::npos)
      << message;
}

TEST(SqliteEngine, SaysThatAFileIsNoDatabase) {
  TemporaryDirectory directory;
  std::ofstream(directory.path() + "/cleat.db") << std::string(8192, 'x');
  std::string message = refusal(directory.path());
  EXPECT_NE(message.find(directory.path() + "/cleat.db is damaged"), std::string::npos) << message;
}

TEST(SqliteEngine, SaysWhereADamagedDatabaseIsDamaged) {
  TemporaryDirectory directory;
  {
    auto engine = open(directory.path());
    for (uint64_t i = 1; i < 200; ++i) ASSERT_TRUE(put(*engine, "/a" + std::to_string(i), i, std::string(1000, 'v')));
  }
  std::filesystem::remove(directory.path() + "/cleat.db-wal");  // which holds the same pages, whole
  std::fstream file(directory.path() + "/cleat.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 5);
  std::string junk(4096 * 20, '\xee');
  file.write(junk.data(), static_cast<std::streamsize>(junk.size()));
  file.close();
  auto engine = openSqliteEngine(directory.path());
  Status failure;
  if (engine) {
    auto read = (*engine)->readChanges(0, [](const Record&) {});
    ASSERT_FALSE(read);
    failure = read.error();
  } else {
    failure = engine.error();
  }
  EXPECT_NE(failure.message.find("is damaged"), std::string::npos) << failure.message;
  EXPECT_NE(failure.message.find("restore it from a backup"), std::string::npos) << failure.message;
}

// A real fault of the file system, in a process of its own: a file may not grow beyond a limit.
TEST(SqliteEngine, AFailedWriteLeavesNothingAndTheNextOneSucceeds) {
  TemporaryDirectory directory;
  pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    auto engine = openSqliteEngine(directory.path());
    if (!engine || !put(**engine, "/a", 1, "a")) _exit(1);
    rlimit limit{400'000, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto large = put(**engine, "/b", 2, std::string(2'000'000, 'b'));
    if (large || !large.error().is(503)) _exit(2);
    // Small ones still fit in the same file.
    if (auto small = put(**engine, "/c", 2, "c"); !small) _exit(3);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (!put(**engine, "/b", 3, std::string(2'000'000, 'b'))) _exit(4);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  auto engine = open(directory.path());
  EXPECT_EQ(changes(*engine), (Rows{"/a@1=a", "/c@2=c", "/b@3=" + std::string(2'000'000, 'b')}));
}

}  // namespace
}  // namespace cleat::store
