// Versions as semver.org has them.
#include <cleat/sdk/text.h>

#include <charconv>
#include <vector>

#include "cleat/cel/functions.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

const TypeRef& semverType() {
  static const TypeRef kType = types::opaque("kubernetes.Semver");
  return kType;
}

struct Semver {
  uint64_t numbers[3] = {0, 0, 0};
  std::vector<std::string> before;  // what it is a forerunner by: 1.0.0-alpha.1
};

bool isNumeric(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<uint64_t> numberOf(std::string_view text) {
  if (!isNumeric(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> all;
  while (true) {
    const size_t point = text.find('.');
    all.emplace_back(text.substr(0, point));
    if (point == std::string_view::npos) return all;
    text.remove_prefix(point + 1);
  }
}

bool isIdentifier(const std::string& text) {
  if (text.empty()) return false;
  for (char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    if (!plain) return false;
  }
  return true;
}

// A whole number, or why it is none.
std::string readPart(std::string_view text, std::string_view name, std::string_view title, uint64_t& number) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    return concat("Invalid character(s) found in ", name, " number ", inQuotes(text));
  }
  if (text.size() > 1 && text[0] == '0') {
    return concat(title, " number must not contain leading zeroes ", inQuotes(text));
  }
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc()) return {};
  return concat("strconv.ParseUint: parsing ", inQuotes(text),
                text.empty() ? ": invalid syntax" : ": value out of range");
}

std::string faultBefore(const std::string& piece) {
  if (piece.empty()) return "Prerelease is empty";
  if (isNumeric(piece)) {
    if (piece.size() > 1 && piece[0] == '0') {
      return concat("Numeric PreRelease version must not contain leading zeroes ", inQuotes(piece));
    }
    uint64_t number = 0;
    return readPart(piece, "", "", number);
  }
  return isIdentifier(piece) ? "" : concat("Invalid character(s) found in prerelease ", inQuotes(piece));
}

std::string faultBuild(const std::string& piece) {
  if (piece.empty()) return "Build meta data is empty";
  return isIdentifier(piece) ? "" : concat("Invalid character(s) found in build meta data ", inQuotes(piece));
}

// Puts the version in `version`, or says what is wrong first.
std::string parseVersion(std::string_view text, Semver& version) {
  if (text.empty()) return "Version string empty";
  const size_t first = text.find('.'), second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return "No Major.Minor.Patch elements found";
  std::string_view patch = text.substr(second + 1), build, before;
  const size_t plus = patch.find('+');
  if (plus != std::string_view::npos) build = patch.substr(plus + 1), patch = patch.substr(0, plus);
  const size_t dash = patch.find('-');
  if (dash != std::string_view::npos) before = patch.substr(dash + 1), patch = patch.substr(0, dash);
  std::string fault = readPart(text.substr(0, first), "major", "Major", version.numbers[0]);
  if (fault.empty()) {
    fault = readPart(text.substr(first + 1, second - first - 1), "minor", "Minor", version.numbers[1]);
  }
  if (fault.empty()) fault = readPart(patch, "patch", "Patch", version.numbers[2]);
  if (fault.empty() && dash != std::string_view::npos) version.before = pieces(before);
  for (const std::string& piece : version.before) fault = fault.empty() ? faultBefore(piece) : fault;
  if (!fault.empty() || plus == std::string_view::npos) return fault;
  for (const std::string& piece : pieces(build)) fault = fault.empty() ? faultBuild(piece) : fault;
  return fault;
}

// v1.2 is 1.2.0, and 01 is 1; or why it cannot be.
std::string normalize(std::string& text) {
  std::string_view rest = text;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  const size_t end = std::min(rest.find_first_of("-+"), rest.size());
  auto numbers = pieces(rest.substr(0, end));
  if (numbers.size() < 3 && end < rest.size()) return "short version cannot contain PreRelease/Build meta data";
  while (numbers.size() < 3) numbers.emplace_back("0");
  std::string out;
  for (std::string& number : numbers) {
    while (number.size() > 1 && number[0] == '0') number.erase(0, 1);
    if (!out.empty()) out += '.';
    out += number;
  }
  text = out + std::string(rest.substr(end));
  return {};
}

