#include "proxy-common/connection_tracking.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace cleat::proxy {
namespace {

constexpr const char* kConntrack = "/usr/sbin/conntrack";
constexpr size_t kListingLimit = 256u << 20;

Result<Output> runConntrack(std::vector<std::string> words) {
  Command command;
  command.argv = {kConntrack};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  RunOptions options;
  options.outputLimit = kListingLimit;
  return run(command, options);
}

// "udp 17 28 src=10.0.0.2 dst=10.96.0.10 sport=4444 dport=53 [UNREPLIED] src=10.244.0.5 dst=10.0.0.2 sport=53
// dport=4444 …": the flow's way there, then its way back, whose source is where it really went.
std::optional<UdpFlow> flowOf(std::string_view line) {
  UdpFlow flow;
  int sources = 0, sourcePorts = 0;
  auto number = [](std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  while (!line.empty()) {
    const size_t end = line.find(' ');
    std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    if (word.starts_with("src=") && ++sources == 2) flow.target = word.substr(4);
    if (word.starts_with("dst=") && flow.address.empty()) flow.address = word.substr(4);
    if (word.starts_with("sport=") && ++sourcePorts == 2) flow.targetPort = number(word.substr(6));
    if (word.starts_with("dport=") && flow.port == 0) flow.port = number(word.substr(6));
  }
  if (flow.target.empty() || flow.port == 0 || flow.targetPort == 0) return std::nullopt;
  return flow;
}

}  // namespace

std::string udpTarget(const std::string& address, int port) { return hostPort(address, port); }

std::set<UdpFlow> staleFlows(std::string_view listing, const std::vector<UdpRoute>& routes) {
  std::map<std::pair<std::string, int>, const UdpRoute*> byAddress;
  for (const UdpRoute& route : routes) byAddress[{route.address, route.port}] = &route;
  std::set<UdpFlow> stale;
  for (size_t begin = 0; begin < listing.size();) {
    const size_t end = std::min(listing.find('\n', begin), listing.size());
    std::optional<UdpFlow> flow = flowOf(listing.substr(begin, end - begin));
    begin = end + 1;
    if (!flow) continue;
    auto found = byAddress.find({flow->address, flow->port});
    if (found == byAddress.end()) found = byAddress.find({std::string(), flow->port});
    if (found == byAddress.end()) continue;
    const std::set<std::string>& targets = found->second->targets;
    const bool wanted = targets.contains(udpTarget(flow->target, flow->targetPort)) ||
                        targets.contains(udpTarget({}, flow->targetPort));
    if (!wanted) stale.insert(std::move(*flow));
  }
  return stale;
}

Result<void> forgetStaleFlows(Family family, const std::vector<UdpRoute>& routes) {
  if (routes.empty()) return {};
  const char* of = family == Family::ipv6 ? "ipv6" : "ipv4";
  CLEAT_TRY(Output listing, runConntrack({"-L", "-f", of, "-p", "udp"}));
  if (!listing.succeeded()) {
    return fail(Status::internal(concat(kConntrack, " failed: ", listing.standardError.substr(0, 1024))));
  }
  for (const UdpFlow& flow : staleFlows(listing.standardOutput, routes)) {
    // It fails when they have ended by themselves, which is as good.
    (void)runConntrack({"-D", "-f", of, "-p", "udp", "--orig-dst", flow.address, "--orig-port-dst", concat(flow.port),
                        "--reply-src", flow.target, "--reply-port-src", concat(flow.targetPort)});
  }
  return {};
}

}  // namespace cleat::proxy
