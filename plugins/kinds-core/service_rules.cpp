// The rules for services. What the cluster gives (addresses, node ports) is checked where it is given, in
// service_pools.
#include "kinds-core/service_rules.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <optional>
#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds::core {

namespace {

using SpecReader = core_v1::ServiceSpec::Reader;

constexpr std::string_view kSetOnce = "may not change once set";
constexpr std::string_view kLoadBalancerOnly = "may only be used when `type` is 'LoadBalancer'";
constexpr int32_t kAffinityLimitSeconds = 86400;

Path spec() { return Path("spec"); }
Shown shown(capnp::List<capnp::Text>::Reader texts) { return Shown::list(strings(texts)); }
bool isType(SpecReader service, std::string_view type) { return view(service.getType()) == type; }

void checkTarget(meta_v1::IntOrString::Reader target, const Path& path, Findings& findings) {
  if (target.isIntVal()) {
    Wrongs wrongs = wrongPortNumber(target.getIntVal());
    if (!wrongs.empty()) findings.invalidEach(path, target.getIntVal(), wrongs);
  } else {
    Wrongs wrongs = wrongPortName(view(target.getStrVal()));
    if (!wrongs.empty()) findings.invalidEach(path, target.getStrVal(), wrongs);
  }
}

void checkPort(core_v1::ServicePort::Reader port, bool nameRequired, std::set<std::string_view>& names,
               const Path& path, Findings& findings) {
  std::string_view name = view(port.getName());
  if (name.empty()) {
    if (nameRequired) findings.required(path / "name");
  } else {
    Wrongs wrongs = wrongDns1123Label(name);
    if (!wrongs.empty()) findings.invalidEach(path / "name", name, wrongs);
    if (!names.insert(name).second) findings.duplicate(path / "name", name);
  }
  Wrongs wrongs = wrongPortNumber(port.getPort());
  if (!wrongs.empty()) findings.invalidEach(path / "port", port.getPort(), wrongs);
  if (port.getProtocol().size() == 0) {
    findings.required(path / "protocol");
  } else {
    checkOneOf(view(port.getProtocol()), path / "protocol", {"SCTP", "TCP", "UDP"}, findings);
  }
  checkTarget(port.getTargetPort(), path / "targetPort", findings);
  if (port.hasAppProtocol()) {
    Wrongs bad = wrongQualifiedName(view(port.getAppProtocol()));
    if (!bad.empty()) findings.invalidEach(path / "appProtocol", port.getAppProtocol(), bad);
  }
}

Shown shownPort(core_v1::ServicePort::Reader port) {
  return Shown::plain(concat("{\"Name\":\"\",\"Protocol\":", jsonText(view(port.getProtocol())),
                             ",\"AppProtocol\":null,\"Port\":", port.getPort(), ",\"TargetPort\":0,\"NodePort\":0}"));
}

void checkPorts(SpecReader service, Findings& findings) {
  auto ports = service.getPorts();
  const Path path = spec() / "ports";
  if (ports.size() == 0 && !isHeadless(service) && !isType(service, "ExternalName")) findings.required(path);
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < ports.size(); ++i) checkPort(ports[i], ports.size() > 1, names, path[i], findings);
  std::set<std::pair<std::string_view, int32_t>> nodePorts, servicePorts;
  for (uint32_t i = 0; i < ports.size(); ++i) {
    auto port = ports[i];
    const Path at = path[i];
    if (port.getNodePort() != 0 && isType(service, "ClusterIP")) {
      findings.forbidden(at / "nodePort", "may not be used when `type` is 'ClusterIP'");
    }
    if (port.getNodePort() != 0 && !nodePorts.emplace(view(port.getProtocol()), port.getNodePort()).second) {
      // Kubernetes gives the ports before it looks at the whole.
      findings.invalid(at / "nodePort", port.getNodePort(), "provided port is already allocated");
    }
    if (!servicePorts.emplace(view(port.getProtocol()), port.getPort()).second) {
      findings.duplicate(at, shownPort(port));
    }
  }
}

