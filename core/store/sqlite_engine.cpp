// The built-in engine: one SQLite file.
//
// The table log(revision, key, previous, deleted, value) has every change in the order of revisions; values are only
// ever appended. The view `registry` is for people: what is live.
//
// `previous` is the revision that a change took the place of. It makes an index of keys needless, so that a commit
// touches the end of one table and no more: what is live is what nothing took the place of, and what a stretch of the
// log made obsolete is named in that stretch.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "core/store/directory_lock.h"
#include "core/store/engine.h"
#include "core/store/sqlite.h"

namespace cleat::store {
namespace {

constexpr uint64_t kSchemaVersion = 2;

// A checkpoint copies the write-ahead log into the database and costs a few syncs, so it is done rarely; a restart
// reads at most this much (16 MiB) of log.
constexpr const char* kSetup =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA wal_autocheckpoint = 4096;"
    "PRAGMA cache_size = -2048;"
    "PRAGMA temp_store = MEMORY;";

constexpr const char* kSchema =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE log(revision INTEGER PRIMARY KEY, key TEXT NOT NULL, previous INTEGER NOT NULL,"
    "                 deleted INTEGER NOT NULL, value TEXT NOT NULL);"
    "INSERT INTO meta VALUES('compacted', 0), ('failures', 0), ('schema', 2);";

constexpr const char* kView =
    "CREATE VIEW registry(key, revision, value) AS"
    "  SELECT key, revision, value FROM log WHERE deleted = 0 AND revision NOT IN (SELECT previous FROM log)"
    "  ORDER BY key;";

// Version 1 had an index of the live keys beside the log.
constexpr const char* kFromVersion1 =
    "DROP VIEW registry;"
    "DROP TABLE current;"
    "UPDATE meta SET value = 2 WHERE name = 'schema';";

// Ends a transaction that was not committed.
class Transaction {
 public:
  explicit Transaction(const Database& database) : database_(database) {}
  ~Transaction() {
    if (database_.inTransaction()) (void)database_.execute("ROLLBACK");
  }

 private:
  const Database& database_;
};

class SqliteEngine final : public Engine {
 public:
  SqliteEngine(std::optional<DirectoryLock> lock, std::unique_ptr<Database> database, Durability durability)
      : lock_(std::move(lock)), database_(std::move(database)), durability_(durability) {}

  Result<void> prepareFile();
  Result<uint64_t> lastRevision() override;
  Result<void> write(std::span<const Record> batch) override;
  Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) override;
  Result<uint64_t> horizon() override { return horizon_; }
  Result<uint64_t> note(std::string_view name) override;
  Result<void> setNote(std::string_view name, uint64_t value) override;
  Result<void> compact(uint64_t revision) override;

 private:
  Result<void> checkSchema();
  Result<void> changeSchema(const char* statements);
  Result<void> prepareStatements();
  Result<void> append(std::span<const Record> batch);
  Result<void> forget(uint64_t revision);
  void overwriteFailedCommit();
  const char* syncPragma() const {
    return durability_ == Durability::synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF";
  }

  std::optional<DirectoryLock> lock_;  // let go after the database is closed; none: somebody else has it
  std::unique_ptr<Database> database_;
  Durability durability_;
  uint64_t horizon_ = 0;
  uint64_t lastRevision_ = 0;
  struct {
    Statement begin, commit, append;
    Statement forgetReplaced, forgetDeletions, setMeta, countFailure;
  } statements_;
};

Result<void> SqliteEngine::prepareFile() {
  sqlite3_busy_timeout(database_->handle(), 5000);
  // Kept at its size when closed, so that commits after a restart overwrite it: a sync that need not grow the file is
  // twice as fast.
  int keep = 1;
  sqlite3_file_control(database_->handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  CLEAT_TRY(database_->execute(kSetup));
  CLEAT_TRY(database_->execute(syncPragma()));
  CLEAT_TRY(checkSchema());
  CLEAT_TRY(prepareStatements());
  CLEAT_TRY(
      auto last,
      database_->prepare(
          "SELECT coalesce((SELECT max(revision) FROM log), 0), (SELECT value FROM meta WHERE name = 'compacted')"));
  CLEAT_TRY(last.step());
  horizon_ = last.number(1);
  // The last change itself may have been given up, if it was a deletion.
  lastRevision_ = std::max(last.number(0), horizon_);
  return {};
}

Result<void> SqliteEngine::checkSchema() {
  CLEAT_TRY(auto exists, database_->prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"));
  CLEAT_TRY(exists.step());
  bool isNew = exists.number(0) == 0;
  exists.reset();
  if (isNew) return changeSchema(kSchema);
  CLEAT_TRY(auto version, database_->prepare("SELECT value FROM meta WHERE name = 'schema'"));
  CLEAT_TRY(auto row, version.step());
  uint64_t found = row ? version.number(0) : 0;
  version.reset();
  if (found == kSchemaVersion) return {};
  if (found == 1) return changeSchema(kFromVersion1);
  return fail(
      Status::internal("the database " + database_->file() + " has schema version " + std::to_string(found) +
                       ", this program knows version " + std::to_string(kSchemaVersion) +
                       (found > kSchemaVersion ? ": start it with a newer Cleat" : ": it was not made by Cleat")));
}

Result<void> SqliteEngine::changeSchema(const char* statements) {
  Transaction transaction(*database_);
  for (const char* part : {"BEGIN IMMEDIATE", statements, kView, "COMMIT"}) {
    CLEAT_TRY(database_->execute(part));
  }
  return {};
}

Result<void> SqliteEngine::prepareStatements() {
  struct {
    Statement* statement;
    const char* sql;
  } const wanted[] = {
      {&statements_.begin, "BEGIN IMMEDIATE"},
      {&statements_.commit, "COMMIT"},
      {&statements_.append, "INSERT INTO log(revision, key, previous, deleted, value) VALUES(?1, ?2, ?3, ?4, ?5)"},
      {&statements_.forgetReplaced,
       "DELETE FROM log WHERE revision IN"
       " (SELECT previous FROM log WHERE revision > ?1 AND revision <= ?2 AND previous > 0)"},
      {&statements_.forgetDeletions, "DELETE FROM log WHERE revision > ?1 AND revision <= ?2 AND deleted = 1"},
      {&statements_.setMeta, "UPDATE meta SET value = ?2 WHERE name = ?1"},
      {&statements_.countFailure, "UPDATE meta SET value = value + 1 WHERE name = 'failures'"},
  };
  for (auto& [statement, sql] : wanted) {
    CLEAT_TRY(auto prepared, database_->prepare(sql));
    *statement = std::move(prepared);
  }
  return {};
}

Result<uint64_t> SqliteEngine::lastRevision() { return lastRevision_; }

Result<void> SqliteEngine::write(std::span<const Record> batch) {
  if (batch.empty()) return {};
  Transaction transaction(*database_);
  CLEAT_TRY(statements_.begin.run());
  CLEAT_TRY(append(batch));
  if (auto done = statements_.commit.run(); !done) {
    if (database_->inTransaction()) (void)database_->execute("ROLLBACK");
    overwriteFailedCommit();
    return done;
  }
  lastRevision_ = batch.back().revision;
  return {};
}

Result<void> SqliteEngine::append(std::span<const Record> batch) {
  for (const Record& record : batch) {
    statements_.append.bind(1, record.revision);
    statements_.append.bind(2, record.key);
    statements_.append.bind(3, record.replaces);
    statements_.append.bind(4, uint64_t{record.deleted});
    statements_.append.bind(5, record.value);
    CLEAT_TRY(statements_.append.run());
  }
  return {};
}

// A commit whose sync failed has been rolled back, but its frames may stand complete in the write-ahead log, where a
// crash would find them. Writing anything overwrites them; if that fails as well, the next commit will.
void SqliteEngine::overwriteFailedCommit() { (void)statements_.countFailure.run(); }

Result<void> SqliteEngine::readChanges(uint64_t after, const std::function<void(const Record&)>& visit) {
  CLEAT_TRY(auto rows,
            database_->prepare("SELECT key, revision, value, deleted FROM log WHERE revision > ?1 ORDER BY revision"));
  rows.bind(1, after);
  for (;;) {
    CLEAT_TRY(auto row, rows.step());
    if (!row) return {};
    visit(Record{rows.text(0), rows.number(1), rows.text(2), rows.number(3) != 0});
  }
}

Result<uint64_t> SqliteEngine::note(std::string_view name) {
  CLEAT_TRY(auto found, database_->prepare("SELECT value FROM meta WHERE name = ?1"));
  found.bind(1, name);
  CLEAT_TRY(auto row, found.step());
  return row ? found.number(0) : 0;
}

Result<void> SqliteEngine::setNote(std::string_view name, uint64_t value) {
  CLEAT_TRY(auto put, database_->prepare("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2"));
  put.bind(1, name);
  put.bind(2, value);
  return put.run();
}

// Nobody waits for this to be durable: a crash that takes it back costs only the work of doing it again, so it is
// not synced.
Result<void> SqliteEngine::compact(uint64_t revision) {
  revision = std::min(revision, lastRevision_);
  if (revision <= horizon_) return {};
  if (durability_ == Durability::synced) {
    CLEAT_TRY(database_->execute("PRAGMA synchronous = NORMAL"));
  }
  Result<void> forgotten = forget(revision);
  CLEAT_TRY(database_->execute(syncPragma()));
  if (forgotten) horizon_ = revision;
  return forgotten;
}

Result<void> SqliteEngine::forget(uint64_t revision) {
  Transaction transaction(*database_);
  CLEAT_TRY(statements_.begin.run());
  for (Statement* statement : {&statements_.forgetReplaced, &statements_.forgetDeletions}) {
    statement->bind(1, horizon_);
    statement->bind(2, revision);
    CLEAT_TRY(statement->run());
  }
  statements_.setMeta.bind(1, std::string_view("compacted"));
  statements_.setMeta.bind(2, revision);
  CLEAT_TRY(statements_.setMeta.run());
  return statements_.commit.run();
}

Result<std::unique_ptr<Engine>> openEngine(const std::string& directory, std::optional<DirectoryLock> lock,
                                           Durability durability) {
  // SQLite gives the files beside the database the mode of the database.
  std::string file = directory + "/cleat.db";
  int created = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (created < 0) {
    return fail(Status::unavailable("opening " + file + ": " + std::generic_category().message(errno)));
  }
  fchmod(created, 0600);
  close(created);
  CLEAT_TRY(auto database, Database::open(file));
  auto engine = std::make_unique<SqliteEngine>(std::move(lock), std::move(database), durability);
  CLEAT_TRY(engine->prepareFile());
  return engine;
}

}  // namespace

Result<std::unique_ptr<Engine>> openSqliteEngine(const std::string& directory, Durability durability) {
  CLEAT_TRY(auto lock, DirectoryLock::take(directory));
  return openEngine(directory, std::move(lock), durability);
}

Result<std::unique_ptr<Engine>> openLockedSqliteEngine(const std::string& directory, Durability durability) {
  return openEngine(directory, std::nullopt, durability);
}

}  // namespace cleat::store
