#include "kinds-common/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cleat::kinds {

namespace {

bool isDecimal(char c) { return c >= '0' && c <= '9'; }

bool isHexadecimal(char c) { return isDecimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "010.0.0.01/08" as "10.0.0.1/8". A zero behind a letter, as in "fd00::", leads nothing.
std::string withoutLeadingZeros(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool first = i == 0 || !isHexadecimal(text[i - 1]);
    const bool zero = first && text[i] == '0';
    if (zero) {
      while (i + 1 < text.size() && text[i] == '0' && isDecimal(text[i + 1])) ++i;
    }
    out += text[i];
  }
  return out;
}

bool isMapped(const Ip& ip, std::string_view text) { return ip.is4() && text.find(':') != std::string_view::npos; }

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
  if (text.empty() || text.size() > 45) return std::nullopt;
  std::string terminated(text);
  Ip ip;
  in_addr four{};
  if (inet_pton(AF_INET, terminated.c_str(), &four) == 1) {
    ip.is4_ = true;
    ip.bytes_[10] = ip.bytes_[11] = 0xff;
    std::memcpy(&ip.bytes_[12], &four, 4);
    return ip;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), ip.bytes_.data()) != 1) return std::nullopt;
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  ip.is4_ = std::memcmp(ip.bytes_.data(), kMapped, sizeof kMapped) == 0;
  return ip;
}

bool Ip::isUnspecified() const {
  return std::all_of(bytes_.begin() + (is4_ ? 12 : 0), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

bool Ip::isLoopback() const {
  if (is4_) return bytes_[12] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t byte) { return byte == 0; });
}

bool Ip::isLinkLocalUnicast() const {
  if (is4_) return bytes_[12] == 169 && bytes_[13] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool Ip::isLinkLocalMulticast() const {
  if (is4_) return bytes_[12] == 224 && bytes_[13] == 0 && bytes_[14] == 0;
  return bytes_[0] == 0xff && (bytes_[1] & 0x0f) == 0x02;
}

std::string Ip::text() const {
  char out[INET6_ADDRSTRLEN];
  if (is4_) {
    inet_ntop(AF_INET, &bytes_[12], out, sizeof out);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), out, sizeof out);
  }
  return out;
}

Ip Ip::plus(uint64_t offset) const {
  Ip sum = *this;
  for (size_t i = bytes_.size(); i-- > 0 && offset != 0;) {
    uint64_t digit = (offset & 0xff) + sum.bytes_[i];
    sum.bytes_[i] = static_cast<uint8_t>(digit);
    offset = (offset >> 8) + (digit >> 8);
  }
  return sum;
}

