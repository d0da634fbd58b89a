// Bounds that are given as a number or as a part of a whole, such as maxSurge and maxUnavailable.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <cstdint>
#include <optional>

namespace cleat {

enum class Rounding { up, down };

// The number, or the percentage of `total`. Nothing for a text that is no percentage.
std::optional<int64_t> scaledValue(meta_v1::IntOrString::Reader value, int64_t total, Rounding rounding);

}  // namespace cleat
