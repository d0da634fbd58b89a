#include "regex_cache.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>

#include <string>
#include <unordered_map>

namespace cleat::cel {

namespace {

bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr size_t kMostPatterns = 256;
constexpr int64_t kMostMemory = 1 << 20;  // of one pattern

// In the only form in which RE2 takes names of groups; Go takes (?<name>…) too.
std::string withNames(std::string_view pattern) {
  std::string out;
  bool inClass = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    out += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (pattern[i] == '[' || pattern[i] == ']') {
      inClass = pattern[i] == '[';
    } else if (!inClass && pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               isNameStart(pattern[i + 3])) {
      out += "?P<";
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::string regexFault(const re2::RE2& pattern) {
  const std::string arg = concat(": `", pattern.error_arg(), "`");
  switch (pattern.error_code()) {
    case re2::RE2::ErrorMissingBracket: return concat("missing closing ]", arg);
    case re2::RE2::ErrorMissingParen: return concat("missing closing )", arg);
    case re2::RE2::ErrorUnexpectedParen: return concat("unexpected )", arg);
    case re2::RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression: ``";
    case re2::RE2::ErrorRepeatArgument: return concat("missing argument to repetition operator", arg);
    case re2::RE2::ErrorRepeatSize: return concat("invalid repeat count", arg);
    case re2::RE2::ErrorRepeatOp: return concat("invalid nested repetition operator", arg);
    case re2::RE2::ErrorBadPerlOp: return concat("invalid or unsupported Perl syntax", arg);
    case re2::RE2::ErrorBadNamedCapture: return concat("invalid named capture", arg);
    case re2::RE2::ErrorBadEscape: return concat("invalid escape sequence", arg);
    case re2::RE2::ErrorBadCharRange: return concat("invalid character class range", arg);
    case re2::RE2::ErrorBadUTF8: return concat("invalid UTF-8", arg);
    case re2::RE2::ErrorPatternTooLarge: return "expression nests too deeply or is too large";
    default: return pattern.error();
  }
}

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
  auto compiled = std::make_shared<const re2::RE2>(withNames(pattern), options);
  MutexLock lock(mutex);
  if (known.size() >= kMostPatterns) known.clear();
  known.emplace(std::move(key), compiled);
  return compiled;
}

}  // namespace cleat::cel