int versionOrder(const Semver& a, const Semver& b) {
  for (size_t i = 0; i < 3; ++i) {
    if (a.numbers[i] != b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  }
  if (a.before.empty() || b.before.empty())
    return static_cast<int>(b.before.size() > 0) - static_cast<int>(a.before.size() > 0);
  for (size_t i = 0; i < std::min(a.before.size(), b.before.size()); ++i) {
    const std::string &x = a.before[i], &y = b.before[i];
    if (x == y) continue;
    const auto m = numberOf(x), n = numberOf(y);
    if (m && n) return *m < *n ? -1 : 1;
    if (m || n) return m ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return a.before.size() < b.before.size() ? -1 : a.before.size() > b.before.size() ? 1 : 0;
}

class SemverValue : public OpaqueValue {
 public:
  explicit SemverValue(Semver version) : version(std::move(version)) {}
  const TypeRef& type() const override { return semverType(); }
  bool equals(const OpaqueValue& other) const override {
    return versionOrder(version, static_cast<const SemverValue&>(other).version) == 0;
  }
  const Semver version;
};

const Semver& versionOf(const Value& value) { return static_cast<const SemverValue&>(value.asOpaque()).version; }

std::string readVersion(Args args, Semver& version) {
  std::string text(args[0].asText());
  if (args.size() > 1 && args[1].asBoolean()) {
    if (std::string fault = normalize(text); !fault.empty()) return fault;
  }
  return parseVersion(text, version);
}
Value readSemver(Args args) {
  Semver version;
  if (std::string fault = readVersion(args, version); !fault.empty()) return Value::error(std::move(fault));
  return Value::opaque(makeShared<const SemverValue>(std::move(version)));
}
Value isSemver(Args args) {
  Semver version;
  return Value::boolean(readVersion(args, version).empty());
}

template <size_t N>
Value numberAt(Args args) {
  return Value::integer(static_cast<int64_t>(versionOf(args[0]).numbers[N]));
}
Value isLater(Args args) { return Value::boolean(versionOrder(versionOf(args[0]), versionOf(args[1])) > 0); }
Value isEarlier(Args args) { return Value::boolean(versionOrder(versionOf(args[0]), versionOf(args[1])) < 0); }
Value compareVersions(Args args) { return Value::integer(versionOrder(versionOf(args[0]), versionOf(args[1]))); }

}  // namespace

void addSemver(FunctionTable& table) {
  const TypeRef &t = types::text(), &b = types::boolean(), &i = types::integer(), &v = semverType();
  const auto global = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run) {
    table.add(name, {.id = id, .params = std::move(params), .result = result, .run = run, .cost = CostRule::scan});
  };
  global("semver", "string_to_semver", {t}, v, readSemver);
  global("semver", "string_bool_to_semver", {t, b}, v, readSemver);
  global("isSemver", "is_semver_string", {t}, b, isSemver);
  global("isSemver", "is_semver_string_bool", {t, b}, b, isSemver);
  const auto member = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run) {
    table.add(name, {.id = id, .isMember = true, .params = std::move(params), .result = result, .run = run});
  };
  member("isGreaterThan", "semver_is_greater_than", {v, v}, b, isLater);
  member("isLessThan", "semver_is_less_than", {v, v}, b, isEarlier);
  member("compareTo", "semver_compare_to", {v, v}, i, compareVersions);
  member("major", "semver_major", {v}, i, numberAt<0>);
  member("minor", "semver_minor", {v}, i, numberAt<1>);
  member("patch", "semver_patch", {v}, i, numberAt<2>);
  table.addType(v);
}

}  // namespace cleat::cel
