// IP addresses and ranges of them. Private to the library.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::cel {

struct Address {
  std::array<uint8_t, 16> bytes{};  // of which IPv4 has the first four
  bool isV4 = false;
  bool operator==(const Address&) const = default;

  int bits() const { return isV4 ? 32 : 128; }
  bool isUnspecified() const;
  bool isLoopback() const;
  bool isLinkLocalMulticast() const;
  bool isLinkLocalUnicast() const;
  bool isGlobalUnicast() const;
  Address masked(int prefix) const;
  std::string text() const;
};

// Neither with a zone nor one of IPv4 within IPv6; `why` says what is wrong.
std::optional<Address> readAddress(std::string_view text, std::string& why);

struct Cidr {
  Address address;
  int prefix = 0;
  bool operator==(const Cidr&) const = default;
  bool contains(const Address& other) const;
  bool contains(const Cidr& other) const { return other.prefix >= prefix && contains(other.address); }
  std::string text() const { return address.text() + "/" + std::to_string(prefix); }
};

std::optional<Cidr> readCidr(std::string_view text, std::string& why);

}  // namespace cleat::cel
