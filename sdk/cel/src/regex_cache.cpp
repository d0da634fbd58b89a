#include "regex_cache.h"

#include <cleat/sdk/mutex.h>

#include <string>
#include <unordered_map>

namespace cleat::cel {

namespace {

constexpr size_t kMostPatterns = 256;
constexpr int64_t kMostMemory = 1 << 20;  // of one pattern

}  // namespace

std::shared_ptr<const re2::RE2> findRegex(std::string_view pattern) {
  static Mutex mutex;
  static std::unordered_map<std::string, std::shared_ptr<const re2::RE2>> known;
  std::string key(pattern);
  {
    MutexLock lock(mutex);
    auto found = known.find(key);
    if (found != known.end()) return found->second;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto compiled = std::make_shared<const re2::RE2>(key, options);
  MutexLock lock(mutex);
  if (known.size() >= kMostPatterns) known.clear();
  known.emplace(std::move(key), compiled);
  return compiled;
}

}  // namespace cleat::cel
