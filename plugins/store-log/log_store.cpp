#include "log_store.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace cleat::storelog {
namespace {

constexpr const char* kHorizon = "compacted";
constexpr size_t kMergedFrameBytes = 256u << 10;

Status damaged(const std::string& path, uint64_t offset) {
  return Status::internal(concat(path, " is damaged at offset ", offset,
                                 ": it has to be restored from a copy, or cut off there, which loses what follows"));
}

uint64_t firstOffset(const LogFile& file) { return file.isBase ? kBaseHead : 0; }

uint64_t sizeOf(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

// Whether there is a whole frame behind the damaged one.
Result<bool> isFollowed(int fd, uint64_t offset) {
  uint32_t size = 0;
  CLEAT_TRY(const size_t got, readAt(fd, offset, reinterpret_cast<char*>(&size), sizeof size));
  if (got < sizeof size || size > kMostFrameBytes) return false;
  std::string_view ignored;
  FrameReader behind(fd, offset + kFrameHead + size);
  CLEAT_TRY(const FrameReader::Found found, behind.next(ignored));
  return found == FrameReader::Found::frame;
}

// The first and the last revision of a content.
std::optional<std::pair<uint64_t, uint64_t>> revisionsOf(std::string_view content) {
  std::optional<std::pair<uint64_t, uint64_t>> found;
  const bool good = eachChange(content, [&](const Change& change) {
    if (!found) found.emplace(change.revision, change.revision);
    found->second = change.revision;
  });
  return good ? found : std::nullopt;
}

}  // namespace

void LogStore::close() {
  // What was taken beforehand and not used goes back.
  if (active_) (void)!::ftruncate(active_.get(), static_cast<off_t>(end_));
  active_.reset();
  lock_.reset();
  files_.clear();
  recent_.clear();
  given_.clear();
  notes_.clear();
  cursor_ = {};
  isOpen_ = isBroken_ = false;
  last_ = horizon_ = end_ = changes_ = 0;
}

Result<void> LogStore::open(bool unsynced, std::optional<uint64_t> known) {
  if (isOpen_ && !isBroken_ && known && *known == last_) return {};
  close();
  unsynced_ = unsynced;
  CLEAT_TRY(takeLock());
  Result<void> done = readNotes();
  if (done) done = scan(known);
  if (!done) {
    close();
    return done;
  }
  isOpen_ = true;
  return {};
}

// Two of one plugin may be there for a moment, when one takes the other's place.
Result<void> LogStore::takeLock() {
  const std::string path = options_.folder + "/lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(systemError("cannot open " + path, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail(Status::unavailable(concat(path, " is held by another")));
  lock_ = std::move(fd);
  return {};
}

Result<void> LogStore::readNotes() {
  auto text = cleat::readFile(options_.folder + "/notes");
  if (!text) return text.error().code == 404 ? Result<void>() : fail(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t space = line.find(' ');
    const auto value = space == std::string_view::npos ? std::nullopt : parseInteger<uint64_t>(line.substr(space + 1));
    if (!value) return fail(Status::internal(concat(options_.folder, "/notes is damaged: ", inQuotes(line))));
    notes_[std::string(line.substr(0, space))] = *value;
  }
  horizon_ = note(kHorizon);
  return {};
}

Result<void> LogStore::saveNotes() const {
  std::string text;
  for (const auto& [name, value] : notes_) text += concat(name, " ", value, "\n");
  return writeFile(options_.folder + "/notes", text);
}

Result<void> LogStore::scan(std::optional<uint64_t> known) {
  CLEAT_TRY(files_, findFiles(options_.folder));
  for (const LogFile& file : files_) {
    if (!file.isBase) continue;
    CLEAT_TRY(const Fd fd, openForReading(file.path));
    CLEAT_TRY(const uint64_t horizon, horizonOf(fd.get(), file.path));
    horizon_ = std::max(horizon_, horizon);
    last_ = std::max(last_, file.revision);
  }
  for (size_t i = 0; i < files_.size(); ++i) {
    CLEAT_TRY(const bool isCut, scanFile(files_[i], i + 1 == files_.size(), known));
    if (!isCut) continue;
    for (size_t later = i + 1; later < files_.size(); ++later) ::unlink(files_[later].path.c_str());
    files_.resize(i + 1);
  }
  // Begun, and then nothing came, or nothing that counts.
  while (!files_.empty() && !files_.back().isBase && sizeOf(files_.back().path) == 0) {
    ::unlink(files_.back().path.c_str());
    files_.pop_back();
  }
  last_ = std::max(last_, horizon_);
  return {};
}

// Whether it ends before what is later than is known.
Result<bool> LogStore::scanFile(const LogFile& file, bool isLastFile, std::optional<uint64_t> known) {
  CLEAT_TRY(const Fd fd, openForReading(file.path));
  FrameReader reader(fd.get(), firstOffset(file));
  for (;;) {
    const uint64_t offset = reader.offset();
    std::string_view content;
    CLEAT_TRY(const FrameReader::Found found, reader.next(content));
    // Room that was taken beforehand may be left of the last one.
    if (found == FrameReader::Found::end) {
      if (isLastFile && !file.isBase) CLEAT_TRY(endAt(file, offset));
      return false;
    }
    if (found == FrameReader::Found::damage) {
      // A batch that was being written when the machine stopped: nobody has been told of it, and nothing is behind it.
      CLEAT_TRY(const bool more, isFollowed(fd.get(), offset));
      if (!isLastFile || file.isBase || more) return fail(damaged(file.path, offset));
      CLEAT_TRY(endAt(file, offset));
      return false;
    }
    const auto revisions = revisionsOf(content);
    if (!revisions || (!file.isBase && revisions->first <= last_)) return fail(damaged(file.path, offset));
    if (known && revisions->second > *known) {
      if (file.isBase) {
        return fail(Status::internal(concat("what came after revision ", *known, " cannot be undone any more")));
      }
      CLEAT_TRY(endAt(file, offset));
      return true;
    }
    eachChange(content, [this](const Change& change) { learn(change); });
    last_ = std::max(last_, revisions->second);
  }
}

Result<void> LogStore::endAt(const LogFile& file, uint64_t offset) {
  if (::truncate(file.path.c_str(), static_cast<off_t>(offset)) != 0)
    return fail(systemError("cannot cut " + file.path, errno));
  return {};
}

void LogStore::learn(const Change& change) {
  ++changes_;
  const Recent recent{change.revision, change.replaces, change.deleted};
  if (change.revision > horizon_) {
    recent_.push_back(recent);
  } else {
    forget(recent);
  }
}

void LogStore::forget(const Recent& change) {
  if (change.replaces > 0) given_.insert(change.replaces);
  if (change.deleted) given_.insert(change.revision);
}

// A new file for what comes, with room in it: a sync that need not make the file larger is quicker.
Result<void> LogStore::begin(uint64_t revision) {
  const std::string path = concat(options_.folder, "/", segmentName(revision));
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(systemError("cannot make " + path, errno));
  (void)::posix_fallocate(fd.get(), 0, static_cast<off_t>(options_.segmentBytes));
  if (!unsynced_) {
    if (::fsync(fd.get()) != 0) return fail(systemError("cannot sync " + path, errno));
    CLEAT_TRY(syncFolder(options_.folder));
  }
  active_ = std::move(fd);
  end_ = 0;
  files_.push_back({path, revision, false});
  return {};
}

// Nothing is written into the last file any more.
Result<void> LogStore::seal() {
  if (!active_) return {};
  if (::ftruncate(active_.get(), static_cast<off_t>(end_)) != 0)
    return fail(systemError("cannot cut " + files_.back().path, errno));
  active_.reset();
  return {};
}

Result<void> LogStore::append(std::string_view content, uint64_t first, uint64_t last) {
  if (content.size() > kMostFrameBytes) return fail(Status::badRequest("a batch of more than 1 GiB"));
  if (active_ && end_ > 0 && end_ + kFrameHead + content.size() > options_.segmentBytes) CLEAT_TRY(seal());
  if (!active_) CLEAT_TRY(begin(first));
  const std::string frame = frameOf(content);
  const std::string& path = files_.back().path;
  Result<void> done = writeAt(active_.get(), end_, frame, path);
  if (done && !unsynced_ && ::fdatasync(active_.get()) != 0) done = fail(systemError("cannot sync " + path, errno));
  if (!done) {
    // Nothing of it may be there when the file is read again.
    isBroken_ = ::ftruncate(active_.get(), static_cast<off_t>(end_)) != 0;
    return done;
  }
  end_ += frame.size();
  eachChange(content, [this](const Change& change) { learn(change); });
  last_ = last;
  return {};
}

Result<bool> LogStore::read(uint64_t after, size_t bytes, const std::function<void(const Change&)>& visit) {
  for (size_t i = 0; i < files_.size(); ++i) {
    // Of a segment all is at or before `after` if the next one begins there.
    if (i + 1 < files_.size() && !files_[i + 1].isBase && files_[i + 1].revision <= after + 1) continue;
    if (files_[i].isBase && files_[i].revision <= after) continue;
    const bool goesOn = cursor_.path == files_[i].path && cursor_.after == after;
    CLEAT_TRY(readFile(files_[i], goesOn ? cursor_.offset : firstOffset(files_[i]), after, bytes, visit));
    if (bytes == 0) return false;
  }
  return true;
}

Result<void> LogStore::readFile(const LogFile& file, uint64_t offset, uint64_t after, size_t& left,
                                const std::function<void(const Change&)>& visit) {
  CLEAT_TRY(const Fd fd, openForReading(file.path));
  FrameReader reader(fd.get(), offset);
  while (left > 0) {
    const uint64_t at = reader.offset();
    std::string_view content;
    CLEAT_TRY(const FrameReader::Found found, reader.next(content));
    if (found == FrameReader::Found::end) return {};
    if (found == FrameReader::Found::damage) return fail(damaged(file.path, at));
    eachChange(content, [&](const Change& change) {
      if (left == 0 || change.revision <= after || given_.contains(change.revision)) return;
      visit(change);
      // Whoever asks for the next ones names the last that it was given.
      cursor_ = {change.revision, at, file.path};
      left -= std::min(left, change.key.size() + change.value.size() + 1);
    });
  }
  return {};
}

uint64_t LogStore::note(const std::string& name) const {
  const auto found = notes_.find(name);
  return found == notes_.end() ? 0 : found->second;
}

Result<void> LogStore::setNote(const std::string& name, uint64_t value) {
  notes_[name] = value;
  return saveNotes();
}

Result<void> LogStore::compact(uint64_t revision) {
  revision = std::min(revision, last_);
  if (revision <= horizon_) return {};
  notes_[kHorizon] = horizon_ = revision;
  while (!recent_.empty() && recent_.front().revision <= revision) {
    forget(recent_.front());
    recent_.pop_front();
  }
  return saveNotes();
}

std::optional<Merge> LogStore::wantsMerge() {
  if (!isOpen_ || isMerging_ || given_.size() < options_.mergeFrom || 2 * given_.size() < changes_) return {};
  if (!seal()) return {};
  Merge merge{options_.folder, files_, horizon_, last_, given_, {}};
  merge.written = concat(options_.folder, "/", baseName(last_), "-", ++merges_, ".new");
  isMerging_ = true;
  return merge;
}

Result<void> LogStore::finishMerge(const Merge& merge, const Result<size_t>& merged) {
  isMerging_ = false;
  if (!merged) return fail(merged.error());
  const std::string path = concat(options_.folder, "/", baseName(merge.last));
  // Opened anew meanwhile: it may hold other files.
  if (!isOpen_ || files_.size() < merge.files.size() || files_.front().path != merge.files.front().path) {
    ::unlink(merge.written.c_str());
    return {};
  }
  if (::rename(merge.written.c_str(), path.c_str()) != 0) return fail(systemError("cannot name " + path, errno));
  CLEAT_TRY(syncFolder(options_.folder));
  for (const LogFile& file : merge.files) {
    if (file.path != path) ::unlink(file.path.c_str());
  }
  files_.erase(files_.begin(), files_.begin() + static_cast<ptrdiff_t>(merge.files.size()));
  files_.insert(files_.begin(), {path, merge.last, true});
  changes_ -= merge.dropped.size();
  for (const uint64_t revision : merge.dropped) given_.erase(revision);
  cursor_ = {};
  return {};
}

Result<size_t> runMerge(const Merge& merge) {
  Fd out(::open(merge.written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return fail(systemError("cannot make " + merge.written, errno));
  std::string content;
  uint64_t end = 0;
  size_t changes = 0;
  auto flush = [&](std::string_view bytes) -> Result<void> {
    CLEAT_TRY(writeAt(out.get(), end, bytes, merge.written));
    end += bytes.size();
    content.clear();
    return {};
  };
  CLEAT_TRY(flush(baseHead(merge.horizon)));
  for (const LogFile& file : merge.files) {
    CLEAT_TRY(const Fd in, openForReading(file.path));
    FrameReader reader(in.get(), firstOffset(file));
    for (;;) {
      const uint64_t at = reader.offset();
      std::string_view frame;
      CLEAT_TRY(const FrameReader::Found found, reader.next(frame));
      if (found == FrameReader::Found::damage) return fail(damaged(file.path, at));
      if (found == FrameReader::Found::end) break;
      eachChange(frame, [&](Change change) {
        if (merge.dropped.contains(change.revision)) return;
        // What it took the place of is dropped too.
        if (change.revision <= merge.horizon) change.replaces = 0;
        addChange(content, change);
        ++changes;
      });
      if (content.size() >= kMergedFrameBytes) CLEAT_TRY(flush(frameOf(content)));
    }
  }
  if (!content.empty()) CLEAT_TRY(flush(frameOf(content)));
  if (::fsync(out.get()) != 0) return fail(systemError("cannot sync " + merge.written, errno));
  return changes;
}

}  // namespace cleat::storelog
