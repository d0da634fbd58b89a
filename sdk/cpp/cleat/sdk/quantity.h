// A Kubernetes quantity ("500m", "1.5Gi", "1e3"): an exact number, and how it was written. Arithmetic is exact down to
// 1e-9 (finer digits are rounded up, as Kubernetes does) and stops at ±2^96; what is parsed stops at ±(2^63 - 1), as in
// Kubernetes.
#pragma once

#include <capnp/blob.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleat {

class Quantity {
 public:
  enum class Format : uint8_t { decimalSI, binarySI, decimalExponent };

  constexpr Quantity() = default;
  static Quantity of(int64_t value, Format format = Format::decimalSI);
  static Quantity ofMilli(int64_t milli, Format format = Format::decimalSI);
  // None when it is not a quantity.
  static std::optional<Quantity> parse(std::string_view text);
  template <std::same_as<capnp::Text::Reader> T>
  static std::optional<Quantity> parse(T text) {
    return parse(std::string_view(text.begin(), text.size()));
  }
  // Zero when it is empty or not one: for objects that were validated.
  static Quantity parseOrZero(capnp::Text::Reader text) { return parse(text).value_or(Quantity()); }

  // Rounded up (away from zero for what does not divide), and kept within int64.
  int64_t value() const;
  int64_t milliValue() const;

  bool isZero() const { return nano_ == 0; }
  Quantity& operator+=(const Quantity& other);
  Quantity& operator-=(const Quantity& other);
  friend Quantity operator+(Quantity a, const Quantity& b) { return a += b; }
  friend Quantity operator-(Quantity a, const Quantity& b) { return a -= b; }
  friend bool operator==(const Quantity& a, const Quantity& b) { return a.nano_ == b.nano_; }
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) { return a.nano_ <=> b.nano_; }

  // The canonical text: the largest suffix that leaves no fraction.
  std::string text() const;
  Format format() const { return format_; }

 private:
  __extension__ using Int128 = __int128;
  static Int128 scaled(Int128 nano, Int128 unit);  // nano / unit, away from zero

  Int128 nano_ = 0;  // 1e-9 units
  Format format_ = Format::decimalSI;
};

}  // namespace cleat
