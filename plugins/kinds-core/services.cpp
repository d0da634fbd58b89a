// Services: their facts, and what is filled in before the cluster-wide values (addresses and node ports) are given,
// which service_pools does.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <set>

#include "kinds-core/core_kinds.h"
#include "kinds-core/proxy_target.h"
#include "kinds-core/service_families.h"
#include "kinds-core/service_rules.h"

namespace cleat::kinds::core {

namespace {

constexpr int32_t kAffinitySeconds = 3 * 60 * 60;

using core_v1::ServiceSpec;

void setAffinityDefaults(ServiceSpec::Builder spec) {
  if (spec.getSessionAffinity().size() == 0) spec.setSessionAffinity("None");
  std::string_view affinity = view(spec.getSessionAffinity().asReader());
  if (affinity == "None") spec.disownSessionAffinityConfig();
  if (affinity != "ClientIP") return;
  auto config = spec.getSessionAffinityConfig();
  if (!config.getClientIP().hasTimeoutSeconds()) {
    config.getClientIP().initTimeoutSeconds().setValue(kAffinitySeconds);
  }
}

bool isUnset(meta_v1::IntOrString::Builder target) {
  return target.isIntVal() ? target.getIntVal() == 0 : target.getStrVal().size() == 0;
}

void setPortDefaults(core_v1::ServicePort::Builder port) {
  if (port.getProtocol().size() == 0) port.setProtocol("TCP");
  if (!port.hasTargetPort() || isUnset(port.getTargetPort())) port.getTargetPort().setIntVal(port.getPort());
}

void setPolicyDefaults(ServiceSpec::Builder spec) {
  if (isExternallyAccessible(spec.asReader()) && spec.getExternalTrafficPolicy().size() == 0) {
    spec.setExternalTrafficPolicy("Cluster");
  }
  if (needsClusterIp(spec.asReader()) && spec.getInternalTrafficPolicy().size() == 0) {
    spec.setInternalTrafficPolicy("Cluster");
  }
  if (view(spec.getType().asReader()) == "LoadBalancer" && !spec.hasAllocateLoadBalancerNodePorts()) {
    spec.initAllocateLoadBalancerNodePorts().setValue(true);
  }
}

// Node ports that the client left out are those that the ports of the same names had.
void keepNodePorts(ServiceSpec::Builder spec, ServiceSpec::Reader old) {
  std::set<int32_t> used;
  for (auto port : spec.asReader().getPorts()) used.insert(port.getNodePort());
  for (auto port : spec.getPorts()) {
    if (port.getNodePort() != 0) continue;
    for (auto before : old.getPorts()) {
      if (view(before.getName()) != view(port.getName().asReader()) || before.getNodePort() == 0) continue;
      if (used.insert(before.getNodePort()).second) port.setNodePort(before.getNodePort());
    }
  }
}

// What the server gave stays given, although the client does not repeat it.
void keepAllocated(ServiceSpec::Builder spec, ServiceSpec::Reader old) {
  if (needsClusterIp(old) && needsClusterIp(spec.asReader())) {
    if (spec.getClusterIP().size() == 0) spec.setClusterIP(old.getClusterIP());
    if (spec.asReader().getClusterIPs().size() == 0) spec.setClusterIPs(old.getClusterIPs());
  }
  if (needsNodePort(old) && needsNodePort(spec.asReader())) keepNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec.asReader()) && spec.getHealthCheckNodePort() == 0) {
    spec.setHealthCheckNodePort(old.getHealthCheckNodePort());
  }
}

bool sameNodePorts(ServiceSpec::Reader a, ServiceSpec::Reader b) {
  std::set<int32_t> ofA, ofB;
  for (auto port : a.getPorts()) ofA.insert(port.getNodePort());
  for (auto port : b.getPorts()) ofB.insert(port.getNodePort());
  return ofA == ofB;
}

// What belonged to the type that the service had goes with it, unless the client changed it as well.
void dropTypeDependent(ServiceSpec::Builder spec, ServiceSpec::Reader old) {
  auto now = spec.asReader();
  if (needsClusterIp(old) && !needsClusterIp(now) && view(old.getClusterIP()) == view(now.getClusterIP())) {
    spec.disownClusterIP();
    spec.disownClusterIPs();
    spec.disownIpFamilies();
    spec.disownIpFamilyPolicy();
    spec.disownInternalTrafficPolicy();
  }
  if (needsNodePort(old) && !needsNodePort(now) && sameNodePorts(old, now)) {
    for (auto port : spec.getPorts()) port.setNodePort(0);
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(now) &&
      old.getHealthCheckNodePort() == now.getHealthCheckNodePort()) {
    spec.setHealthCheckNodePort(0);
  }
  if (view(old.getType()) == "LoadBalancer" && view(now.getType()) != "LoadBalancer") {
    spec.disownAllocateLoadBalancerNodePorts();
    if (view(old.getLoadBalancerClass()) == view(now.getLoadBalancerClass())) spec.disownLoadBalancerClass();
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(now) &&
      view(old.getExternalTrafficPolicy()) == view(now.getExternalTrafficPolicy())) {
    spec.disownExternalTrafficPolicy();
  }
}

