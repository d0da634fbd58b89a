// How Kubernetes holds a quantity: as an integer with a decimal exponent where that is quick, and exactly where it is
// not. Only of the former it says that it is an integer, also where the latter is one ("1.5Gi"). Private to the
// library.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cleat::cel {

struct Amount {
  int64_t value = 0;
  int scale = 0;  // of ten

  std::optional<int64_t> integer() const;
};

// Of a text that is a quantity; nothing where it is held exactly.
std::optional<Amount> readAmount(std::string_view quantity);
// Nothing where the sum is held exactly.
std::optional<Amount> addAmounts(Amount a, Amount b);
// Whether it has digits behind the ninth, by which it is rounded up.
bool isTooFine(std::string_view quantity);
// The number that a quantity is, whatever its size.
double approximate(std::string_view quantity);

}  // namespace cleat::cel
