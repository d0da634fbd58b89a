#include "core/host/isolation/confinement.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

namespace cleat::host {
namespace {

// Behind everything that systems and containers give out.
constexpr uint32_t kFirstUid = 1'879'048'192, kUids = 65'536;

bool isOwnUid(uid_t uid) { return uid >= kFirstUid && uid - kFirstUid < kUids; }

std::optional<uid_t> ownerOf(const std::string& folder) {
  struct stat status;
  if (lstat(folder.c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

bool giveTo(const std::string& folder, uint32_t uid) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator next(folder, error), end; !error && next != end;
       next.increment(error)) {
    if (lchown(next->path().c_str(), uid, uid) != 0) return false;
  }
  return !error && lchown(folder.c_str(), uid, uid) == 0;
}

template <class T>
bool numberIn(const std::string& text, T& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// One line of the text. False for one that is none.
bool takeLine(Confinement& all, const std::string& key, const std::string& value) {
  if (key == "required")
    all.required = true;
  else if (key == "network")
    all.network = true;
  else if (key == "namespaces")
    all.namespaces = true;
  else if (key == "limited")
    all.limited = true;
  else if (key == "visible")
    all.visible.push_back(value);
  else if (key == "lacks")
    all.lacks.push_back(value);
  else if (key == "state")
    all.stateFolder = value;
  else if (key == "memory")
    return numberIn(value, all.memoryBytes);
  else if (key == "cpu")
    return numberIn(value, all.cpuThousandths);
  else if (key == "processes")
    return numberIn(value, all.processes);
  else if (key == "uid")
    return numberIn(value, all.uid.emplace());
  else
    return false;
  return true;
}

}  // namespace

std::string encodeConfinement(const Confinement& all) {
  std::string text = concat("state ", all.stateFolder, "\nmemory ", all.memoryBytes, "\ncpu ", all.cpuThousandths,
                            "\nprocesses ", all.processes, "\n");
  if (all.required) text += "required \n";
  if (all.network) text += "network \n";
  if (all.namespaces) text += "namespaces \n";
  if (all.limited) text += "limited \n";
  if (all.uid) text += concat("uid ", *all.uid, "\n");
  for (const std::string& path : all.visible) text += concat("visible ", path, "\n");
  for (const std::string& lack : all.lacks) text += concat("lacks ", lack, "\n");
  return text;
}

Result<Confinement> decodeConfinement(const std::string& text) {
  Confinement all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos || !takeLine(all, line.substr(0, space), line.substr(space + 1))) {
      return fail(Status::badRequest("no confinement: " + line));
    }
  }
  return all;
}

std::optional<uint32_t> ownUid(const std::string& stateFolder) {
  // Two plugins that are started at once do not get the same.
  static Mutex mutex;
  MutexLock lock(mutex);
  std::optional<uid_t> owner = ownerOf(stateFolder);
  if (!owner) return std::nullopt;
  if (isOwnUid(*owner)) return *owner;
  std::set<uid_t> taken;
  std::error_code error;
  for (const auto& beside :
       std::filesystem::directory_iterator(std::filesystem::path(stateFolder).parent_path(), error)) {
    if (auto uid = ownerOf(beside.path().string())) taken.insert(*uid);
  }
  uint32_t uid = kFirstUid;
  while (taken.contains(uid)) ++uid;
  if (!isOwnUid(uid)) {
    errno = EUSERS;
    return std::nullopt;
  }
  return giveTo(stateFolder, uid) ? std::optional(uid) : std::nullopt;
}

}  // namespace cleat::host
