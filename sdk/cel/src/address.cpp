#include "address.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace cleat::cel {

namespace {

bool isMulticast(const Address& address) {
  return address.isV4 ? (address.bytes[0] & 0xf0) == 0xe0 : address.bytes[0] == 0xff;
}

}  // namespace

bool Address::isUnspecified() const {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}
bool Address::isLoopback() const {
  if (isV4) return bytes[0] == 127;
  return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](uint8_t byte) { return byte == 0; });
}
bool Address::isLinkLocalMulticast() const {
  if (isV4) return bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0;
  return bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02;
}
bool Address::isLinkLocalUnicast() const {
  if (isV4) return bytes[0] == 169 && bytes[1] == 254;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}
bool Address::isGlobalUnicast() const {
  const bool broadcast =
      isV4 && std::all_of(bytes.begin(), bytes.begin() + 4, [](uint8_t byte) { return byte == 255; });
  return !broadcast && !isUnspecified() && !isLoopback() && !isMulticast(*this) && !isLinkLocalUnicast();
}

Address Address::masked(int prefix) const {
  Address masked = *this;
  for (int i = 0; i < 16; ++i) {
    const int bitsHere = std::clamp(prefix - i * 8, 0, 8);
    masked.bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> bitsHere);
  }
  return masked;
}

std::string Address::text() const {
  char buffer[48];
  if (isV4) {
    const int size = std::snprintf(buffer, sizeof buffer, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
    return {buffer, static_cast<size_t>(size)};
  }
  std::array<unsigned, 8> groups{};
  for (size_t i = 0; i < 8; ++i) groups[i] = bytes[i * 2] * 256u + bytes[i * 2 + 1];
  // The longest run of zeros, of two at least, is left out.
  size_t gap = 8, gapSize = 1;
  for (size_t i = 0; i < 8; ++i) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > gapSize) {
      gap = i;
      gapSize = end - i;
    }
  }
  std::string text;
  for (size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      text += "::";
      i += gapSize - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    const int size = std::snprintf(buffer, sizeof buffer, "%x", groups[i]);
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

namespace {

// What Go finds wrong with an address of four numbers, and with others in short.
std::string faultOf(std::string_view text) {
  constexpr const char* kNone = "unable to parse IP";
  if (text.find(':') != std::string_view::npos || text.find('.') == std::string_view::npos) return kNone;
  int fields = 0, digits = 0, value = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      if (digits == 1 && value == 0) return "IPv4 field has octet with leading zero";
      value = value * 10 + (text[i] - '0');
      ++digits;
      if (value > 255) return "IPv4 field has value >255";
    } else if (i == text.size() || text[i] == '.') {
      if (digits == 0) return concat("IPv4 field must have at least one digit (at ", inQuotes(text.substr(i)), ")");
      if (++fields == 4 && i < text.size()) return "IPv4 address too long";
      digits = value = 0;
    } else {
      return concat("unexpected character (at ", inQuotes(text.substr(i)), ")");
    }
  }
  return fields < 4 ? "IPv4 address too short" : kNone;
}

}  // namespace

std::optional<Address> readAddress(std::string_view text, std::string& why) {
  const std::string written(text);
  Address address;
  if (text.find('%') != std::string_view::npos) {
    why = "IP address \"" + written + "\" with zone value is not allowed";
    return std::nullopt;
  }
  address.isV4 = text.find(':') == std::string_view::npos;
  if (text.size() > 64 || inet_pton(address.isV4 ? AF_INET : AF_INET6, written.c_str(), address.bytes.data()) != 1) {
    why = concat("ParseAddr(", inQuotes(written), "): ", faultOf(text));
    return std::nullopt;
  }
  const bool mapped =
      !address.isV4 &&
      std::all_of(address.bytes.begin(), address.bytes.begin() + 10, [](uint8_t byte) { return byte == 0; }) &&
      address.bytes[10] == 0xff && address.bytes[11] == 0xff;
  if (mapped) {
    why = "IPv4-mapped IPv6 address \"" + written + "\" is not allowed";
    return std::nullopt;
  }
  return address;
}

bool Cidr::contains(const Address& other) const {
  return other.isV4 == address.isV4 && other.masked(prefix) == address.masked(prefix);
}

std::optional<Cidr> readCidr(std::string_view text, std::string& why) {
  const auto refuse = [&](std::string_view fault) {
    why = concat("network address parse error during conversion from string: netip.ParsePrefix(", inQuotes(text),
                 "): ", fault);
    return std::nullopt;
  };
  const size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return refuse("no '/'");
  if (text.find('%') < slash) return refuse("IPv6 zones cannot be present in a prefix");
  std::string fault;
  const auto address = readAddress(text.substr(0, slash), fault);
  if (!address && fault.ends_with("is not allowed")) {
    why = concat("IPv4-mapped IPv6 address ", inQuotes(text), " is not allowed");
    return std::nullopt;
  }
  if (!address) return refuse(fault);
  const std::string_view digits = text.substr(slash + 1);
  Cidr cidr{*address, 0};
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.prefix);
  const bool isNumber = !digits.empty() && digits.front() >= '0' && digits.front() <= '9' &&
                        (digits.size() == 1 || digits.front() != '0') && error == std::errc() &&
                        end == digits.data() + digits.size();
  if (!isNumber) return refuse(concat("bad bits after slash: ", inQuotes(digits)));
  if (cidr.prefix > address->bits()) return refuse("prefix length out of range");
  return cidr;
}

}  // namespace cleat::cel
