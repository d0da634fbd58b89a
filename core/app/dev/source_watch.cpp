#include "core/app/dev/source_watch.h"

#include <algorithm>
#include <set>
#include <system_error>

namespace cleat::app {
namespace fs = std::filesystem;

SourceWatch::SourceWatch(std::string folder) : folder_(std::move(folder)), told_(look()), seen_(told_) {}

SourceWatch::Files SourceWatch::look() const {
  Files files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder_, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const fs::path& path = at->path();
    const bool hidden = path.filename().string().starts_with('.');
    if (at->is_directory(gone)) {
      if (hidden || fs::exists(path / "CMakeCache.txt", gone)) at.disable_recursion_pending();
      continue;
    }
    if (hidden || path.extension() == ".so" || !at->is_regular_file(gone)) continue;
    const Facts facts{at->last_write_time(gone), at->file_size(gone)};
    if (!gone) files.emplace(path.lexically_relative(folder_).string(), facts);
  }
  return files;
}

std::vector<std::string> SourceWatch::changed() {
  Files now = look();
  std::set<std::string> names;
  if (now != seen_) {
    seen_ = std::move(now);
    return {};
  }
  for (const auto& [name, facts] : now) {
    auto before = told_.find(name);
    if (before == told_.end() || before->second != facts) names.insert(name);
  }
  for (const auto& [name, facts] : told_) {
    if (!now.contains(name)) names.insert(name);
  }
  told_ = std::move(now);
  return {names.begin(), names.end()};
}

}  // namespace cleat::app
