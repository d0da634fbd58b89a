// How the levels lend each other seats: a division of all there are by what each has wanted lately, within what each
// may be left with and may have.
#pragma once

#include <cstdint>
#include <vector>

namespace cleat::api {

struct SeatClaim {
  double target = 0;  // what it wants
  double least = 0, most = 0;
};

// All get the same part of their targets, or what of their bounds is nearest to that; together as many as there are,
// where the bounds allow it. In the order of the claims.
std::vector<uint32_t> divideSeats(uint32_t seats, const std::vector<SeatClaim>& claims);

}  // namespace cleat::api
