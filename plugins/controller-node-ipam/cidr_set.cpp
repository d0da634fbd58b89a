#include "cidr_set.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace cleat::ipam {
namespace {

constexpr int kMostPartsBits = 16;

Network::Number maskOf(int bits, int width) {
  const Network::Number all = width == 128 ? ~Network::Number{0} : (Network::Number{1} << width) - 1;
  return bits == 0 ? 0 : all & ~((Network::Number{1} << (width - bits)) - 1);
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string address(text.substr(0, slash));
  Network network;
  network.v6 = address.find(':') != std::string::npos;
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(network.v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) return std::nullopt;
  const std::string_view rest = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), network.bits);
  const bool isWhole = error == std::errc() && end == rest.data() + rest.size();
  if (!isWhole || network.bits < 0 || network.bits > network.width()) return std::nullopt;
  for (int i = 0; i < network.width() / 8; ++i) network.first = network.first << 8 | bytes[static_cast<size_t>(i)];
  network.first &= maskOf(network.bits, network.width());
  return network;
}

std::string Network::text() const {
  std::array<uint8_t, 16> bytes{};
  for (int i = 0; i < width() / 8; ++i)
    bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(first >> (width() - 8 * (i + 1)));
  std::array<char, INET6_ADDRSTRLEN> address{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), address.data(), address.size());
  return concat(std::string_view(address.data()), '/', bits);
}

bool Network::overlaps(const Network& other) const {
  if (v6 != other.v6) return false;
  const Number mask = maskOf(std::min(bits, other.bits), width());
  return (first & mask) == (other.first & mask);
}

Result<CidrSet> CidrSet::of(std::string_view network, int partBits) {
  const std::optional<Network> parsed = Network::parse(network);
  if (!parsed) return fail(Status::badRequest(concat("\"", network, "\" is no network, such as 10.244.0.0/16")));
  if (partBits < parsed->bits || partBits > parsed->width()) {
    return fail(Status::badRequest(concat(network, " has no parts of /", partBits)));
  }
  if (partBits - parsed->bits > kMostPartsBits) {
    return fail(Status::badRequest(concat(network, " has too many parts of /", partBits, ": 65536 are the most")));
  }
  CidrSet set;
  set.network_ = *parsed;
  set.partBits_ = partBits;
  set.taken_.resize(size_t{1} << (partBits - parsed->bits));
  set.free_ = set.taken_.size();
  return set;
}

std::optional<std::string> CidrSet::take() {
  if (free_ == 0) return std::nullopt;
  while (taken_[next_]) next_ = (next_ + 1) % taken_.size();
  const size_t at = next_;
  taken_[at] = true;
  --free_;
  next_ = (next_ + 1) % taken_.size();
  const Network part{network_.first + (Network::Number{at} << (network_.width() - partBits_)), partBits_, network_.v6};
  return part.text();
}

bool CidrSet::takeThis(const Network& part) {
  if (part.bits != partBits_ || !network_.overlaps(part)) return false;
  const auto at = static_cast<size_t>((part.first - network_.first) >> (network_.width() - partBits_));
  if (taken_[at]) return false;
  taken_[at] = true;
  --free_;
  return true;
}

void CidrSet::putBack(const Network& part) {
  if (!network_.overlaps(part)) return;
  release(part);
  next_ = static_cast<size_t>((part.first - network_.first) >> (network_.width() - partBits_));
}

void CidrSet::occupy(const Network& network) { mark(network, true); }
void CidrSet::release(const Network& network) { mark(network, false); }

void CidrSet::mark(const Network& network, bool taken) {
  if (!network_.overlaps(network)) return;
  const int shift = network_.width() - partBits_;
  size_t begin = 0, end = taken_.size();
  if (network.bits > network_.bits) {
    begin = static_cast<size_t>((network.first - network_.first) >> shift);
    const int size = std::max(0, partBits_ - network.bits);
    end = begin + (size_t{1} << size);
  }
  for (size_t i = begin; i < end; ++i) {
    if (taken_[i] == taken) continue;
    taken_[i] = taken;
    taken ? --free_ : ++free_;
  }
}

}  // namespace cleat::ipam
