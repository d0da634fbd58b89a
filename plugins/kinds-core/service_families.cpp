#include "kinds-core/service_families.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <string>

#include "kinds-common/addresses.h"
#include "kinds-core/service_rules.h"

namespace cleat::kinds::core {

namespace {

using core_v1::ServiceSpec;
using Texts = capnp::List<capnp::Text>::Reader;

constexpr std::string_view kSingle = "SingleStack", kPrefer = "PreferDualStack", kRequire = "RequireDualStack";

Path policyPath() { return Path("spec") / "ipFamilyPolicy"; }
std::string_view familyName(bool is4) { return is4 ? "IPv4" : "IPv6"; }
bool isHeadlessByHand(ServiceSpec::Reader spec) { return isHeadless(spec) && spec.getSelector().size() == 0; }

// A service that takes what there is does not change when the cluster's families do: only its own change counts. A
// client that does not repeat what it has, as with a PUT of what it once made, leaves it to the cluster anew.
bool staysAsItPrefers(ServiceSpec::Reader now, ServiceSpec::Reader old) {
  return view(old.getType()) == view(now.getType()) && view(now.getIpFamilyPolicy()) == kPrefer &&
         view(old.getIpFamilyPolicy()) == kPrefer && sameStruct(old.getClusterIPs(), now.getClusterIPs()) &&
         sameStruct(old.getIpFamilies(), now.getIpFamilies());
}

void checkAgainstPolicy(ServiceSpec::Reader now, std::optional<ServiceSpec::Reader> old, Findings& findings) {
  const std::string_view policy = view(now.getIpFamilyPolicy());
  auto reduced = [](Texts before, Texts after) { return after.size() > 0 && after.size() < before.size(); };
  auto refuse = [&](std::string_view why) { findings.invalid(policyPath(), policy, why); };
  if (policy == kSingle) {
    constexpr std::string_view kWanted = "must be 'RequireDualStack' or 'PreferDualStack' when multiple ";
    if (now.getClusterIPs().size() == 2) refuse(concat(kWanted, "cluster IPs are specified"));
    if (now.getIpFamilies().size() == 2) refuse(concat(kWanted, "IP families are specified"));
  } else if (old) {
    if (reduced(old->getClusterIPs(), now.getClusterIPs())) {
      refuse("must be 'SingleStack' to release the secondary cluster IP");
    }
    if (reduced(old->getIpFamilies(), now.getIpFamilies())) {
      refuse("must be 'SingleStack' to release the secondary IP family");
    }
  }
}

bool has(const std::vector<bool>& available4, std::string_view family) {
  return std::ranges::any_of(available4, [&](bool is4) { return familyName(is4) == family; });
}

// Those that the client names, and then those of the addresses that it asks for.
std::vector<std::string> namedFamilies(ServiceSpec::Reader now, const std::vector<bool>& available4,
                                       Findings& findings) {
  std::vector<std::string> families = strings(now.getIpFamilies());
  auto ips = now.getClusterIPs();
  for (uint32_t i = static_cast<uint32_t>(families.size()); i < ips.size(); ++i) {
    const auto ip = Ip::parse(view(ips[i]));
    if (!ip) break;
    if (has(available4, familyOf(*ip))) {
      families.push_back(str(familyOf(*ip)));
    } else {
      findings.invalid((Path("spec") / "clusterIPs")[i], Shown::list(strings(ips)),
                       concat(familyOf(*ip), " is not configured on this cluster"));
    }
  }
  return families;
}

}  // namespace

void releaseSecondFamily(ServiceSpec::Builder spec, ServiceSpec::Reader old) {
  if (view(spec.getIpFamilyPolicy().asReader()) != kSingle) return;
  auto now = spec.asReader();
  if (now.getClusterIPs().size() > 1 && sameStruct(old.getClusterIPs(), now.getClusterIPs())) {
    spec.adoptClusterIPs(textList(orphanageOf(spec), {view(old.getClusterIPs()[0])}));
  }
  now = spec.asReader();
  if (now.getIpFamilies().size() > 1 && sameStruct(old.getIpFamilies(), now.getIpFamilies())) {
    spec.adoptIpFamilies(textList(orphanageOf(spec), {view(old.getIpFamilies()[0])}));
  }
}

void settleFamilies(ServiceSpec::Builder spec, std::optional<ServiceSpec::Reader> old,
                    const std::vector<bool>& available4, Findings& findings) {
  auto now = spec.asReader();
  if (old && staysAsItPrefers(now, *old)) return;
  const bool byHand = isHeadlessByHand(now);
  if (now.getIpFamilyPolicy().size() == 0) {
    const bool had = old && old->getIpFamilyPolicy().size() > 0;
    spec.setIpFamilyPolicy(had ? str(old->getIpFamilyPolicy()) : str(byHand ? kRequire : kSingle));
    now = spec.asReader();
  }
  const std::string policy = str(now.getIpFamilyPolicy());
  checkAgainstPolicy(now, old, findings);
  std::vector<std::string> families = namedFamilies(now, available4, findings);
  if (!findings.empty()) return;
  // Whoever says by hand where such a service leads may name addresses that the cluster has none of.
  if (!byHand) {
    if (policy == kRequire && available4.size() < 2) {
      findings.invalid(policyPath(), policy, "this cluster is not configured for dual-stack services");
    }
    for (uint32_t i = 0; i < families.size(); ++i) {
      if (!has(available4, families[i])) {
        findings.invalid((Path("spec") / "ipFamilies")[i], families[i], "not configured on this cluster");
      }
    }
    if (!findings.empty()) return;
  }
  if (families.empty()) families.emplace_back(familyName(available4.front()));
  if (policy != kSingle && families.size() == 1 && (byHand || available4.size() == 2)) {
    families.emplace_back(familyName(families[0] != "IPv4"));
  }
  spec.adoptIpFamilies(textList(orphanageOf(spec), families));
}

}  // namespace cleat::kinds::core
