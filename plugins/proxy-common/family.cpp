#include "proxy-common/family.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace cleat::proxy {
namespace {

using Bytes = std::array<uint8_t, sizeof(in6_addr)>;  // of IPv4 the first four

int number(Family family) { return family == Family::ipv6 ? AF_INET6 : AF_INET; }

std::optional<Bytes> bytesOf(Family family, const std::string& address) {
  Bytes bytes{};
  if (inet_pton(number(family), address.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

struct Parsed {
  Bytes first{};
  int bits = 0;
};

std::optional<Parsed> parse(Family family, const std::string& network) {
  const size_t slash = network.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::optional<Bytes> first = bytesOf(family, network.substr(0, slash));
  int bits = -1;
  const char* end = network.data() + network.size();
  auto [stop, error] = std::from_chars(network.data() + slash + 1, end, bits);
  if (!first || error != std::errc() || stop != end || bits < 0 || bits > addressBits(family)) return std::nullopt;
  return Parsed{*first, bits};
}

std::string textOf(Family family, const Bytes& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(number(family), bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

const char* nameOf(Family family) { return family == Family::ipv6 ? "IPv6" : "IPv4"; }
int addressBits(Family family) { return family == Family::ipv6 ? 128 : 32; }

std::optional<std::string> addressOfFamily(Family family, const std::string& text) {
  const std::optional<Bytes> bytes = bytesOf(family, text);
  if (!bytes) return std::nullopt;
  return textOf(family, *bytes);
}

std::optional<std::string> networkOfFamily(Family family, std::string text) {
  constexpr const char* kSpaces = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(kSpaces), text.size()));
  text.erase(text.find_last_not_of(kSpaces) + 1);
  const std::optional<Parsed> network = parse(family, text);
  if (!network) return std::nullopt;
  return concat(textOf(family, network->first), '/', network->bits);
}

bool isInNetwork(Family family, const std::string& network, const std::string& address) {
  const std::optional<Parsed> in = parse(family, network);
  const std::optional<Bytes> one = bytesOf(family, address);
  if (!in || !one) return false;
  for (int bit = 0; bit < in->bits; ++bit) {
    const auto at = static_cast<size_t>(bit / 8);
    if ((((in->first[at] ^ (*one)[at]) >> (7 - bit % 8)) & 1) != 0) return false;
  }
  return true;
}

}  // namespace cleat::proxy
