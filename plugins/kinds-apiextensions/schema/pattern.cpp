#include "kinds-apiextensions/schema/pattern.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>

namespace cleat::kinds::extensions {

namespace {

// For a compiled expression and the states that matching makes of it. Most take a hundredth of the smaller one; those
// that do not fit, such as repeated classes of Unicode, get the larger one.
constexpr int64_t kMemory = 1 << 20;
constexpr int64_t kMostMemory = 8 << 20;

// Counts for one step: so many instructions times bytes, which RE2 looks at in the worst case.
constexpr size_t kWorkOfStep = 64;

re2::RE2::Options options(int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(memory);
  return options;
}

// Go writes named groups in two ways, of which RE2 knows one: (?<name> becomes (?P<name>.
std::string inRe2Syntax(std::string_view expression) {
  std::string out;
  bool inClass = false;
  for (size_t i = 0; i < expression.size(); ++i) {
    std::string_view rest = expression.substr(i);
    if (!inClass && rest.starts_with("\\Q")) {
      size_t end = rest.find("\\E");
      rest = rest.substr(0, end == std::string_view::npos ? end : end + 2);
      out += rest;
      i += rest.size() - 1;
      continue;
    }
    if (rest.starts_with('\\')) {
      out += rest.substr(0, 2);
      ++i;
      continue;
    }
    if (rest.starts_with('[')) inClass = true;
    if (rest.starts_with(']')) inClass = false;
    out += rest.front();
    if (!inClass && rest.starts_with("(?<")) {
      out += "?P";
      ++i;
    }
  }
  return out;
}

const char* inGoWords(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape: return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass: return "invalid character class";
    case re2::RE2::ErrorBadCharRange: return "invalid character class range";
    case re2::RE2::ErrorMissingBracket: return "missing closing ]";
    case re2::RE2::ErrorMissingParen: return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen: return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize: return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8: return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture: return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge: return "expression too large";
    default: return "internal error";
  }
}

std::unique_ptr<re2::RE2> compile(std::string_view expression) {
  std::string text = inRe2Syntax(expression);
  auto compiled = std::make_unique<re2::RE2>(text, options(kMemory));
  if (compiled->error_code() != re2::RE2::ErrorPatternTooLarge) return compiled;
  return std::make_unique<re2::RE2>(text, options(kMostMemory));
}

// RE2 has one escape more than Go: any byte, even of the middle of a character.
bool hasByteEscape(std::string_view expression) {
  for (size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] != '\\') continue;
    if (expression[i + 1] == 'C') return true;
    if (expression[i + 1] == 'Q') i = std::min(expression.find("\\E", i), expression.size());
    ++i;
  }
  return false;
}

std::string wrongWith(const re2::RE2& compiled, std::string_view expression) {
  // About these Go shows the whole expression.
  bool whole = compiled.error_code() == re2::RE2::ErrorMissingParen ||
               compiled.error_code() == re2::RE2::ErrorUnexpectedParen ||
               compiled.error_code() == re2::RE2::ErrorPatternTooLarge;
  std::string_view about = whole || compiled.error_arg().empty() ? expression : std::string_view(compiled.error_arg());
  if (compiled.error_code() == re2::RE2::ErrorTrailingBackslash) about = {};
  if (about.starts_with("(?P<") && expression.find(about) == std::string_view::npos) {
    return concat("error parsing regexp: ", inGoWords(compiled.error_code()), ": `(?", about.substr(3), "`");
  }
  return concat("error parsing regexp: ", inGoWords(compiled.error_code()), ": `", about, "`");
}

// All that are in use, by their texts.
struct Table {
  Mutex mutex;
  std::map<std::string, std::weak_ptr<const Pattern>, std::less<>> patterns CLEAT_GUARDED_BY(mutex);
};

Table& table() {
  static Table& all = *new Table;  // outlives every schema
  return all;
}

}  // namespace

Result<size_t> Pattern::check(std::string_view expression) {
  if (expression.size() > kMostBytes) {
    return fail(Status::badRequest(concat("it is longer than ", kMostBytes, " bytes")));
  }
  if (hasByteEscape(expression)) {
    return fail(Status::badRequest("error parsing regexp: invalid escape sequence: `\\C`"));
  }
  auto compiled = compile(expression);
  if (!compiled->ok()) return fail(Status::badRequest(wrongWith(*compiled, expression)));
  return static_cast<size_t>(compiled->ProgramSize());
}

std::shared_ptr<const Pattern> Pattern::of(std::string_view expression) {
  MutexLock lock(table().mutex);
  auto place = table().patterns.find(expression);
  if (place != table().patterns.end()) {
    if (auto pattern = place->second.lock()) return pattern;
  }
  auto pattern = std::make_shared<const Pattern>(expression);
  table().patterns.insert_or_assign(str(expression), pattern);
  return pattern;
}

Pattern::Pattern(std::string_view expression) : text_(expression) {}

Pattern::~Pattern() {
  MutexLock lock(table().mutex);
  auto place = table().patterns.find(text_);
  // Meanwhile there may be another one of the same text.
  if (place != table().patterns.end() && place->second.expired()) table().patterns.erase(place);
}

const re2::RE2& Pattern::compiled() const {
  std::call_once(once_, [this] { compiled_ = compile(text_); });
  return *compiled_;
}

bool Pattern::matches(std::string_view text) const {
  const re2::RE2& expression = compiled();
  return !expression.ok() || re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression);
}

size_t Pattern::stepsFor(size_t bytes) const {
  return 1 + bytes * static_cast<size_t>(std::max(compiled().ProgramSize(), 1)) / kWorkOfStep;
}

}  // namespace cleat::kinds::extensions
