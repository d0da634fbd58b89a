// A thin layer over SQLite's C interface: a database that closes itself, statements that finalize themselves, and
// errors that say which file, what was being done and what SQLite found. One thread at a time.
#pragma once

#include <cleat/sdk/status.h>
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cleat::store {

class Database;

class Statement {
 public:
  Statement() = default;

  // Texts are borrowed: they must live until the statement is reset.
  void bind(int parameter, uint64_t value);
  void bind(int parameter, std::string_view value);

  // True: a row can be read. Resets itself at the end or on an error.
  Result<bool> step();
  // For a statement that gives no rows.
  Result<void> run();
  void reset();

  uint64_t number(int column) const;
  // Until the next step.
  std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  const Database* database_ = nullptr;
};

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& file);

  Result<Statement> prepare(std::string_view sql) const;
  // Any number of statements without parameters or results.
  Result<void> execute(const char* sql) const;
  bool inTransaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

  // What went wrong last, as a status. A damaged file is examined first, so that the error can say where.
  Status error(int code) const;
  const std::string& file() const { return file_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(std::string file) : file_(std::move(file)) {}
  std::string file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace cleat::store