std::optional<uint64_t> Ip::distanceFrom(const Ip& from) const {
  if (is4_ != from.is4_ || bytes_ < from.bytes_) return std::nullopt;
  uint64_t distance = 0;
  int borrow = 0;
  for (size_t i = bytes_.size(); i-- > 0;) {
    int digit = bytes_[i] - from.bytes_[i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    uint64_t byte = static_cast<uint8_t>(digit);
    if (i < 8 && byte != 0) return std::nullopt;
    if (i >= 8) distance |= byte << (8 * (15 - i));
  }
  return distance;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto address = Ip::parse(text.substr(0, slash));
  std::string_view digits = text.substr(slash + 1);
  int prefix = 0;
  auto [end, error] = std::from_chars(digits.begin(), digits.end(), prefix);
  if (!address || error != std::errc() || end != digits.end() || digits.empty() || digits[0] == '-')
    return std::nullopt;
  if (prefix > (address->is4() ? 32 : 128)) return std::nullopt;
  Cidr cidr;
  cidr.address_ = *address;
  cidr.prefix_ = prefix;
  return cidr;
}

Ip Cidr::network() const {
  Ip network = address_;
  int bits = prefix_ + (is4() ? 96 : 0);
  for (int i = 0; i < 16; ++i) {
    int kept = std::clamp(bits - 8 * i, 0, 8);
    network.bytes_[i] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return network;
}

bool Cidr::contains(const Ip& ip) const {
  if (ip.is4() != is4()) return false;
  Cidr other;
  other.address_ = ip;
  other.prefix_ = prefix_;
  return other.network() == network();
}

uint64_t Cidr::size() const {
  int hostBits = (is4() ? 32 : 128) - prefix_;
  return uint64_t{1} << std::min(hostBits, 63);
}

std::string Cidr::text() const { return concat(network().text(), "/", prefix_); }

std::optional<Ip> checkIp(std::string_view text, const Path& path, Findings& findings) {
  auto ip = Ip::parse(text);
  if (!ip) findings.invalid(path, text, kNotAnIp);
  return ip;
}

std::optional<Cidr> checkCidr(std::string_view text, const Path& path, Findings& findings) {
  auto cidr = Cidr::parse(text);
  if (!cidr) findings.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  return cidr;
}

void warnOfIp(std::string_view text, const Path& path, Findings& findings) {
  const auto ip = Ip::parse(text);
  if (!ip || ip->text() == text) return;
  const std::string right = quoted(ip->text());
  findings.warn(ip->is4() ? concat(path.text(), ": non-standard IP address ", quoted(text), " is invalid: use ", right)
                          : concat(path.text(), ": IPv6 address ", quoted(text),
                                   " should be in RFC 5952 canonical format (", right, ")"));
}

void warnOfCidr(std::string_view text, const Path& path, Findings& findings) {
  const auto cidr = Cidr::parse(text);
  if (!cidr) return;
  const std::string right = quoted(cidr->text());
  const bool ambiguous = cidr->address() != cidr->network();
  if (ambiguous) {
    const std::string single = concat(cidr->address().text(), "/", cidr->is4() ? 32 : 128);
    findings.warn(concat(path.text(), ": CIDR value ", quoted(text), " is ambiguous in this context (should be ", right,
                         " or ", quoted(single), "?)"));
  }
  if (cidr->is4() && text.contains(':')) {
    findings.warn(concat(path.text(), ": non-standard CIDR value ", quoted(text), " is invalid: use ", right));
  } else if (!ambiguous && !cidr->is4() && cidr->text() != text) {
    findings.warn(concat(path.text(), ": IPv6 CIDR value ", quoted(text), " should be in RFC 5952 canonical format (",
                         right, ")"));
  }
}

std::optional<Ip> checkStrictIp(std::string_view text, const Path& path, Findings& findings) {
  auto ip = Ip::parse(text);
  if (!ip) {
    ip = Ip::parse(withoutLeadingZeros(text));
    findings.invalid(path, text, ip ? "must not have leading 0s" : kNotAnIp);
  } else if (isMapped(*ip, text)) {
    findings.invalid(path, text, "must not be an IPv4-mapped IPv6 address");
  }
  return ip;
}

std::optional<Cidr> checkStrictCidr(std::string_view text, const Path& path, Findings& findings) {
  const std::string plain = withoutLeadingZeros(text);
  auto cidr = Cidr::parse(plain);
  if (!cidr) {
    const size_t slash = std::min(plain.find('/'), plain.size());
    const auto address = Ip::parse(std::string_view(plain).substr(0, slash));
    const bool hasPrefix = Cidr::parse(concat("::", plain.substr(slash))).has_value();
    if (!address || !hasPrefix || !isMapped(*address, text)) return checkCidr(text, path, findings);
    findings.invalid(path, text, "must not have an IPv4-mapped IPv6 address");
    return std::nullopt;
  }
  const bool is4 = text.find(':') == std::string_view::npos;
  if (plain != text && (is4 || plain.substr(plain.find('/')) != text.substr(text.find('/')))) {
    findings.invalid(path, text, "must not have leading 0s in IP or prefix length");
  } else if (isMapped(cidr->address(), text)) {
    findings.invalid(path, text, "must not have an IPv4-mapped IPv6 address");
  } else if (cidr->address() != cidr->network()) {
    findings.invalid(path, text, "must not have bits set beyond the prefix length");
  }
  return cidr;
}

std::string_view familyOf(const Ip& ip) { return ip.is4() ? "IPv4" : "IPv6"; }

}  // namespace cleat::kinds
