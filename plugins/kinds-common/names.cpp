#include "kinds-common/names.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <limits>

namespace cleat::kinds {

namespace {

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isAlphanumeric(char c) { return isLower(c) || isUpper(c) || isDigit(c); }

// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool matchesLabel(std::string_view value) {
  auto edge = [](char c) { return isLower(c) || isDigit(c); };
  return !value.empty() && edge(value.front()) && edge(value.back()) &&
         std::all_of(value.begin(), value.end(), [&](char c) { return edge(c) || c == '-'; });
}

// Labels with dots between them.
bool matchesSubdomain(std::string_view value) {
  while (true) {
    size_t dot = value.find('.');
    if (!matchesLabel(value.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    value.remove_prefix(dot + 1);
  }
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool matchesName(std::string_view value) {
  return !value.empty() && isAlphanumeric(value.front()) && isAlphanumeric(value.back()) &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string formError(std::string_view form, std::string_view regex, std::initializer_list<std::string_view> examples) {
  std::string out = concat(form, " (e.g. ");
  bool first = true;
  for (std::string_view example : examples) {
    if (!first) out += " or ";
    first = false;
    appendTo(out, concat("'", example, "', "));
  }
  return concat(out, "regex used for validation is '", regex, "')");
}

#define CLEAT_LABEL_FORM "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define CLEAT_SEARCH_FORM "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
#define CLEAT_NAME_FORM "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

std::string qualifiedNameError() {
  return formError(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      CLEAT_NAME_FORM, {"MyName", "my.name", "123-abc"});
}

void addDotPrefix(std::string_view value, Wrongs& wrongs) {
  if (value == ".") {
    wrongs.push_back("must not be '.'");
  } else if (value == "..") {
    wrongs.push_back("must not be '..'");
  } else if (value.starts_with("..")) {
    wrongs.push_back("must not start with '..'");
  }
}

}  // namespace

std::string rangeError(int64_t low, int64_t high) {
  return concat("must be between ", low, " and ", high, ", inclusive");
}
std::string lengthError(size_t maxBytes) { return concat("must be no more than ", maxBytes, " bytes"); }

std::string charactersError(size_t most) { return concat("must be no more than ", most, " characters"); }

bool isDns1123Label(std::string_view value) { return value.size() <= kLabelMaxLength && matchesLabel(value); }
bool isDns1123Subdomain(std::string_view value) {
  return value.size() <= kSubdomainMaxLength && matchesSubdomain(value);
}

Wrongs wrongDns1123Label(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kLabelMaxLength) wrongs.push_back(charactersError(kLabelMaxLength));
  if (matchesLabel(value)) return wrongs;
  wrongs.push_back(matchesSubdomain(value)
                       ? "must not contain dots"
                       : formError("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
                                   "'-', and must start and end with an alphanumeric character",
                                   CLEAT_LABEL_FORM, {"my-name", "123-abc"}));
  return wrongs;
}

Wrongs wrongDns1123Subdomain(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kSubdomainMaxLength) wrongs.push_back(charactersError(kSubdomainMaxLength));
  if (!matchesSubdomain(value)) {
    wrongs.push_back(formError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        "start and end with an alphanumeric character",
        CLEAT_LABEL_FORM "(\\." CLEAT_LABEL_FORM ")*", {"example.com"}));
  }
  return wrongs;
}

Wrongs wrongSearchDomain(std::string_view value) {
  // Names of services begin with an underscore, and otherwise it may stand where a hyphen may.
  std::string plain;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool first = i == 0 || value[i - 1] == '.';
    if (value[i] != '_') plain += value[i];
    if (value[i] == '_' && !first) plain += '-';
  }
  Wrongs wrongs;
  if (value.size() > kSubdomainMaxLength) wrongs.push_back(charactersError(kSubdomainMaxLength));
  if (!matchesSubdomain(plain)) {
    wrongs.push_back(
        formError("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
                  "and must start and end with an alphanumeric character",
                  CLEAT_SEARCH_FORM "(\\." CLEAT_SEARCH_FORM ")*", {"example.com"}));
  }
  return wrongs;
}

Wrongs wrongWildcardSubdomain(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kSubdomainMaxLength) {
    wrongs.push_back(charactersError(kSubdomainMaxLength));
  }
  if (!value.starts_with("*.") || !matchesSubdomain(value.substr(2))) {
    wrongs.push_back(
        formError("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                  "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                  "\\*\\." CLEAT_LABEL_FORM "(\\." CLEAT_LABEL_FORM ")*", {"*.example.com"}));
  }
  return wrongs;
}

Wrongs wrongDns1123SubdomainCaseless(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kSubdomainMaxLength) wrongs.push_back(lengthError(kSubdomainMaxLength));
  if (!matchesSubdomain(lowerCase(value))) {
    wrongs.push_back(
        formError("an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end "
                  "with an alphanumeric character",
                  CLEAT_LABEL_FORM "(\\." CLEAT_LABEL_FORM ")*", {"Example.com"}));
  }
  return wrongs;
}

