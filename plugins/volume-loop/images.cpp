#include "images.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace cleat::loop {
namespace {

// A smaller ext4 has no room for anything.
constexpr uint64_t kLeast = 1u << 20;

}  // namespace

std::string wrongHandle(const std::string& handle) {
  if (handle.empty() || handle.size() > 200) return "must have 1 to 200 letters";
  const bool plain = std::ranges::all_of(handle, [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_' || letter == '.';
  });
  if (!plain || handle.front() == '.') return "must be letters, digits, '-', '_' and '.', and begin with no '.'";
  return {};
}

Result<void> Images::make(const std::string& handle, uint64_t bytes) const {
  const std::string file = fileOf(handle), unfinished = file + ".new";
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  if (bytes < kLeast) {
    return fail(Status::badRequest("a new volume needs a size of 1Mi or more: spec.capacity or volumeAttributes.size"));
  }
  CLEAT_TRY(makeFolders(folder, 0700));
  {
    Fd made(open(unfinished.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made) return fail(systemError("cannot make " + unfinished, errno));
    if (ftruncate(made.get(), static_cast<off_t>(bytes)) != 0) {
      return fail(systemError("cannot make " + unfinished + " that large", errno));
    }
  }
  // Nothing is kept for root, and what belongs to nobody yet is zero already.
  CLEAT_TRY(const Output done,
            run({.argv = {mkfs, "-F", "-q", "-m", "0", "-E", "nodiscard", unfinished}}, {.timeoutMs = 60'000}));
  if (!done.succeeded()) {
    ::unlink(unfinished.c_str());
    return fail(Status::internal(concat(mkfs, " failed: ", done.standardError.substr(0, 500))));
  }
  if (std::rename(unfinished.c_str(), file.c_str()) != 0) return fail(systemError("cannot make " + file, errno));
  return {};
}

Result<void> Images::remove(const std::string& handle) const {
  const std::string file = fileOf(handle);
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return fail(systemError("cannot remove " + file, errno));
}

}  // namespace cleat::loop
