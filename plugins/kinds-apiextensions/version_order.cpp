#include "kinds-apiextensions/version_order.h"

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <tuple>

namespace cleat::kinds::extensions {

namespace {

// By its maturity first.
struct Parts {
  int maturity = 0;  // 3: "v1", 2: "v1beta1", 1: "v1alpha1"
  uint32_t major = 0, minor = 0;
  auto operator<=>(const Parts&) const = default;
};

// Takes a number that does not begin with a zero.
std::optional<uint32_t> takeNumber(std::string_view& text) {
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.front() == '0') return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::optional<Parts> partsOf(std::string_view version) {
  if (!version.starts_with('v')) return std::nullopt;
  version.remove_prefix(1);
  auto major = takeNumber(version);
  if (!major) return std::nullopt;
  if (version.empty()) return Parts{3, *major, 0};
  const bool beta = version.starts_with("beta");
  if (!beta && !version.starts_with("alpha")) return std::nullopt;
  version.remove_prefix(beta ? 4 : 5);
  auto minor = takeNumber(version);
  if (!minor || !version.empty()) return std::nullopt;
  return Parts{beta ? 2 : 1, *major, *minor};
}

}  // namespace

bool isNewer(std::string_view a, std::string_view b) {
  const auto left = partsOf(a), right = partsOf(b);
  if (left && right) return *left > *right;
  if (left || right) return left.has_value();
  return a < b;
}

}  // namespace cleat::kinds::extensions
