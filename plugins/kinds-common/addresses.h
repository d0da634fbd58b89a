// IP addresses and networks (CIDR) as values, with the texts in which Kubernetes keeps and refuses them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// An IPv4 address is held in its IPv4-mapped form.
class Ip {
 public:
  static std::optional<Ip> parse(std::string_view text);

  bool is4() const { return is4_; }
  bool isUnspecified() const;
  bool isLoopback() const;
  bool isLinkLocalUnicast() const;
  bool isLinkLocalMulticast() const;
  // The canonical text (RFC 5952 for IPv6).
  std::string text() const;
  // The address `offset` behind this one.
  Ip plus(uint64_t offset) const;
  // This address minus `from`, when it is not before it and the difference fits.
  std::optional<uint64_t> distanceFrom(const Ip& from) const;
  auto operator<=>(const Ip&) const = default;

 private:
  friend class Cidr;
  std::array<uint8_t, 16> bytes_{};
  bool is4_ = false;
};

class Cidr {
 public:
  // The host bits may be set; `network` clears them.
  static std::optional<Cidr> parse(std::string_view text);

  bool is4() const { return address_.is4(); }
  const Ip& address() const { return address_; }
  Ip network() const;
  int prefix() const { return prefix_; }
  bool contains(const Ip& ip) const;
  // How many addresses it holds; capped at 2^63.
  uint64_t size() const;
  std::string text() const;  // of the network

 private:
  Ip address_;
  int prefix_ = 0;  // of 32 or 128
};

inline constexpr std::string_view kNotAnIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

// The address, or a finding.
std::optional<Ip> checkIp(std::string_view text, const Path& path, Findings& findings);
std::optional<Cidr> checkCidr(std::string_view text, const Path& path, Findings& findings);
// The same for what is written anew: in a form that every reader takes for the same address or network, without zeros
// in front, without IPv4 in the form of IPv6 and, in a network, without host bits. Found all the same, when it can be
// read.
std::optional<Ip> checkStrictIp(std::string_view text, const Path& path, Findings& findings);
std::optional<Cidr> checkStrictCidr(std::string_view text, const Path& path, Findings& findings);

// Whoever writes an address, or a network, in other words than Kubernetes does is told how it would be.
void warnOfIp(std::string_view text, const Path& path, Findings& findings);
void warnOfCidr(std::string_view text, const Path& path, Findings& findings);

// "IPv4" or "IPv6".
std::string_view familyOf(const Ip& ip);

}  // namespace cleat::kinds