void checkTypeFields(SpecReader service, Findings& findings) {
  checkOneOf(view(service.getType()), spec() / "type", {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"},
             findings);
  if (isHeadless(service) && (isType(service, "LoadBalancer") || isType(service, "NodePort"))) {
    findings.invalid((spec() / "clusterIPs")[0], "None",
                     concat("may not be set to 'None' for ", view(service.getType()), " services"));
  }
  if (!isType(service, "ExternalName")) return;
  constexpr std::string_view kNotHere = "may not be set for ExternalName services";
  if (service.getClusterIPs().size() > 0) findings.forbidden(spec() / "clusterIPs", kNotHere);
  if (service.getIpFamilies().size() > 0) findings.forbidden(spec() / "ipFamilies", kNotHere);
  if (service.getIpFamilyPolicy().size() > 0) findings.forbidden(spec() / "ipFamilyPolicy", kNotHere);
  std::string_view name = view(service.getExternalName());
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) {
    findings.required(spec() / "externalName");
  } else {
    Wrongs wrongs = wrongDns1123Subdomain(name);
    if (!wrongs.empty()) findings.invalidEach(spec() / "externalName", name, wrongs);
  }
}

void checkAffinity(SpecReader service, Findings& findings) {
  std::string_view affinity = view(service.getSessionAffinity());
  checkOneOf(affinity, spec() / "sessionAffinity", {"ClientIP", "None"}, findings);
  const Path path = spec() / "sessionAffinityConfig";
  if (affinity == "None" && service.hasSessionAffinityConfig()) {
    findings.forbidden(path, "must not be set when session affinity is None");
  }
  if (affinity != "ClientIP") return;
  auto client = service.getSessionAffinityConfig().getClientIP();
  if (!isSet(client.getTimeoutSeconds())) {
    findings.required(path / "clientIP" / "timeoutSeconds");
    return;
  }
  int32_t seconds = client.getTimeoutSeconds().getValue();
  if (seconds <= 0 || seconds > kAffinityLimitSeconds) {
    findings.invalid(path / "clientIP" / "timeoutSeconds", seconds,
                     concat("must be greater than 0 and less than ", kAffinityLimitSeconds));
  }
}

void checkFamilies(SpecReader service, Findings& findings) {
  auto families = service.getIpFamilies();
  const Path path = spec() / "ipFamilies";
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < families.size(); ++i) {
    checkOneOf(view(families[i]), path[i], {"IPv4", "IPv6"}, findings);
    if (!seen.insert(view(families[i])).second) findings.duplicate(path[i], families[i]);
  }
  if (service.getIpFamilyPolicy().size() == 0) return;
  checkOneOf(view(service.getIpFamilyPolicy()), spec() / "ipFamilyPolicy",
             {"PreferDualStack", "RequireDualStack", "SingleStack"}, findings);
}

// An address that was there before may stay as it is written.
std::optional<Ip> checkNewIp(std::string_view text, capnp::List<capnp::Text>::Reader had, const Path& path,
                             Findings& findings) {
  return contains(had, text) ? checkIp(text, path, findings) : checkStrictIp(text, path, findings);
}

void checkFirstClusterIp(SpecReader service, Findings& findings) {
  auto ips = service.getClusterIPs();
  const Path path = spec() / "clusterIPs";
  std::string_view first = view(service.getClusterIP());
  if (first.empty() && ips.size() > 0) {
    findings.invalid(path, shown(ips), "must be empty when `clusterIP` is not specified");
  } else if (ips.size() > 0 && view(ips[0]) != first) {
    findings.invalid(path, shown(ips), "first value must match `clusterIP`");
  }
}

// Of a family that there is none of the families' own rule speaks.
bool fitsFamily(const Ip& ip, std::string_view family) {
  return (family != "IPv4" && family != "IPv6") || family == familyOf(ip);
}

void checkClusterIps(SpecReader service, SpecReader old, Findings& findings) {
  auto ips = service.getClusterIPs();
  const Path path = spec() / "clusterIPs";
  std::set<bool> families;
  bool wrong = false;
  for (uint32_t i = 0; i < ips.size(); ++i) {
    if (i == 0 && view(ips[i]) == "None") {
      if (ips.size() == 1) continue;
      findings.invalid(path, shown(ips), "'None' must be the first and only value");
      wrong = true;
      continue;
    }
    auto ip = checkNewIp(view(ips[i]), old.getClusterIPs(), path[i], findings);
    if (!ip) {
      wrong = true;
      continue;
    }
    families.insert(ip->is4());
    if (i < service.getIpFamilies().size() && !fitsFamily(*ip, view(service.getIpFamilies()[i]))) {
      findings.invalid(
          path[i], ips[i],
          concat("expected an ", view(service.getIpFamilies()[i]), " value as indicated by `ipFamilies[", i, "]`"));
    }
  }
  if (ips.size() > 2) findings.invalid(path, shown(ips), "may only hold up to 2 values");
  if (!wrong && ips.size() > 1 && families.size() < 2) {
    findings.invalid(path, shown(ips), "may specify no more than one IP for each IP family");
  }
}

