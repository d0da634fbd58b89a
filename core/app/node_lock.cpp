#include "core/app/node_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

Status systemFailure(const std::string& doing) {
  return Status::unavailable(doing + ": " + std::generic_category().message(errno));
}

Result<std::string> recordPath(const std::string& folder) {
  struct stat network{};
  if (stat("/proc/thread-self/ns/net", &network) != 0) return fail(systemFailure("asking for the network namespace"));
  return folder + "/node-" + std::to_string(network.st_ino);
}

std::string readRecord(int file) {
  std::array<char, PATH_MAX + 1> text;
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  const std::string record(text.data(), size > 0 ? size : 0);
  return record.substr(0, record.find('\n'));
}

// The new line is whole before the rest of the old one goes: a kill between the two leaves a record that can be read.
bool writeRecord(int file, const std::string& dataDir) {
  const std::string line = dataDir + "\n";
  const auto size = static_cast<ssize_t>(line.size());
  return pwrite(file, line.data(), line.size(), 0) == size && ftruncate(file, size) == 0;
}

bool isThisFile(int file, const std::string& path) {
  struct stat held{}, named{};
  return fstat(file, &held) == 0 && stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

bool holdsSomething(const std::string& folder) {
  std::error_code error;
  return fs::exists(folder, error) && !fs::is_empty(folder, error);
}

std::string howToRemove(const std::string& dataDir) {
  return "etc/node-cleanup.sh " + dataDir + " takes away what it leaves (./run --stop does both)";
}

Status atWork(const std::string& owner, const std::string& dataDir) {
  if (owner == dataDir) return Status::unavailable("the node with its data in " + owner + " is at work already");
  // Empty for a moment while a node starts, and while one is cleaned up.
  if (owner.empty())
    return Status::unavailable("another node of Cleat is starting or being cleaned up on this machine: try again");
  return Status::unavailable("another node of Cleat is at work on this machine, with its data in " + owner +
                             ", and a machine's network is one node's: stop it, then " + howToRemove(owner));
}

Status leftBehind(const std::string& owner) {
  return Status::unavailable("another node of Cleat was at work on this machine, with its data in " + owner +
                             ", and what it runs goes on: start it again with --data-dir " + owner +
                             ", or stop it for good: " + howToRemove(owner));
}

}  // namespace

Result<NodeLock> NodeLock::take(const std::string& dataDir, const std::string& folder) {
  CLEAT_TRY(std::string path, recordPath(folder));
  for (;;) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail(systemFailure("making " + folder));
    NodeLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.file_ < 0 && errno == ENOENT) continue;  // the clean-up has just removed the folder
    if (lock.file_ < 0) return fail(systemFailure("opening " + path));
    if (flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail(systemFailure("locking " + path));
      return fail(atWork(readRecord(lock.file_), dataDir));
    }
    if (!isThisFile(lock.file_, path)) continue;  // or the file
    const std::string owner = readRecord(lock.file_);
    if (!owner.empty() && owner != dataDir && holdsSomething(owner)) return fail(leftBehind(owner));
    lock.first_ = owner != dataDir;
    if (!writeRecord(lock.file_, dataDir)) return fail(systemFailure("writing " + path));
    return lock;
  }
}

void NodeLock::withdraw() {
  if (first_) (void)!ftruncate(file_, 0);
}

NodeLock::~NodeLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace cleat::app
