// What the proxies do with netfilter, by the programs iptables, iptables-save and iptables-restore, and those of IPv6
// (ip6tables, …), which has tables of its own. Everything blocks.
//
// A proxy's rules stand in chains of its own, which one transaction replaces (`loadRules`), and a few jumps lead to
// them from the built-in chains (`ensureJumps`). The rules stay when a proxy stops, so that connections go on; a proxy
// of another mode therefore takes away what it finds of the others when it starts (`removeOtherModes`).
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "proxy-common/family.h"

namespace cleat::proxy {

// A rule that leads from a built-in chain to one of ours.
struct Jump {
  const char* table;
  const char* chain;
  std::vector<std::string> rule;
};

// `rules` is the input of iptables-restore --noflush: all of it takes effect, or nothing.
Result<void> loadRules(Family family, std::string_view rules);

// Puts in, at the head of their chains, those that are not there.
Result<void> ensureJumps(Family family, const std::vector<Jump>& jumps);

// The chains of a table that begin with one of `prefixes`.
Result<std::vector<std::string>> chainsOf(Family family, const char* table,
                                          const std::vector<std::string_view>& prefixes);

// Takes away the chains of every proxy mode but `mode` ("iptables", "userspace"), and what leads to them.
Result<void> removeOtherModes(Family family, std::string_view mode);

// Whether this machine's kernel and programs can translate addresses of the family at all; the error says why not.
Result<void> canTranslate(Family family);

// The input of iptables-restore --noflush that takes the chains for which `gone` is true out of a table that
// iptables-save has written down, with every rule that leads to them. Empty when there is none.
std::string removalOf(std::string_view saved, bool (*gone)(std::string_view chain));

}  // namespace cleat::proxy
