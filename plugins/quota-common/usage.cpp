#include "quota-common/usage.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "quota-common/claim.h"
#include "quota-common/pod_amounts.h"

namespace cleat::quota {

namespace {

using core_v1::Pod;
using core_v1::Service;

constexpr std::string_view kCount = "count/";
constexpr std::string_view kLimits = "limits.";
constexpr std::string_view kOfClass = ".storageclass.storage.k8s.io/";
constexpr std::string_view kHugePages = "hugepages-";
constexpr std::string_view kClaims = "persistentvolumeclaims";
constexpr std::string_view kStorage = "requests.storage";
constexpr const char* kClassAnnotation = "volume.beta.kubernetes.io/storage-class";

// The older names of what is counted.
constexpr std::array<std::string_view, 7> kAliases{"pods",           "services", "persistentvolumeclaims", "configmaps",
                                                   "resourcequotas", "secrets",  "replicationcontrollers"};
constexpr std::array<std::string_view, 3> kCompute{"cpu", "memory", "ephemeral-storage"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kIgnored{{
    {"", "bindings"},
    {"", "componentstatuses"},
    {"", "events"},
    {"events.k8s.io", "events"},
    {"authentication.k8s.io", "tokenreviews"},
    {"authentication.k8s.io", "selfsubjectreviews"},
    {"authorization.k8s.io", "subjectaccessreviews"},
    {"authorization.k8s.io", "selfsubjectaccessreviews"},
    {"authorization.k8s.io", "localsubjectaccessreviews"},
    {"authorization.k8s.io", "selfsubjectrulesreviews"},
}};

template <class Names>
bool isIn(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string countOf(const KindName& kind) {
  return concat(kCount, kind.resource, kind.group.empty() ? "" : ".", kind.group);
}

bool isOfPods(std::string_view resource) {
  if (isIn(kCompute, resource) || resource.starts_with(kHugePages)) return true;
  if (resource.starts_with(kLimits)) return isIn(kCompute, resource.substr(kLimits.size()));
  if (!resource.starts_with(kRequests)) return false;
  const std::string_view asked = resource.substr(kRequests.size());
  return isIn(kCompute, asked) || asked.starts_with(kHugePages) || isExtendedResource(asked);
}

bool isOfClaims(std::string_view resource) {
  const size_t at = resource.find(kOfClass);
  if (at != std::string_view::npos) resource.remove_prefix(at + kOfClass.size());
  return resource == kStorage || resource == kClaims;
}

Quantity one() { return Quantity::of(1); }

// Under the names that quotas have for what containers ask for.
Amounts computeUsage(const Amounts& requests, const Amounts& limits) {
  Amounts usage;
  for (const auto& [name, amount] : requests) {
    const bool huge = name.starts_with(kHugePages);
    if (isIn(kCompute, name) || huge) usage[name] = amount;
    if (isIn(kCompute, name) || huge || isExtendedResource(name)) usage[concat(kRequests, name)] = amount;
  }
  for (const auto& [name, amount] : limits) {
    if (isIn(kCompute, name)) usage[concat(kLimits, name)] = amount;
  }
  return usage;
}

// A pod that has ended, or that nobody ends because its node is lost, takes nothing any more.
bool isCharged(Pod::Reader pod, WallTime now) {
  const std::string_view phase = view(pod.getStatus().getPhase());
  if (phase == "Failed" || phase == "Succeeded") return false;
  auto meta = pod.getMetadata();
  if (!deletionPending(meta) || !isSet(meta.getDeletionGracePeriodSeconds())) return true;
  const auto deadline = parseTime(meta.getDeletionTimestamp());
  const std::chrono::seconds grace(meta.getDeletionGracePeriodSeconds().getValue());
  return !deadline || now <= *deadline + grace;
}

Amounts podUsage(Pod::Reader pod, WallTime now) {
  if (!isCharged(pod, now)) return {};
  Amounts usage = computeUsage(chargedAmounts(pod, Asked::requests), chargedAmounts(pod, Asked::limits));
  usage["pods"] = one();
  return usage;
}

Amounts serviceUsage(Service::Reader service) {
  auto spec = service.getSpec();
  Amounts usage{{"services", one()}};
  const std::string_view type = view(spec.getType());
  const bool balanced = type == "LoadBalancer";
  if (balanced) usage["services.loadbalancers"] = one();
  if (!balanced && type != "NodePort") return usage;
  // Before ports are given out it is the wish that counts.
  int64_t ports = spec.getPorts().size();
  if (balanced && !valueOr(spec.getAllocateLoadBalancerNodePorts(), true)) {
    ports = 0;
    for (auto port : spec.getPorts()) ports += port.getNodePort() != 0 ? 1 : 0;
  }
  usage["services.nodeports"] = Quantity::of(ports);
  return usage;
}

Amounts claimUsage(Claim::Reader claim) {
  Amounts usage{{std::string(kClaims), one()}};
  if (auto asked = lookup(claim.getSpec().getResources().getRequests(), "storage")) {
    const auto amount = Quantity::parse(*asked).value_or(Quantity());
    usage[std::string(kStorage)] = Quantity::of(amount.value(), amount.format());
  }
  std::string storageClass = str(annotation(claim.getMetadata(), kClassAnnotation).value_or(""));
  if (storageClass.empty()) storageClass = str(claim.getSpec().getStorageClassName());
  if (storageClass.empty()) return usage;
  Amounts ofClass;
  for (const auto& [name, amount] : usage) ofClass[concat(storageClass, kOfClass, name)] = amount;
  add(usage, ofClass);
  return usage;
}

}  // namespace

bool isCounted(const KindName& kind) {
  return std::ranges::none_of(kIgnored,
                              [&](const auto& one) { return one.first == kind.group && one.second == kind.resource; });
}

std::vector<KindName> measuredKinds(std::string_view resource) {
  std::vector<KindName> kinds;
  if (resource.starts_with(kCount)) {
    const std::string_view counted = resource.substr(kCount.size());
    const size_t dot = counted.find('.');
    kinds.push_back(
        {dot == std::string_view::npos ? std::string() : str(counted.substr(dot + 1)), str(counted.substr(0, dot))});
  } else if (isIn(kAliases, resource)) {
    kinds.push_back({"", str(resource)});
  } else if (resource == "services.nodeports" || resource == "services.loadbalancers") {
    kinds.push_back({"", "services"});
  } else if (resource.ends_with(kOfDevices)) {
    kinds.push_back(kDeviceClaims);
  } else if (isOfClaims(resource)) {
    kinds.push_back({"", str(kClaims)});
  } else if (isOfPods(resource)) {
    kinds.push_back({"", "pods"});
    const bool asked = resource.starts_with(kRequests);
    if (asked && isExtendedResource(resource.substr(kRequests.size()))) kinds.push_back(kDeviceClaims);
  }
  std::erase_if(kinds, [](const KindName& kind) { return !isCounted(kind); });
  return kinds;
}

bool measures(const KindName& kind, std::string_view resource) {
  const std::vector<KindName> kinds = measuredKinds(resource);
  return std::ranges::find(kinds, kind) != kinds.end();
}

Amounts usageOf(const KindName& kind, const AnyRef& object, WallTime now, const DeviceLookup* devices) {
  Amounts usage;
  if (kind.group.empty()) {
    if (kind.resource == "pods") {
      usage = podUsage(object.as<Pod>(), now);
    } else if (kind.resource == "services") {
      usage = serviceUsage(object.as<Service>());
    } else if (kind.resource == kClaims) {
      usage = claimUsage(object.as<Claim>());
    } else if (isIn(kAliases, kind.resource)) {
      usage[kind.resource] = one();
    }
  }
  if (kind == kDeviceClaims) usage = deviceUsage(Object<resource_v1::ResourceClaim>(object), devices);
  usage[countOf(kind)] = one();
  return usage;
}

std::string missingIn(const KindName& kind, const AnyRef& object, const std::function<bool(std::string_view)>& named) {
  if (!kind.group.empty() || kind.resource != "pods") return {};
  const auto spec = object.as<Pod>().getSpec();
  if (asksAsAWhole(spec)) return {};
  // As it was before a pod could ask for nothing; it holds for these alone.
  constexpr std::array<std::string_view, 6> kDemanded{"cpu",    "limits.cpu",   "limits.memory",
                                                      "memory", "requests.cpu", "requests.memory"};
  std::map<std::string_view, std::set<std::string>> missing;
  for (auto containers : {spec.getContainers(), spec.getInitContainers()}) {
    for (auto container : containers) {
      const Amounts said = computeUsage(readAmounts(container.getResources().getRequests()),
                                        readAmounts(container.getResources().getLimits()));
      for (std::string_view resource : kDemanded) {
        if (named(resource) && !said.contains(resource)) missing[resource].insert(str(container.getName()));
      }
    }
  }
  std::string text;
  for (const auto& [resource, containers] : missing) {
    std::string names;
    for (const std::string& name : containers) names += (names.empty() ? "" : ",") + name;
    text += concat(text.empty() ? "must specify " : "; ", resource, " for: ", names);
  }
  return text;
}

}  // namespace cleat::quota
