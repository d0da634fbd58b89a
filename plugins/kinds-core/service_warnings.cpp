#include <cleat/sdk/meta.h>

#include "kinds-common/addresses.h"
#include "kinds-core/service_rules.h"

namespace cleat::kinds::core {

namespace {

constexpr const char* kExternalName = "ExternalName";

void warnOfIps(capnp::List<capnp::Text>::Reader ips, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < ips.size(); ++i) warnOfIp(view(ips[i]), path[i], findings);
}

void warnOfHeadless(core_v1::ServiceSpec::Reader spec, Findings& findings) {
  if (spec.getLoadBalancerIP().size() > 0) findings.warn("spec.loadBalancerIP is ignored for headless services");
  if (spec.getExternalIPs().size() > 0) findings.warn("spec.externalIPs is ignored for headless services");
  if (view(spec.getSessionAffinity()) != "None") findings.warn("spec.SessionAffinity is ignored for headless services");
}

}  // namespace

void warnOfService(core_v1::Service::Reader service, Findings& findings) {
  auto spec = service.getSpec();
  const Path path("spec");
  if (annotation(service.getMetadata(), "service.kubernetes.io/topology-aware-hints")) {
    findings.warn(
        "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use "
        "service.kubernetes.io/topology-mode instead");
  }
  const bool named = view(spec.getType()) == kExternalName;
  const bool headless = view(spec.getType()) == "ClusterIP" && view(spec.getClusterIP()) == "None";
  if (view(spec.getClusterIP()) != "None") warnOfIps(spec.getClusterIPs(), path / "clusterIPs", findings);
  if (headless) warnOfHeadless(spec, findings);
  const bool external = spec.getExternalIPs().size() > 0;
  warnOfIps(spec.getExternalIPs(), path / "externalIPs", findings);
  if (external && !headless && !named) {
    findings.warn("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (spec.getLoadBalancerIP().size() > 0) {
    warnOfIp(view(spec.getLoadBalancerIP()), path / "loadBalancerIP", findings);
  }
  auto ranges = spec.getLoadBalancerSourceRanges();
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    warnOfCidr(view(ranges[i]), (path / "loadBalancerSourceRanges")[i], findings);
  }
  if (named && external) findings.warn("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
  if (!named && spec.getExternalName().size() > 0) {
    findings.warn("spec.externalName is ignored when spec.type is not \"ExternalName\"");
  }
  if (view(spec.getTrafficDistribution()) == "PreferClose") {
    findings.warn("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
  }
}

}  // namespace cleat::kinds::core
