#include "rows.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

using namespace cleat;

namespace {

// Kinds of records.
constexpr char kBatch = 'b', kUndo = 'u', kNote = 'n', kCompact = 'c', kLast = 'l';
constexpr uint64_t kWorthRewriting = 4u << 20;  // bytes that nobody needs any more

struct Head {
  uint32_t size;
  uint32_t sum;
};

// FNV-1a: finds what is torn, and is no proof against anybody.
uint32_t sumOf(std::string_view bytes) {
  uint32_t sum = 2166136261u;
  for (const unsigned char byte : bytes) sum = (sum ^ byte) * 16777619u;
  return sum;
}

void put(std::string& to, uint64_t number) { to.append(reinterpret_cast<const char*>(&number), sizeof number); }
void put(std::string& to, std::string_view text) {
  put(to, text.size());
  to += text;
}

uint64_t takeNumber(std::string_view& from) {
  uint64_t number = 0;
  if (from.size() < sizeof number) return 0;
  std::memcpy(&number, from.data(), sizeof number);
  from.remove_prefix(sizeof number);
  return number;
}
std::string takeText(std::string_view& from) {
  const uint64_t size = std::min<uint64_t>(takeNumber(from), from.size());
  const std::string text(from.substr(0, size));
  from.remove_prefix(size);
  return text;
}

void putRow(std::string& to, const Row& row) {
  put(to, row.revision);
  put(to, row.replaces);
  put(to, uint64_t{row.deleted});
  put(to, row.key);
  put(to, row.value);
}

std::string recordOf(char kind, std::string_view body) {
  const std::string whole = concat(std::string_view(&kind, 1), body);
  const Head head{static_cast<uint32_t>(whole.size()), sumOf(whole)};
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + whole;
}

Result<void> writeAll(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(systemError("cannot write the store", errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<void> Rows::open(const std::string& file) {
  file_.reset();
  rows_.clear();
  notes_.clear();
  last_ = horizon_ = size_ = live_ = 0;
  path_ = file;
  const std::string bytes = readFile(file).value_or("");
  while (bytes.size() - size_ >= sizeof(Head)) {
    Head head;
    std::memcpy(&head, bytes.data() + size_, sizeof head);
    const std::string_view rest = std::string_view(bytes).substr(size_ + sizeof head);
    if (head.size == 0 || head.size > rest.size() || sumOf(rest.substr(0, head.size)) != head.sum) break;
    apply(rest[0], rest.substr(1, head.size - 1));
    size_ += sizeof head + head.size;
  }
  Fd opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!opened || ::ftruncate(opened.get(), static_cast<off_t>(size_)) != 0 || ::fsync(opened.get()) != 0) {
    return fail(systemError("cannot open " + file, errno));
  }
  file_ = std::move(opened);
  return {};
}

// After a write that has failed nobody knows what is in the file: whoever goes on opens it anew.
Result<void> Rows::write(char kind, const std::string& body, bool waits) {
  const std::string record = recordOf(kind, body);
  Result<void> written = writeAll(file_, record);
  if (written && waits && ::fdatasync(file_.get()) != 0) written = fail(systemError("cannot write the store", errno));
  if (!written) {
    file_.reset();
    return written;
  }
  size_ += record.size();
  apply(kind, body);
  return {};
}

Result<void> Rows::append(std::vector<Row> batch, bool waits) {
  std::string body;
  for (const Row& row : batch) putRow(body, row);
  return write(kBatch, body, waits);
}

Result<void> Rows::undoAfter(uint64_t revision) {
  std::string body;
  put(body, revision);
  return last_ > revision ? write(kUndo, body, true) : Result<void>();
}

Result<void> Rows::setNote(const std::string& name, uint64_t value) {
  std::string body;
  put(body, value);
  put(body, name);
  return write(kNote, body, true);
}

Result<void> Rows::compact(uint64_t revision) {
  std::string body;
  put(body, revision);
  CLEAT_TRY(write(kCompact, body, false));
  return size_ > 2 * live_ + kWorthRewriting ? rewrite() : Result<void>();
}

void Rows::apply(char kind, std::string_view body) {
  if (kind == kBatch) {
    while (!body.empty()) {
      Row row;
      row.revision = takeNumber(body);
      row.replaces = takeNumber(body);
      row.deleted = takeNumber(body) != 0;
      row.key = takeText(body);
      row.value = takeText(body);
      live_ += row.key.size() + row.value.size();
      last_ = row.revision;
      rows_.insert_or_assign(last_, std::move(row));
    }
    return;
  }
  const uint64_t number = takeNumber(body);
  if (kind == kLast) last_ = number;
  if (kind == kNote) notes_[takeText(body)] = number;
  if (kind == kUndo) {
    while (!rows_.empty() && rows_.rbegin()->first > number) erase(rows_.rbegin()->first);
    last_ = std::min(last_, number);
  }
  if (kind != kCompact) return;
  // What a change of that stretch took the place of, and deletions in it.
  std::vector<uint64_t> given;
  for (auto at = rows_.upper_bound(horizon_); at != rows_.end() && at->first <= number; ++at) {
    if (at->second.replaces > 0) given.push_back(at->second.replaces);
    if (at->second.deleted) given.push_back(at->first);
  }
  for (const uint64_t revision : given) erase(revision);
  horizon_ = std::max(horizon_, number);
}

void Rows::erase(uint64_t revision) {
  const auto found = rows_.find(revision);
  if (found == rows_.end()) return;
  live_ -= found->second.key.size() + found->second.value.size();
  rows_.erase(found);
}

// Without what was given up: whoever reads the file sees all of the old one or all of the new one.
Result<void> Rows::rewrite() {
  std::string text;
  for (const auto& [revision, row] : rows_) {
    std::string body;
    putRow(body, row);
    text += recordOf(kBatch, body);
  }
  for (const auto& [name, value] : notes_) {
    std::string body;
    put(body, value);
    put(body, name);
    text += recordOf(kNote, body);
  }
  std::string last, horizon;
  put(last, last_);
  put(horizon, horizon_);
  text += recordOf(kLast, last) + recordOf(kCompact, horizon);
  CLEAT_TRY(writeFile(path_, text));
  return open(path_);
}

uint64_t Rows::note(const std::string& name) const {
  const auto found = notes_.find(name);
  return found == notes_.end() ? 0 : found->second;
}
