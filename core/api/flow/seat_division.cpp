#include "core/api/flow/seat_division.h"

#include <algorithm>
#include <cmath>

namespace cleat::api {
namespace {

// What wants nothing gets its least, and of what is left over a little.
constexpr double kSmallestTarget = 0.001;

double partOf(const SeatClaim& claim, double part) {
  return std::clamp(part * std::max(claim.target, kSmallestTarget), claim.least, std::max(claim.least, claim.most));
}

double sumOf(const std::vector<SeatClaim>& claims, double part) {
  double sum = 0;
  for (const SeatClaim& claim : claims) sum += partOf(claim, part);
  return sum;
}

}  // namespace

std::vector<uint32_t> divideSeats(uint32_t seats, const std::vector<SeatClaim>& claims) {
  // The sum grows with the part, so that halving finds it; past the highest every claim has its most.
  double low = 0, high = 1;
  for (const SeatClaim& claim : claims) {
    high = std::max(high, claim.most / std::max(claim.target, kSmallestTarget));
  }
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (sumOf(claims, middle) < seats ? low : high) = middle;
  }
  std::vector<uint32_t> parts;
  parts.reserve(claims.size());
  for (const SeatClaim& claim : claims) parts.push_back(static_cast<uint32_t>(std::lround(partOf(claim, high))));
  return parts;
}

}  // namespace cleat::api
