#include "core/store/sqlite.h"

#include <system_error>

namespace cleat::store {
namespace {

// The first fault that SQLite's own check finds.
std::string damage(sqlite3* handle) {
  sqlite3_stmt* check = nullptr;
  std::string found;
  if (sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &check, nullptr) == SQLITE_OK &&
      sqlite3_step(check) == SQLITE_ROW) {
    const unsigned char* text = sqlite3_column_text(check, 0);
    if (text != nullptr) found = reinterpret_cast<const char*>(text);
  }
  sqlite3_finalize(check);
  return found == "ok" ? "" : found;
}

bool isDamage(int code) {
  int primary = code & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

}  // namespace

void Statement::bind(int parameter, uint64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(value));
}

void Statement::bind(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Status failure = code == SQLITE_DONE ? Status{} : database_->error(code);
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) return fail(std::move(failure));
  return false;
}

Result<void> Statement::run() {
  int code = sqlite3_step(statement_.get());
  if (code != SQLITE_DONE && code != SQLITE_ROW) {
    Status failure = database_->error(code);
    sqlite3_reset(statement_.get());
    return fail(std::move(failure));
  }
  sqlite3_reset(statement_.get());
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

uint64_t Statement::number(int column) const {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string_view Statement::text(int column) const {
  auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text == nullptr ? "" : text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file) {
  std::unique_ptr<Database> database(new Database(file));
  sqlite3* handle = nullptr;
  int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return fail(database->error(code));
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                &prepared, nullptr);
  Statement statement;
  statement.statement_.reset(prepared);
  statement.database_ = this;
  if (code != SQLITE_OK) return fail(error(code));
  return statement;
}

Result<void> Database::execute(const char* sql) const {
  int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Status Database::error(int code) const {
  std::string what = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  if (isDamage(code)) {
    std::string found = (code & 0xff) == SQLITE_CORRUPT ? damage(handle_.get()) : "";
    return Status::internal("the database " + file_ + " is damaged (" + what + (found.empty() ? "" : "; " + found) +
                            "): restore it from a backup");
  }
  int systemError = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  if ((code & 0xff) == SQLITE_IOERR && systemError != 0) {
    what += ": " + std::generic_category().message(systemError);
  }
  return Status::unavailable("the database " + file_ + ": " + what);
}

}  // namespace cleat::store