void checkAddresses(SpecReader service, SpecReader old, Findings& findings) {
  checkFirstClusterIp(service, findings);
  checkFamilies(service, findings);
  checkClusterIps(service, old, findings);
}

void checkExternalIps(SpecReader service, SpecReader old, Findings& findings) {
  auto ips = service.getExternalIPs();
  for (uint32_t i = 0; i < ips.size(); ++i) {
    const Path path = (spec() / "externalIPs")[i];
    auto ip = checkNewIp(view(ips[i]), old.getExternalIPs(), path, findings);
    if (!ip) continue;
    if (ip->isUnspecified()) findings.invalid(path, ips[i], concat("may not be unspecified (", ips[i], ")"));
    if (ip->isLoopback()) findings.invalid(path, ips[i], "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    if (ip->isLinkLocalUnicast()) {
      findings.invalid(path, ips[i], "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if (ip->isLinkLocalMulticast()) {
      findings.invalid(path, ips[i], "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
  }
}

std::string_view withoutSpaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The older form of loadBalancerSourceRanges, which counts where the field is not set.
void checkRangesAnnotation(core_v1::Service::Reader service, std::optional<core_v1::Service::Reader> old,
                           Findings& findings) {
  constexpr std::string_view kRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
  const auto text = annotation(service.getMetadata(), kRanges);
  if (!text || service.getSpec().getLoadBalancerSourceRanges().size() > 0) return;
  const Path path = (Path("metadata") / "annotations")[kRanges];
  if (!isType(service.getSpec(), "LoadBalancer")) findings.forbidden(path, kLoadBalancerOnly);
  if ((old && annotation(old->getMetadata(), kRanges) == text) || withoutSpaces(*text).empty()) return;
  for (std::string_view rest = *text;;) {
    const size_t comma = rest.find(',');
    checkStrictCidr(withoutSpaces(rest.substr(0, comma)), path, findings);
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

void checkLoadBalancer(SpecReader service, SpecReader old, Findings& findings) {
  bool balancer = isType(service, "LoadBalancer");
  auto ranges = service.getLoadBalancerSourceRanges();
  const Path path = spec() / "LoadBalancerSourceRanges";
  if (ranges.size() > 0 && !balancer) findings.forbidden(path, kLoadBalancerOnly);
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    const std::string_view range = withoutSpaces(view(ranges[i]));
    if (contains(old.getLoadBalancerSourceRanges(), view(ranges[i]))) {
      checkCidr(range, path[i], findings);
    } else {
      checkStrictCidr(range, path[i], findings);
    }
  }
  if (isSet(service.getAllocateLoadBalancerNodePorts()) && !balancer) {
    findings.forbidden(spec() / "allocateLoadBalancerNodePorts", kLoadBalancerOnly);
  }
  if (service.getLoadBalancerClass().size() == 0) return;
  if (!balancer) {
    findings.forbidden(spec() / "loadBalancerClass", kLoadBalancerOnly);
  } else {
    Wrongs wrongs = wrongQualifiedName(view(service.getLoadBalancerClass()));
    if (!wrongs.empty()) findings.invalidEach(spec() / "loadBalancerClass", service.getLoadBalancerClass(), wrongs);
  }
}

void checkPolicies(SpecReader service, Findings& findings) {
  std::string_view external = view(service.getExternalTrafficPolicy());
  if (isExternallyAccessible(service)) {
    checkOneOf(external, spec() / "externalTrafficPolicy", {"Cluster", "Local"}, findings);
  } else if (!external.empty()) {
    findings.invalid(spec() / "externalTrafficPolicy", external, "may only be set for externally-accessible services");
  }
  if (!needsHealthCheckPort(service) && service.getHealthCheckNodePort() != 0) {
    findings.invalid(spec() / "healthCheckNodePort", service.getHealthCheckNodePort(),
                     "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
  } else if (service.getHealthCheckNodePort() != 0) {
    findings.invalidEach(spec() / "healthCheckNodePort", service.getHealthCheckNodePort(),
                         wrongPortNumber(service.getHealthCheckNodePort()));
  }
  if (service.hasInternalTrafficPolicy()) {
    checkOneOf(view(service.getInternalTrafficPolicy()), spec() / "internalTrafficPolicy", {"Cluster", "Local"},
               findings);
  }
  if (service.getTrafficDistribution().size() > 0) {
    checkOneOf(view(service.getTrafficDistribution()), spec() / "trafficDistribution",
               {"PreferClose", "PreferSameZone", "PreferSameNode"}, findings);
  }
}

void checkSetOnce(SpecReader old, SpecReader now, Findings& findings) {
  if (isType(now, "ExternalName") || isType(old, "ExternalName")) return;
  if (!(isHeadless(old) && isHeadless(now))) {
    const Path path = spec() / "clusterIPs";
    auto before = old.getClusterIPs(), after = now.getClusterIPs();
    if (after.size() == 0 && before.size() > 0 && needsClusterIp(now)) {
      findings.invalid(path[0], shown(after), "primary clusterIP can not be unset");
    }
    for (uint32_t i = 0; i < before.size() && i < after.size(); ++i) {
      if (view(before[i]) != view(after[i])) findings.invalid(path[i], shown(after), kSetOnce);
    }
  }
  if (!isHeadless(old) && !isHeadless(now)) {
    auto before = old.getIpFamilies(), after = now.getIpFamilies();
    // Of an address of the other family the addresses' own rule speaks.
    const auto ip = Ip::parse(view(now.getClusterIP()));
    const bool fits = !ip || after.size() == 0 || familyOf(*ip) == view(after[0]);
    if (fits && before.size() > 0 && after.size() > 0 && view(before[0]) != view(after[0])) {
      findings.invalid((spec() / "ipFamilies")[0], shown(after), kSetOnce);
    }
  }
}

void checkUpdate(SpecReader old, SpecReader now, Findings& findings) {
  checkSetOnce(old, now, findings);
  if (isType(old, "LoadBalancer") && isType(now, "LoadBalancer") &&
      view(old.getLoadBalancerClass()) != view(now.getLoadBalancerClass())) {
    findings.invalid(spec() / "loadBalancerClass",
                     now.hasLoadBalancerClass() ? Shown(now.getLoadBalancerClass()) : Shown::null(), kSetOnce);
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(now) &&
      old.getHealthCheckNodePort() != now.getHealthCheckNodePort()) {
    findings.forbidden(spec() / "healthCheckNodePort", kImmutable);
  }
}

// -- The status, of a balancer alone --

void checkPlace(core_v1::LoadBalancerIngress::Reader place, bool isKept, const Path& path, Findings& findings) {
  const std::string_view ip = view(place.getIp()), mode = view(place.getIpMode()), host = view(place.getHostname());
  if (!ip.empty() && !isKept) checkStrictIp(ip, path / "ip", findings);
  if (mode.empty()) {
    if (!ip.empty()) findings.required(path / "ipMode", "must be specified when `ip` is set");
  } else if (ip.empty()) {
    findings.forbidden(path / "ipMode", "may not be specified when `ip` is not set");
  } else {
    checkOneOf(mode, path / "ipMode", {"Proxy", "VIP"}, findings);
  }
  if (host.empty()) return;
  findings.invalidEach(path / "hostname", host, wrongDns1123Subdomain(host));
  if (Ip::parse(host)) findings.invalid(path / "hostname", host, "must be a DNS name, not an IP address");
}

void checkStatus(core_v1::Service::Reader service, core_v1::ServiceStatus::Reader old, Findings& findings) {
  const Path path = Path("status") / "loadBalancer" / "ingress";
  auto places = service.getStatus().getLoadBalancer().getIngress();
  if (view(service.getSpec().getType()) != "LoadBalancer") {
    if (places.size() > 0) findings.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  std::set<std::string_view> had;
  for (auto place : old.getLoadBalancer().getIngress()) had.insert(view(place.getIp()));
  for (uint32_t i = 0; i < places.size(); ++i) {
    checkPlace(places[i], had.contains(view(places[i].getIp())), path[i], findings);
  }
}

}  // namespace

void validateService(const Change<core_v1::Service>& change, Findings& findings) {
  if (change.isStatus()) return checkStatus(change.object, change.old->getStatus(), findings);
  SpecReader service = change.object.getSpec();
  const SpecReader old = change.old ? change.old->getSpec() : SpecReader();
  // Addresses are given out before anything else is looked at, so what is wrong with them is said alone.
  const size_t found = findings.causes().size();
  if (!isType(service, "ExternalName")) checkAddresses(service, old, findings);
  if (findings.causes().size() > found) return;
  if (change.old) checkUpdate(old, service, findings);
  checkPorts(service, findings);
  checkTypeFields(service, findings);
  checkLabels(service.getSelector(), spec() / "selector", findings);
  checkAffinity(service, findings);
  if (isType(service, "ExternalName")) checkFamilies(service, findings);
  checkExternalIps(service, old, findings);
  checkRangesAnnotation(change.object, change.old, findings);
  checkLoadBalancer(service, old, findings);
  checkPolicies(service, findings);
  if (findings.empty()) warnOfService(change.object, findings);
}

}  // namespace cleat::kinds::core
