// The two families of addresses. Services, endpoints and the kernel's rules of one know nothing of the other's.
#pragma once

#include <array>
#include <optional>
#include <string>

namespace cleat::proxy {

enum class Family { ipv4, ipv6 };
inline constexpr std::array<Family, 2> kFamilies = {Family::ipv4, Family::ipv6};

// "IPv4" and "IPv6", as endpoint slices call them.
const char* nameOf(Family family);
int addressBits(Family family);

// An address of the family as the kernel writes it ("2001:db8::1" for "2001:DB8:0::1"); nothing for what is none.
std::optional<std::string> addressOfFamily(Family family, const std::string& text);
// The same for a network such as "10.0.0.0/8", without the spaces that Kubernetes allows around it.
std::optional<std::string> networkOfFamily(Family family, std::string text);
// Whether an address lies in a network; false where either is not of the family.
bool isInNetwork(Family family, const std::string& network, const std::string& address);

}  // namespace cleat::proxy