Wrongs wrongHttpPath(std::string_view value) {
  constexpr std::string_view kMarks = "/-._~%!$&'()*+,;=:";
  const bool right = !value.empty() && std::all_of(value.begin(), value.end(), [&](char c) {
    return isAlphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
  if (right) return {};
  return {"Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"};
}

Wrongs wrongDns1035Label(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kLabelMaxLength) wrongs.push_back(charactersError(kLabelMaxLength));
  if (!matchesLabel(value) || !isLower(value.front())) {
    wrongs.push_back(
        formError("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                  "alphabetic character, and end with an alphanumeric character",
                  "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return wrongs;
}

Wrongs wrongQualifiedName(std::string_view value) {
  Wrongs wrongs;
  std::string_view name = value;
  if (size_t slash = value.find('/'); slash != std::string_view::npos) {
    std::string_view prefix = value.substr(0, slash);
    name = value.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return {concat("a valid label key ", qualifiedNameError(),
                     " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")};
    }
    if (prefix.empty()) {
      wrongs.push_back("prefix part must be non-empty");
    } else {
      for (const std::string& wrong : wrongDns1123Subdomain(prefix)) wrongs.push_back("prefix part " + wrong);
    }
  }
  if (name.empty()) {
    wrongs.push_back("name part must be non-empty");
  } else if (name.size() > kLabelMaxLength) {
    wrongs.push_back("name part " + lengthError(kLabelMaxLength));
  }
  if (!matchesName(name)) wrongs.push_back("name part " + qualifiedNameError());
  return wrongs;
}

Wrongs wrongLabelValue(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kLabelMaxLength) wrongs.push_back(lengthError(kLabelMaxLength));
  if (!value.empty() && !matchesName(value)) {
    wrongs.push_back(formError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an alphanumeric character",
        "(" CLEAT_NAME_FORM ")?", {"MyValue", "my_value", "12345"}));
  }
  return wrongs;
}

Wrongs wrongPathSegment(std::string_view value) {
  if (value == "." || value == "..") return {concat("may not be '", value, "'")};
  Wrongs wrongs;
  for (char banned : {'/', '%'}) {
    if (value.find(banned) != std::string_view::npos) wrongs.push_back(concat("may not contain '", banned, "'"));
  }
  return wrongs;
}

Wrongs wrongPortName(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > 15) wrongs.push_back("must be no more than 15 characters");
  auto allowed = [](char c) { return isLower(c) || isDigit(c) || c == '-'; };
  if (value.empty() || !std::all_of(value.begin(), value.end(), allowed)) {
    wrongs.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::none_of(value.begin(), value.end(), isLower)) wrongs.push_back("must contain at least one letter (a-z)");
  if (value.find("--") != std::string_view::npos) wrongs.push_back("must not contain consecutive hyphens");
  if (!value.empty() && (value.front() == '-' || value.back() == '-')) {
    wrongs.push_back("must not begin or end with a hyphen");
  }
  return wrongs;
}

Wrongs wrongCIdentifier(std::string_view value) {
  auto letter = [](char c) { return isLower(c) || isUpper(c) || c == '_'; };
  if (!value.empty() && letter(value.front()) &&
      std::all_of(value.begin(), value.end(), [&](char c) { return letter(c) || isDigit(c); })) {
    return {};
  }
  return {
      formError("a valid C identifier must start with alphabetic character or '_', followed by a string of "
                "alphanumeric characters or '_'",
                "[A-Za-z_][A-Za-z0-9_]*", {"my_name", "MY_NAME", "MyName"})};
}

Wrongs wrongConditionReason(std::string_view value) {
  auto edge = [](char c) { return isAlphanumeric(c) || c == '_'; };
  const bool starts = !value.empty() && (isLower(value.front()) || isUpper(value.front()));
  if (starts && edge(value.back()) &&
      std::all_of(value.begin(), value.end(), [&](char c) { return edge(c) || c == ',' || c == ':'; })) {
    return {};
  }
  return {
      formError("a condition reason must start with alphabetic character, optionally followed by a string of "
                "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
                "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
                {"my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"})};
}

Wrongs wrongEnvName(std::string_view value) {
  Wrongs wrongs;
  if (value.empty()) wrongs.push_back("environment variable name must be non-empty");
  if (std::any_of(value.begin(), value.end(), [](char c) { return c < 0x20 || c > 0x7e || c == '='; })) {
    wrongs.push_back(
        "a valid environment variable name must consist only of printable ASCII characters other than '='");
  }
  return wrongs;
}

Wrongs wrongConfigMapKey(std::string_view value) {
  Wrongs wrongs;
  if (value.size() > kSubdomainMaxLength) wrongs.push_back(charactersError(kSubdomainMaxLength));
  auto allowed = [](char c) { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  if (value.empty() || !std::all_of(value.begin(), value.end(), allowed)) {
    wrongs.push_back(formError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                               "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  addDotPrefix(value, wrongs);
  return wrongs;
}

Wrongs wrongHttpHeaderName(std::string_view value) {
  auto allowed = [](char c) { return isAlphanumeric(c) || c == '-'; };
  if (!value.empty() && std::all_of(value.begin(), value.end(), allowed)) return {};
  return {formError("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+",
                    {"X-Header-Name"})};
}

Wrongs wrongPercent(std::string_view value) {
  if (value.size() > 1 && value.back() == '%' && std::all_of(value.begin(), value.end() - 1, isDigit)) return {};
  return {
      formError("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", {"1%", "93%"})};
}

Wrongs wrongPortNumber(int64_t port) {
  if (port >= 1 && port <= 65535) return {};
  return {rangeError(1, 65535)};
}

Wrongs wrongId(int64_t id) {
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  if (id >= 0 && id <= kMax) return {};
  return {rangeError(0, kMax)};
}

std::string lowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace cleat::kinds
