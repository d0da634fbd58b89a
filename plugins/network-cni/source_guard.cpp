#include "source_guard.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/process.h>

#include <arpa/inet.h>
#include <unistd.h>

#include <string_view>

namespace cleat::network {
namespace {

constexpr const char* kTable = "netdev cleat-pods";

std::string anyOf(const std::vector<std::string>& addresses) {
  std::string set;
  for (const std::string& address : addresses) set += (set.empty() ? "{ " : ", ") + address;
  return set + " }";
}

// As numbers, which nft takes for bits of a packet: "0xfd000010…".
std::vector<std::string> numbersOf(const std::vector<std::string>& addresses) {
  std::vector<std::string> numbers;
  for (const std::string& address : addresses) {
    in6_addr parsed{};
    if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) continue;
    std::string number = "0x";
    for (const uint8_t byte : parsed.s6_addr) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      number += kDigits[byte >> 4];
      number += kDigits[byte & 15];
    }
    numbers.push_back(std::move(number));
  }
  return numbers;
}

}  // namespace

std::string guardScript(const PodPort& port) {
  std::vector<std::string> v4, v6;
  for (const std::string& address : port.addresses) (isIpv6(address) ? v6 : v4).push_back(address);
  const std::string chain = std::string(kTable) + " " + port.interface;
  std::string script = std::string("add table ") + kTable + "\nadd chain " + chain +
                       " { type filter hook ingress device \"" + port.interface + "\" priority 0; policy drop; }\n" +
                       "flush chain " + chain + "\n";
  auto rule = [&](const std::string& text) { script += "add rule " + chain + " " + text + "\n"; };
  rule("ether saddr != " + port.hardwareAddress + " drop");
  if (!v4.empty()) {
    rule("arp saddr ether " + port.hardwareAddress + " arp saddr ip " + anyOf(v4) + " accept");
    rule("ip saddr " + anyOf(v4) + " accept");
  }
  if (!v6.empty()) {
    // Who is a neighbour is asked and told, by each for its own addresses; who is a router is not for a pod to say.
    // What is told stands behind the first 64 bits of the message (RFC 4861, 4.4); 0x3fa are the ten of fe80::/10.
    rule("icmpv6 type { nd-router-advert, nd-redirect } drop");
    rule("icmpv6 type nd-neighbor-advert @th,64,10 != 0x3fa @th,64,128 != " + anyOf(numbersOf(v6)) + " drop");
    v6.push_back("fe80::/10");
    rule("ip6 saddr " + anyOf(v6) + " accept");
    rule("ip6 saddr :: icmpv6 type nd-neighbor-solicit accept");
  }
  return script;
}

Result<void> SourceGuard::ready() const {
  if (access(nft_.c_str(), X_OK) != 0) {
    return fail(Status::internal("there is no " + nft_ + ", which keeps pods from sending under others' addresses: " +
                                 "install nftables, or set source_guard = false"));
  }
  return apply(std::string("add table ") + kTable + "\n");
}

Result<void> SourceGuard::guard(const PodPort& port) const { return apply(guardScript(port)); }

Result<void> SourceGuard::forget(const std::string& interface) const {
  const std::string chain = std::string(kTable) + " " + interface;
  Result<void> there = apply("list chain " + chain + "\n");
  if (!there) return {};
  return apply("flush chain " + chain + "\ndelete chain " + chain + "\n");
}

Result<void> SourceGuard::apply(const std::string& script) const {
  Command command{.argv = {nft_, "-f", "-"}};
  CLEAT_TRY(auto output, run(command, {.input = script}));
  if (output.succeeded()) return {};
  return fail(Status::internal(nft_ + " failed: " + output.standardError));
}

}  // namespace cleat::network
