#include "node_rules.h"

#include "network_list.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace cleat::network {
namespace {

struct Chain {
  const char* table;
  const char* hook;
  const char* name;
  const char* comment;
};

constexpr Chain kChains[] = {
    {"nat", "POSTROUTING", "CLEAT-POD-MASQ", "cleat: pods that leave the cluster"},
    {"filter", "FORWARD", "CLEAT-POD-FORWARD", "cleat: pods"},
};

Result<void> runIptables(const std::string& iptables, std::vector<std::string> arguments) {
  Command command{.argv = {iptables, "-w", "5"}};
  for (std::string& argument : arguments) command.argv.push_back(std::move(argument));
  CLEAT_TRY(auto output, run(command));
  if (output.succeeded()) return {};
  return fail(Status::internal(iptables + " failed: " + output.standardError));
}

// The interface with the default route; empty: there is none.
std::string defaultInterface() {
  std::istringstream lines(readFile("/proc/net/route").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string interface, destination, gateway, flags, count, use, metric, mask;
    fields >> interface >> destination >> gateway >> flags >> count >> use >> metric >> mask;
    if (destination == "00000000" && mask == "00000000") return interface;
  }
  return {};
}

// Of IPv6, where the kernel has a default route of its own, which leads nowhere, at lo.
std::string defaultIpv6Interface() {
  std::istringstream lines(readFile("/proc/net/ipv6_route").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string destination, bits, source, sourceBits, gateway, metric, references, use, flags, interface;
    fields >> destination >> bits >> source >> sourceBits >> gateway >> metric >> references >> use >> flags >>
        interface;
    if (destination == std::string(32, '0') && bits == "00" && interface != "lo") return interface;
  }
  return {};
}

std::vector<std::string> jump(const char* action, const Chain& chain) {
  return {"-t", chain.table, action, chain.hook, "-m", "comment", "--comment", chain.comment, "-j", chain.name};
}

}  // namespace

std::string restoreInput(const NodeRules& rules) {
  const bool v6 = isIpv6(rules.subnet);
  std::string input = "*nat\n:CLEAT-POD-MASQ - [0:0]\n";
  auto masquerade = [&](const std::string& rule) { input += "-A CLEAT-POD-MASQ " + rule + "\n"; };
  masquerade("! -s " + rules.subnet + " -j RETURN");
  for (const std::string& network : rules.notMasqueraded)
    if (isIpv6(network) == v6) masquerade("-d " + network + " -j RETURN");
  masquerade(v6 ? "-d ff00::/8 -j RETURN" : "-d 224.0.0.0/4 -j RETURN");
  masquerade("-j MASQUERADE --random-fully");
  input += "COMMIT\n*filter\n:CLEAT-POD-FORWARD - [0:0]\n";
  input += "-A CLEAT-POD-FORWARD -s " + rules.subnet + " -j ACCEPT\n";
  input += "-A CLEAT-POD-FORWARD -d " + rules.subnet + " -j ACCEPT\nCOMMIT\n";
  return input;
}

Result<void> applyNodeRules(const NodeRules& rules) {
  Command restore{.argv = {rules.iptables + "-restore", "--noflush", "-w", "5"}};
  std::string input = restoreInput(rules);
  CLEAT_TRY(auto output, run(restore, {.input = input}));
  if (!output.succeeded()) return fail(Status::internal(restore.argv[0] + " failed: " + output.standardError));
  for (const Chain& chain : kChains) {
    if (runIptables(rules.iptables, jump("-C", chain))) continue;
    CLEAT_TRY(runIptables(rules.iptables, jump("-A", chain)));
  }
  return {};
}

Result<void> removeNodeRules(const std::string& iptables) {
  for (const Chain& chain : kChains) {
    if (!runIptables(iptables, {"-t", chain.table, "-n", "-L", chain.name})) continue;
    while (runIptables(iptables, jump("-D", chain))) {
    }
    CLEAT_TRY(runIptables(iptables, {"-t", chain.table, "-F", chain.name}));
    CLEAT_TRY(runIptables(iptables, {"-t", chain.table, "-X", chain.name}));
  }
  return {};
}

Result<void> prepareKernel(Family family) {
  const bool v6 = family == Family::ipv6;
  CLEAT_TRY(writeInPlace(v6 ? "/proc/sys/net/ipv6/conf/all/forwarding" : "/proc/sys/net/ipv4/ip_forward", "1"));
  const std::string bridged =
      v6 ? "/proc/sys/net/bridge/bridge-nf-call-ip6tables" : "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (access(bridged.c_str(), F_OK) != 0)
    for (const char* modprobe : {"/sbin/modprobe", "/usr/sbin/modprobe"})
      if (access(modprobe, X_OK) == 0) {
        (void)run(Command{.argv = {modprobe, "br_netfilter"}});  // what comes of it shows in the next write
        break;
      }
  if (auto written = writeInPlace(bridged, "1"); !written)
    return fail(
        Status::internal(written.error().message +
                         " (the kernel module br_netfilter makes Services reachable between pods of one node)"));
  return {};
}

int defaultRouteMtu() {
  for (const std::string& interface : {defaultInterface(), defaultIpv6Interface()}) {
    if (interface.empty()) continue;
    auto mtu = readFile("/sys/class/net/" + interface + "/mtu");
    return mtu ? std::atoi(mtu->c_str()) : 0;
  }
  return 0;
}

}  // namespace cleat::network
