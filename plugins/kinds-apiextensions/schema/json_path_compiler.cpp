// JsonPath::compile: from the text to its steps.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "kinds-apiextensions/schema/json_path.h"
#include "kinds-apiextensions/schema/json_path_steps.h"

namespace cleat::kinds::extensions {

namespace {

constexpr size_t kMostBytes = 4096;
constexpr int kMostNested = 8;  // of filters and unions in each other
constexpr auto kNowhere = std::string_view::npos;

using Kind = JsonPathStep::Kind;
using Compare = JsonPathStep::Compare;

std::unexpected<Status> wrong(std::string_view what) {
  return fail(Status::badRequest(concat("invalid JSON path: ", what)));
}

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  return begin == kNowhere ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

Result<int64_t> wholeNumberIn(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return wrong(concat("invalid array index ", text));
  return number;
}

JsonPathStep memberNamed(std::string name) {
  JsonPathStep step;
  step.name = std::move(name);
  return step;
}

Result<JsonPathSteps> compilePath(std::string_view text, int depth);

// "2", "1:3", ":-1", "::2".
Result<JsonPathStep> compileElements(std::string_view text) {
  JsonPathStep step;
  step.kind = Kind::elements;
  std::optional<int64_t>* parts[] = {&step.from, &step.to, &step.stride};
  size_t count = 0;
  for (std::string_view rest = text;; ++count) {
    size_t colon = rest.find(':');
    std::string_view part = rest.substr(0, colon);
    if (count == 3) return wrong(concat("invalid array index ", text));
    if (!part.empty()) {
      CLEAT_TRY(*parts[count], wholeNumberIn(part));
    }
    if (colon == kNowhere) break;
    rest.remove_prefix(colon + 1);
  }
  step.single = count == 0;
  if (step.single && !step.from) return wrong("an empty array index");
  return step;
}

Result<JsonPathStep> compileUnion(std::string_view text, int depth) {
  JsonPathStep step;
  step.kind = Kind::unionOf;
  while (true) {
    size_t comma = text.find(',');
    CLEAT_TRY(auto path, compilePath(concat("[", trimmed(text.substr(0, comma)), "]"), depth + 1));
    step.paths.push_back(std::move(path));
    if (comma == kNowhere) return step;
    text.remove_prefix(comma + 1);
  }
}

// What stands between brackets and is no filter.
Result<JsonPathSteps> compileBrackets(std::string_view text, int depth) {
  JsonPathSteps steps;
  if (text.size() >= 2 && text.starts_with('\'') && text.substr(1).find('\'') == text.size() - 2) {
    return compilePath(concat(".", text.substr(1, text.size() - 2)), depth + 1);
  }
  if (text.find(',') != kNowhere) {
    CLEAT_TRY(steps.emplace_back(), compileUnion(text, depth));
  } else if (text == "*") {
    CLEAT_TRY(steps.emplace_back(), compileElements(":"));
  } else {
    CLEAT_TRY(steps.emplace_back(), compileElements(text));
  }
  return steps;
}

std::optional<Compare> comparison(std::string_view text) {
  if (text == "==") return Compare::equal;
  if (text == "!=") return Compare::notEqual;
  if (text == "<") return Compare::less;
  if (text == "<=") return Compare::lessOrEqual;
  if (text == ">") return Compare::greater;
  if (text == ">=") return Compare::greaterOrEqual;
  return std::nullopt;
}

// A text in quotes of either kind, a number, true or false.
Result<JsonTree> compileLiteral(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    std::string json;
    appendJsonText(json, text.substr(1, text.size() - 2));
    return JsonTree::parse(json);
  }
  return JsonTree::parse(text.starts_with('+') ? text.substr(1) : text);
}

// What stands between [?( and )].
Result<JsonPathStep> compileFilter(std::string_view text, int depth) {
  JsonPathStep step;
  step.kind = Kind::filter;
  size_t begin = text.find_first_of("!<>=");
  std::string_view left = trimmed(text.substr(0, begin));
  CLEAT_TRY(step.paths.emplace_back(), compilePath(left, depth + 1));
  if (begin == kNowhere) return step;
  size_t end = text.find_first_not_of("!<>=", begin);
  auto compare = end == kNowhere ? std::nullopt : comparison(text.substr(begin, end - begin));
  if (!compare) return wrong(concat("unrecognized filter ", text));
  step.compare = *compare;
  std::string_view right = trimmed(text.substr(end));
  if (right.starts_with('@') || right.starts_with('.') || right.starts_with('$')) {
    CLEAT_TRY(step.paths.emplace_back(), compilePath(right, depth + 1));
  } else {
    CLEAT_TRY(step.literal, compileLiteral(right));
  }
  return step;
}

// The length of a name at the front of the text, with its escapes.
size_t nameLength(std::string_view text) {
  size_t i = 0;
  while (i < text.size() && std::string_view(" \t\r\n.,[]$@{}").find(text[i]) == kNowhere) i += text[i] == '\\' ? 2 : 1;
  return std::min(i, text.size());
}

std::string withoutBackslashes(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != '\\') out += c;
  }
  return out;
}