// The first of clusterIPs and clusterIP are the same thing.
void syncClusterIps(ServiceSpec::Builder spec, const std::optional<ServiceSpec::Reader>& old) {
  auto now = spec.asReader();
  if (now.getClusterIP().size() == 0 && now.getClusterIPs().size() > 0 && !old) return;  // validation tells
  if (now.getClusterIP().size() == 0) return;
  // Who writes another clusterIP and repeats the rest knows nothing of the rest.
  const bool changed = old && sameStruct(old->getClusterIPs(), now.getClusterIPs()) &&
                       view(old->getClusterIP()) != view(now.getClusterIP());
  if (now.getClusterIPs().size() == 0 || changed) {
    spec.adoptClusterIPs(textList(orphanageOf(spec), {view(now.getClusterIP())}));
  }
}

void setDefaults(core_v1::Service::Builder service, const Change<core_v1::Service>& change) {
  if (change.isDelete()) return;
  auto spec = service.getSpec();
  std::optional<ServiceSpec::Reader> old;
  if (change.old) old = change.old->getSpec();
  if (spec.getType().size() == 0) spec.setType("ClusterIP");
  if (old) {
    dropTypeDependent(spec, *old);
    keepAllocated(spec, *old);
  }
  syncClusterIps(spec, old);
  if (old) releaseSecondFamily(spec, *old);
  setAffinityDefaults(spec);
  if (spec.hasPorts()) {
    for (auto port : spec.getPorts()) setPortDefaults(port);
  }
  setPolicyDefaults(spec);
  if (!service.hasStatus() || !service.getStatus().hasLoadBalancer()) service.getStatus().initLoadBalancer();
  if (!service.getStatus().getLoadBalancer().hasIngress()) return;
  for (auto ingress : service.getStatus().getLoadBalancer().getIngress()) {
    if (ingress.getIp().size() != 0 && ingress.getIpMode().size() == 0) ingress.setIpMode("VIP");
  }
}

}  // namespace

bool needsClusterIp(ServiceSpec::Reader spec) {
  std::string_view type = view(spec.getType());
  return type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer";
}
bool needsNodePort(ServiceSpec::Reader spec) {
  std::string_view type = view(spec.getType());
  return type == "NodePort" || (type == "LoadBalancer" && valueOr(spec.getAllocateLoadBalancerNodePorts(), true));
}
bool needsHealthCheckPort(ServiceSpec::Reader spec) {
  return view(spec.getType()) == "LoadBalancer" && view(spec.getExternalTrafficPolicy()) == "Local";
}
bool isExternallyAccessible(ServiceSpec::Reader spec) {
  std::string_view type = view(spec.getType());
  return type == "NodePort" || type == "LoadBalancer" || (type == "ClusterIP" && spec.getExternalIPs().size() > 0);
}
bool isHeadless(ServiceSpec::Reader spec) { return view(spec.getClusterIP()) == "None"; }

void addServices(KindTable& table) {
  table.add<core_v1::Service>({.structFile = kSchemaFile,
                               .shortNames = {"svc"},
                               .categories = {"all"},
                               .columns = {nameColumn(),
                                           {"Type", "string", "How the service is reached."},
                                           {"Cluster-IP", "string", "The address inside the cluster."},
                                           {"External-IP", "string", "The addresses outside the cluster."},
                                           {"Port(s)", "string", "The ports, with the node ports behind the colon."},
                                           ageColumn(),
                                           wide({"Selector", "string", "The labels of the pods behind the service."})},
                               .selectableFields = {"spec.clusterIP", "spec.type"},
                               .nameRule = "dns1123-label",
                               .hasStatus = true,
                               .keepsGeneration = true,
                               .createsOnUpdate = true,
                               .returnsDeleted = true,
                               .allocates = true},
                              {setDefaults, validateService, printService});
  table.addStatus<core_v1::Service>();
  table.addSubresource<core_v1::Service>(proxySubresource("ServiceProxyOptions"));
}

}  // namespace cleat::kinds::core
