// The text of a label selector, read by Kubernetes' grammar and refused in its words.
#include <cleat/sdk/selector.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cleat {
namespace {

constexpr size_t kMaxSelectorBytes = 64u << 10;

bool isAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// "a", "a-b", "a_b.c": begins and ends with a letter or digit.
bool isNamePart(std::string_view text) {
  auto inner = [](char c) { return isAlnum(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && isAlnum(text.front()) && isAlnum(text.back()) && std::ranges::all_of(text, inner);
}

// Whatever its length.
bool isDnsSubdomain(std::string_view text) {
  if (text.empty()) return false;
  while (true) {
    std::string_view label = text.substr(0, text.find('.'));
    auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (label.empty() || !lower(label.front()) || !lower(label.back())) return false;
    if (!std::ranges::all_of(label, [&](char c) { return lower(c) || c == '-'; })) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

constexpr size_t kMaxNameBytes = 63, kMaxPrefixBytes = 253;
constexpr std::string_view kNameForm =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

// All that is wrong with it, or nothing.
std::optional<std::string> keyProblem(std::string_view key) {
  std::vector<std::string> wrongs;
  const size_t slash = key.find('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  if (slash != std::string_view::npos) {
    const std::string_view prefix = key.substr(0, slash);
    if (prefix.empty()) {
      wrongs.emplace_back("prefix part must be non-empty");
    } else {
      if (prefix.size() > kMaxPrefixBytes) wrongs.emplace_back("prefix part must be no more than 253 bytes");
      if (!isDnsSubdomain(prefix)) {
        wrongs.emplace_back(
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
            "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
      }
    }
  }
  if (name.contains('/')) {
    wrongs = {concat("a valid label key ", kNameForm,
                     " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")};
  } else {
    if (name.empty()) wrongs.emplace_back("name part must be non-empty");
    if (name.size() > kMaxNameBytes) wrongs.emplace_back("name part must be no more than 63 bytes");
    if (!isNamePart(name)) wrongs.push_back(concat("name part ", kNameForm));
  }
  if (wrongs.empty()) return std::nullopt;
  return concat("<nil>: Invalid value: ", inQuotes(key), ": ", joined(wrongs, "; "));
}

std::optional<std::string> valueProblem(std::string_view key, size_t index, std::string_view value) {
  std::vector<std::string> wrongs;
  if (value.size() > kMaxNameBytes) wrongs.emplace_back("must be no more than 63 bytes");
  if (!value.empty() && !isNamePart(value)) {
    wrongs.emplace_back(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
        "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
  }
  if (wrongs.empty()) return std::nullopt;
  return concat("values[", index, "][", key, "]: Invalid value: ", inQuotes(value), ": ", joined(wrongs, "; "));
}

std::optional<std::string> valuesProblem(std::string_view key, const std::vector<std::string>& values, bool compares) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (auto problem = valueProblem(key, i, values[i])) return problem;
    if (compares && !parseInteger<int64_t>(values[i])) {
      return "values[0]: Invalid value: " + inQuotes(values[i]) +
             ": for 'Gt', 'Lt' operators, the value must be an integer";
    }
  }
  return std::nullopt;
}

// The tokens of a selector: the punctuation, and identifiers for everything between.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) { advance(); }

  std::string_view token() const { return token_; }
  bool atEnd() const { return atEnd_; }
  bool isIdentifier() const { return isIdentifier_; }
  // In an error; the end is the empty text, as in Kubernetes.
  std::string shown() const { return std::string(token_); }

  void advance() {
    while (!rest_.empty() && isSpace(rest_[0])) rest_.remove_prefix(1);
    atEnd_ = rest_.empty();
    size_t size = 0;
    if (!atEnd_ && isSymbol(rest_[0])) {
      isIdentifier_ = false;
      std::string_view two = rest_.substr(0, 2);
      size = two == "==" || two == "!=" ? 2 : 1;
    } else {
      isIdentifier_ = !atEnd_;
      while (size < rest_.size() && !isSymbol(rest_[size]) && !isSpace(rest_[size])) ++size;
    }
    token_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  bool take(std::string_view symbol) {
    if (atEnd_ || token_ != symbol) return false;
    advance();
    return true;
  }

 private:
  static bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool isSymbol(char c) { return std::string_view("=!(),<>").find(c) != std::string_view::npos; }

  std::string_view rest_, token_;
  bool atEnd_ = false, isIdentifier_ = false;
};

// The values between parentheses; an empty one between commas is the empty text.
Result<std::vector<std::string>> parseValues(Lexer& lexer) {
  if (!lexer.take("(")) return fail(Status::badRequest("found '" + lexer.shown() + "' expected: '('"));
  std::set<std::string> values;
  bool expectValue = true;
  while (!lexer.take(")")) {
    if (lexer.take(",")) {
      if (expectValue) values.insert("");
      expectValue = true;
    } else if (lexer.isIdentifier() && expectValue) {
      values.insert(lexer.shown());
      lexer.advance();
      expectValue = false;
    } else {
      const char* expected = expectValue ? "',', ')' or identifier" : "',' or ')'";
      return fail(Status::badRequest("found '" + lexer.shown() + "', expected: " + expected));
    }
  }
  if (expectValue) values.insert("");
  return std::vector<std::string>(values.begin(), values.end());
}

// The one behind "=" and its like; "a=" asks for the empty one.
Result<std::vector<std::string>> parseValue(Lexer& lexer) {
  if (lexer.atEnd() || lexer.token() == ",") return std::vector<std::string>(1);
  if (!lexer.isIdentifier()) return fail(Status::badRequest("found '" + lexer.shown() + "', expected: identifier"));
  std::vector<std::string> value{lexer.shown()};
  lexer.advance();
  return value;
}

}  // namespace

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  if (text.size() > kMaxSelectorBytes) {
    return fail(Status::badRequest("the label selector is longer than the limit of " +
                                   std::to_string(kMaxSelectorBytes) + " bytes"));
  }
  // What is between requirements is told as it is.
  auto refuseText = [](const std::string& why) { return fail(Status::badRequest(why)); };
  auto refuse = [&](const std::string& why) { return refuseText("unable to parse requirement: " + why); };
  LabelSelector selector;
  Lexer lexer(text);
  while (!lexer.atEnd()) {
    Requirement requirement;
    bool negated = lexer.take("!");
    if (!lexer.isIdentifier()) {
      if (negated) return refuse("found '" + lexer.shown() + "', expected: identifier");
      return refuseText("found '" + lexer.shown() + "', expected: !, identifier, or 'end of string'");
    }
    requirement.key = lexer.shown();
    lexer.advance();
    if (auto problem = keyProblem(requirement.key)) return refuse(*problem);
    if (negated || lexer.atEnd() || lexer.token() == ",") {
      requirement.op = negated ? Operator::doesNotExist : Operator::exists;
    } else {
      bool isSet = false;
      if (lexer.take("=") || lexer.take("==")) {
        requirement.op = Operator::in;
      } else if (lexer.take("!=")) {
        requirement.op = Operator::notIn;
      } else if (lexer.take(">")) {
        requirement.op = Operator::greater;
      } else if (lexer.take("<")) {
        requirement.op = Operator::less;
      } else if (lexer.take("in")) {
        requirement.op = Operator::in;
        isSet = true;
      } else if (lexer.take("notin")) {
        requirement.op = Operator::notIn;
        isSet = true;
      } else {
        return refuse("found '" + lexer.shown() + "', expected: in, notin, =, ==, !=, gt, lt");
      }
      Result<std::vector<std::string>> values = isSet ? parseValues(lexer) : parseValue(lexer);
      if (!values) return refuse(values.error().message);
      requirement.values = std::move(*values);
      bool compares = requirement.op == Operator::greater || requirement.op == Operator::less;
      if (auto problem = valuesProblem(requirement.key, requirement.values, compares)) return refuse(*problem);
    }
    selector.requirements_.push_back(std::move(requirement));
    if (lexer.atEnd()) break;
    if (!lexer.take(",")) return refuseText("found '" + lexer.shown() + "', expected: ',' or 'end of string'");
    if (!lexer.isIdentifier() && lexer.token() != "!") {
      return refuseText("found '" + lexer.shown() + "', expected: identifier after ','");
    }
  }
  return selector;
}

}  // namespace cleat
