#include "core/object/version_rank.h"

#include <charconv>
#include <compare>

namespace cleat::object {
namespace {

struct VersionRank {
  int stability = 0;  // 3: GA, 2: beta, 1: alpha, 0: no such version
  int major = 0, minor = 0;
  auto operator<=>(const VersionRank&) const = default;
};

VersionRank rankOf(std::string_view version) {
  VersionRank rank;
  if (!version.starts_with('v')) return rank;
  const char* end = version.data() + version.size();
  auto [at, error] = std::from_chars(version.data() + 1, end, rank.major);
  if (error != std::errc{}) return {};
  std::string_view rest(at, static_cast<size_t>(end - at));
  if (rest.empty()) {
    rank.stability = 3;
    return rank;
  }
  rank.stability = rest.starts_with("beta") ? 2 : rest.starts_with("alpha") ? 1 : 0;
  if (rank.stability == 0) return {};
  rest.remove_prefix(rank.stability == 2 ? 4 : 5);
  auto [last, bad] = std::from_chars(rest.data(), end, rank.minor);
  if (bad != std::errc{} || last != end) return {};
  return rank;
}

}  // namespace

bool prefersVersion(std::string_view a, std::string_view b) {
  VersionRank rankA = rankOf(a), rankB = rankOf(b);
  return rankA != rankB ? rankA > rankB : a < b;
}

}  // namespace cleat::object
