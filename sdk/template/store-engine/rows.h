// What a store is made of: rows by revision, and numbers under names; and the file that they are in, one record after
// the other, each with its length and a sum, so that a record that was being written when the machine stopped is known
// as none.
#pragma once

#include <cleat/schema/role/store_engine.methods.h>
#include <cleat/sdk/file.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

struct Row {
  std::string key, value;
  uint64_t revision = 0, replaces = 0;
  bool deleted = false;
};

class Rows {
 public:
  // Reads what is in the file, and cuts off what was never whole.
  cleat::Result<void> open(const std::string& file);
  bool isOpen() const { return static_cast<bool>(file_); }

  // Each is on the disk when it returns; `compact` need not be.
  cleat::Result<void> append(std::vector<Row> batch, bool waits);
  cleat::Result<void> undoAfter(uint64_t revision);
  cleat::Result<void> setNote(const std::string& name, uint64_t value);
  cleat::Result<void> compact(uint64_t revision);

  const std::map<uint64_t, Row>& all() const { return rows_; }
  uint64_t last() const { return last_; }
  uint64_t horizon() const { return horizon_; }
  uint64_t note(const std::string& name) const;

 private:
  cleat::Result<void> write(char kind, const std::string& body, bool waits);
  cleat::Result<void> rewrite();
  void apply(char kind, std::string_view body);
  void erase(uint64_t revision);

  std::string path_;
  cleat::Fd file_;
  uint64_t size_ = 0;  // of the file
  uint64_t live_ = 0;  // bytes of keys and values
  std::map<uint64_t, Row> rows_;
  std::map<std::string, uint64_t> notes_;
  uint64_t last_ = 0, horizon_ = 0;
};
