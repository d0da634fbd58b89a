// Versions as semver.org has them.
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

std::optional<Semver> parse(std::string_view text) {
  Semver version;
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    for (const std::string& each : pieces(text.substr(plus + 1))) {
      if (!isIdentifier(each)) return std::nullopt;
    }
    text = text.substr(0, plus);
  }
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.before = pieces(text.substr(dash + 1));
    for (const std::string& each : version.before) {
      if (!isIdentifier(each) || (isNumeric(each) && !numberOf(each))) return std::nullopt;
    }
    text = text.substr(0, dash);
  }
  const auto numbers = pieces(text);
  if (numbers.size() != 3) return std::nullopt;
  for (size_t i = 0; i < 3; ++i) {
    const auto number = numberOf(numbers[i]);
    if (!number) return std::nullopt;
    version.numbers[i] = *number;
  }
  return version;
}

// v1.2 is 1.2.0, and 01 is 1.
std::string normalized(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  const size_t end = std::min(text.find_first_of("-+"), text.size());
  auto numbers = pieces(text.substr(0, end));
  while (numbers.size() < 3) numbers.emplace_back("0");
  std::string out;
  for (std::string& number : numbers) {
    while (number.size() > 1 && number[0] == '0') number.erase(0, 1);
    if (!out.empty()) out += '.';
    out += number;
  }
  return out + std::string(text.substr(end));
}

int order(const Semver& a, const Semver& b) {
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
    return order(version, static_cast<const SemverValue&>(other).version) == 0;
  }
  const Semver version;
};

const Semver& of(const Value& value) { return static_cast<const SemverValue&>(value.asOpaque()).version; }

Value fromText(const std::string& text) {
  auto version = parse(text);
  if (!version) return Value::error("invalid semantic version: " + text);
  return Value::opaque(makeShared<const SemverValue>(std::move(*version)));
}
std::string written(Args args) {
  return args.size() > 1 && args[1].asBoolean() ? normalized(args[0].asText()) : std::string(args[0].asText());
}
Value read(Args args) { return fromText(written(args)); }
Value isSemver(Args args) { return Value::boolean(parse(written(args)).has_value()); }

template <size_t N>
Value number(Args args) {
  return Value::integer(static_cast<int64_t>(of(args[0]).numbers[N]));
}
Value isGreater(Args args) { return Value::boolean(order(of(args[0]), of(args[1])) > 0); }
Value isLess(Args args) { return Value::boolean(order(of(args[0]), of(args[1])) < 0); }
Value compare(Args args) { return Value::integer(order(of(args[0]), of(args[1]))); }

}  // namespace

void addSemver(FunctionTable& table) {
  const TypeRef &t = types::text(), &b = types::boolean(), &i = types::integer(), &v = semverType();
  const auto global = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run) {
    table.add(name, {.id = id, .params = std::move(params), .result = result, .run = run, .cost = CostRule::scan});
  };
  global("semver", "string_to_semver", {t}, v, read);
  global("semver", "string_bool_to_semver", {t, b}, v, read);
  global("isSemver", "is_semver_string", {t}, b, isSemver);
  global("isSemver", "is_semver_string_bool", {t, b}, b, isSemver);
  const auto member = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run) {
    table.add(name, {.id = id, .isMember = true, .params = std::move(params), .result = result, .run = run});
  };
  member("isGreaterThan", "semver_is_greater_than", {v, v}, b, isGreater);
  member("isLessThan", "semver_is_less_than", {v, v}, b, isLess);
  member("compareTo", "semver_compare_to", {v, v}, i, compare);
  member("major", "semver_major", {v}, i, number<0>);
  member("minor", "semver_minor", {v}, i, number<1>);
  member("patch", "semver_patch", {v}, i, number<2>);
  table.addType(v);
}

}  // namespace cleat::cel