// Where the filter that begins the text ends: at the first ")]" outside of quotes.
size_t filterEnd(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quote == 0 && (text[i] == '"' || text[i] == '\'')) {
      quote = text[i];
    } else if (quote != 0 && text[i] == quote && text[i - 1] != '\\') {
      quote = 0;
    } else if (quote == 0 && text.substr(i).starts_with(")]")) {
      return i;
    }
  }
  return kNowhere;
}

bool beginsName(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Takes a name from the front; "*" stands for every member.
void takeName(std::string_view& text, JsonPathSteps& steps) {
  size_t length = nameLength(text);
  std::string name = withoutBackslashes(text.substr(0, length));
  text.remove_prefix(length);
  JsonPathStep step = memberNamed(std::move(name));
  if (step.name == "*") step.kind = Kind::wildcard;
  steps.push_back(std::move(step));
}

Result<JsonPathSteps> compilePath(std::string_view text, int depth) {
  if (depth > kMostNested) return wrong("filters and unions too deep in each other");
  JsonPathSteps steps;
  while (!text.empty()) {
    if (text.starts_with("[?(")) {
      size_t end = filterEnd(text.substr(3));
      if (end == kNowhere) return wrong("unterminated filter");
      CLEAT_TRY(auto filter, compileFilter(text.substr(3, end), depth));
      steps.push_back(std::move(filter));
      text.remove_prefix(end + 5);
    } else if (text.starts_with('[')) {
      size_t end = text.find(']');
      if (end == kNowhere) return wrong("unterminated array");
      CLEAT_TRY(auto inside, compileBrackets(text.substr(1, end - 1), depth));
      std::ranges::move(inside, std::back_inserter(steps));
      text.remove_prefix(end + 1);
    } else if (text.starts_with("..")) {
      if (!steps.empty() && steps.back().kind == Kind::descendants) return wrong("invalid multiple recursive descent");
      steps.emplace_back().kind = Kind::descendants;
      text.remove_prefix(2);
      if (!text.empty() && beginsName(text.front())) takeName(text, steps);
    } else if (text.starts_with('.')) {
      text.remove_prefix(1);
      takeName(text, steps);
    } else if (std::string_view(" @$").find(text.front()) != kNowhere) {
      text.remove_prefix(1);
    } else {
      return wrong(concat("unrecognized character in action: ", text.front()));
    }
  }
  return steps;
}

}  // namespace

Result<JsonPath> JsonPath::compile(std::string_view text) {
  if (text.size() > kMostBytes) return wrong(concat("longer than ", kMostBytes, " bytes"));
  CLEAT_TRY(auto steps, compilePath(text, 0));
  return JsonPath(std::make_shared<const JsonPathSteps>(std::move(steps)));
}

std::vector<std::string> JsonPath::names() const {
  std::vector<std::string> names;
  for (const JsonPathStep& step : *steps_) {
    if (step.kind != Kind::member) return {};
    names.push_back(step.name);
  }
  return names;
}

}  // namespace cleat::kinds::extensions
