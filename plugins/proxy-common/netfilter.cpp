#include "proxy-common/netfilter.h"

#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::proxy {
namespace {

struct Programs {
  const char *iptables, *restore, *save;
};
constexpr Programs kIpv4 = {"/usr/sbin/iptables", "/usr/sbin/iptables-restore", "/usr/sbin/iptables-save"};
constexpr Programs kIpv6 = {"/usr/sbin/ip6tables", "/usr/sbin/ip6tables-restore", "/usr/sbin/ip6tables-save"};
const Programs& programsOf(Family family) { return family == Family::ipv6 ? kIpv6 : kIpv4; }

// 100,000 rules are some 15 MB.
constexpr size_t kOutputLimit = 256u << 20;

Result<std::string> outputOf(std::vector<std::string> argv, std::string_view input = {}) {
  Command command;
  command.argv = std::move(argv);
  RunOptions options;
  options.input = input;
  options.outputLimit = kOutputLimit;
  CLEAT_TRY(Output output, run(command, options));
  if (output.timedOut) return fail(Status::internal(concat(command.argv[0], " did not end in time")));
  if (output.succeeded()) return std::move(output.standardOutput);
  std::string why = output.standardError.substr(0, 1024);
  while (!why.empty() && why.back() == '\n') why.pop_back();
  return fail(Status::internal(concat(command.argv[0], " failed: ", why)));
}

template <class F>
void forEachLine(std::string_view text, F visit) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    visit(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

// The word behind `option`, as in "-A PREROUTING … -j KUBE-SERVICES".
std::string_view wordAfter(std::string_view line, std::string_view option) {
  const size_t found = line.rfind(option);
  if (found == std::string_view::npos) return {};
  std::string_view rest = line.substr(found + option.size());
  return rest.substr(0, rest.find(' '));
}

bool startsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}

// The chains of the modes, with those that the original's proxy has beside them: a machine may have been its node
// before.
bool ofUserspace(std::string_view chain) { return startsWithAny(chain, {"KUBE-PORTALS", "KUBE-NODEPORTALS"}); }
bool ofIptables(std::string_view chain) {
  static constexpr std::string_view kFixed[] = {"KUBE-SERVICES",    "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS",
                                                "KUBE-POSTROUTING", "KUBE-MARK-MASQ",         "KUBE-FORWARD",
                                                "KUBE-FIREWALL",    "KUBE-PROXY-FIREWALL",    "KUBE-PROXY-CANARY"};
  return std::ranges::find(kFixed, chain) != std::end(kFixed) ||
         startsWithAny(chain, {"KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-SEP-", "KUBE-FW-"});
}

struct Mode {
  std::string_view name;
  bool (*owns)(std::string_view chain);
};
constexpr Mode kModes[] = {{"iptables", ofIptables}, {"userspace", ofUserspace}};

}  // namespace

Result<void> loadRules(Family family, std::string_view rules) {
  CLEAT_TRY(outputOf({programsOf(family).restore, "-w", "10", "--noflush"}, rules));
  return {};
}

Result<void> ensureJumps(Family family, const std::vector<Jump>& jumps) {
  for (const Jump& jump : jumps) {
    auto argv = [&](const char* verb) {
      std::vector<std::string> words = {programsOf(family).iptables, "-w", "10", "-t", jump.table, verb, jump.chain};
      words.insert(words.end(), jump.rule.begin(), jump.rule.end());
      return words;
    };
    if (outputOf(argv("-C"))) continue;
    CLEAT_TRY(outputOf(argv("-I")));
  }
  return {};
}

Result<std::vector<std::string>> chainsOf(Family family, const char* table,
                                          const std::vector<std::string_view>& prefixes) {
  CLEAT_TRY(auto text, outputOf({programsOf(family).iptables, "-w", "10", "-t", table, "-S"}));
  std::vector<std::string> chains;
  forEachLine(text, [&](std::string_view line) {
    if (!line.starts_with("-N ")) return;
    line.remove_prefix(3);
    if (std::ranges::any_of(prefixes, [&](std::string_view prefix) { return line.starts_with(prefix); }))
      chains.emplace_back(line);
  });
  return chains;
}

std::string removalOf(std::string_view saved, bool (*gone)(std::string_view chain)) {
  std::string flushed, jumps, removed, table;
  forEachLine(saved, [&](std::string_view line) {
    if (line.starts_with("*")) table = line;
    if (line.starts_with(":")) {
      std::string_view chain = line.substr(1, line.find(' ') - 1);
      if (!gone(chain)) return;
      flushed += concat(":", chain, " - [0:0]\n");
      removed += concat("-X ", chain, "\n");
    }
    if (!line.starts_with("-A ")) return;
    const bool stands = gone(wordAfter(line, "-A "));  // then it goes with its chain
    if (!stands && (gone(wordAfter(line, " -j ")) || gone(wordAfter(line, " -g ")))) {
      jumps += concat("-D", line.substr(2), "\n");
    }
  });
  if (flushed.empty()) return {};
  return concat(table, "\n", flushed, jumps, removed, "COMMIT\n");
}

Result<void> removeOtherModes(Family family, std::string_view mode) {
  for (const char* table : {"nat", "filter"}) {
    CLEAT_TRY(auto saved, outputOf({programsOf(family).save, "-t", table}));
    for (const Mode& other : kModes) {
      if (other.name == mode) continue;
      const std::string removal = removalOf(saved, other.owns);
      if (removal.empty()) continue;
      CLEAT_TRY(loadRules(family, removal));
    }
  }
  return {};
}

Result<void> canTranslate(Family family) {
  CLEAT_TRY(outputOf({programsOf(family).iptables, "-w", "10", "-t", "nat", "-S"}));
  return {};
}

}  // namespace cleat::proxy
