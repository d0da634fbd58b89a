#include "redirects.h"

#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

namespace cleat::proxy {
namespace {

constexpr const char* kPortals = "KUBE-PORTALS";
constexpr const char* kNodePortals = "KUBE-NODEPORTALS";
constexpr const char* kIptables = "/usr/sbin/iptables";

Result<Output> runIptables(std::vector<std::string> words) {
  Command command;
  command.argv = {kIptables, "-w", "10", "-t", "nat"};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  return run(command);
}

}  // namespace

std::string makeRedirects(const std::vector<ServicePort>& services, const std::map<std::string, uint16_t>& ports) {
  std::string text = concat("*nat\n:", kPortals, " - [0:0]\n:", kNodePortals, " - [0:0]\n");
  for (const ServicePort& service : services) {
    auto found = ports.find(service.key());
    if (found == ports.end()) continue;
    const std::string protocol = concat("-p ", service.protocol, " -m ", service.protocol, " --dport ");
    const std::string target = concat(" -j REDIRECT --to-ports ", found->second, "\n");
    text += concat("-A ", kPortals, " -d ", service.clusterIp, "/32 ", protocol, service.port, target);
    for (const std::string& ip : service.externalIps) {
      text += concat("-A ", kPortals, " -d ", ip, "/32 ", protocol, service.port, target);
    }
    if (service.nodePort != 0) text += concat("-A ", kNodePortals, " ", protocol, service.nodePort, target);
  }
  text += concat("-A ", kPortals, " -m addrtype --dst-type LOCAL -j ", kNodePortals, "\n");
  return text + "COMMIT\n";
}

Result<void> ensureRedirectJumps() {
  for (const char* chain : {"PREROUTING", "OUTPUT"}) {
    const std::vector<std::string> rule = {chain, "-m", "comment", "--comment", "kubernetes service portals", "-j", kPortals};
    std::vector<std::string> check = {"-C"}, insert = {"-I"};
    check.insert(check.end(), rule.begin(), rule.end());
    insert.insert(insert.end(), rule.begin(), rule.end());
    Result<Output> there = runIptables(check);
    if (there && there->succeeded()) continue;
    Result<Output> added = runIptables(insert);
    if (!added) return fail(added.error());
    if (!added->succeeded()) return fail(Status::internal(concat("iptables failed: ", added->standardError)));
  }
  return {};
}

Result<void> loadRules(const std::string& rules) {
  Command command;
  command.argv = {"/usr/sbin/iptables-restore", "-w", "10", "--noflush"};
  RunOptions options;
  options.input = rules;
  Result<Output> output = run(command, options);
  if (!output) return fail(output.error());
  if (!output->succeeded()) return fail(Status::internal(concat("iptables-restore failed: ", output->standardError)));
  return {};
}

}  // namespace cleat::proxy
