#include "pod_graph.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>

#include <algorithm>

namespace cleat::authz_node {
namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

std::string keyOf(PodGraph::Kind kind, std::string_view ns, std::string_view name) {
  return concat(static_cast<int>(kind), "/", ns, "/", name);
}

}  // namespace

void PodGraph::put(const Object<core_v1::Pod>& pod) {
  const std::string node = str(pod->getSpec().getNodeName());
  if (node.empty()) return remove(pod.key());
  Bound bound{node, {}};
  auto add = [&](Kind kind, std::string_view name) { bound.objects.push_back(keyOf(kind, pod.ns(), name)); };
  add(Kind::pod, pod.name());
  // A node makes the mirror pods on it itself: it must not be able to give itself anything by one.
  if (!annotation(pod.meta(), kMirror)) {
    const PodReferences references = referencesOf(*pod);
    for (const std::string& name : references.secrets) add(Kind::secret, name);
    for (const std::string& name : references.configMaps) add(Kind::configMap, name);
    for (const std::string& name : references.volumeClaims) add(Kind::volumeClaim, name);
    for (const std::string& name : references.resourceClaims) add(Kind::resourceClaim, name);
    if (!references.serviceAccount.empty()) add(Kind::serviceAccount, references.serviceAccount);
  }
  const std::string key = str(pod.key());
  auto known = pods_.find(key);
  // Most changes of a pod are in its status.
  if (known != pods_.end() && known->second == bound) return;
  release(key);
  bind(key, std::move(bound));
}

void PodGraph::remove(std::string_view podKey) { release(podKey); }

void PodGraph::setNode(Kind kind, const AnyRef& object, std::string_view node) {
  const std::string key = keyOf(kind, object.ns(), object.name());
  release(key);
  if (!node.empty()) bind(key, {str(node), {key}});
}

void PodGraph::bind(std::string key, Bound bound) {
  for (const std::string& object : bound.objects) ++nodes_[object][bound.node];
  pods_.emplace(std::move(key), std::move(bound));
}

void PodGraph::release(std::string_view key) {
  auto found = pods_.find(key);
  if (found == pods_.end()) return;
  const Bound& bound = found->second;
  for (const std::string& object : bound.objects) {
    auto nodes = nodes_.find(object);
    auto count = nodes->second.find(bound.node);
    if (--count->second == 0) nodes->second.erase(count);
    if (nodes->second.empty()) nodes_.erase(nodes);
  }
  pods_.erase(found);
}

bool PodGraph::reaches(std::string_view node, Kind kind, std::string_view ns, std::string_view name) const {
  auto nodes = nodes_.find(keyOf(kind, ns, name));
  return nodes != nodes_.end() && nodes->second.contains(node);
}

void PodGraph::setClaim(std::string_view volume, std::string_view ns, std::string_view name) {
  if (name.empty()) {
    if (auto found = claims_.find(volume); found != claims_.end()) claims_.erase(found);
  } else {
    claims_[str(volume)] = {str(ns), str(name)};
  }
}

void PodGraph::setSecrets(std::string_view volume, const std::vector<std::string>& secrets) {
  if (auto before = secretsOf_.find(volume); before != secretsOf_.end()) {
    for (const std::string& secret : before->second) {
      auto volumes = namedBy_.find(secret);
      volumes->second.erase(before->first);
      if (volumes->second.empty()) namedBy_.erase(volumes);
    }
    secretsOf_.erase(before);
  }
  if (secrets.empty()) return;
  const std::set<std::string> each(secrets.begin(), secrets.end());
  for (const std::string& secret : each) namedBy_[secret].emplace(volume);
  secretsOf_.emplace(volume, std::vector<std::string>(each.begin(), each.end()));
}

bool PodGraph::reachesSecret(std::string_view node, std::string_view ns, std::string_view name) const {
  auto volumes = namedBy_.find(concat(ns, "/", name));
  if (volumes == namedBy_.end()) return false;
  return std::ranges::any_of(volumes->second, [&](const std::string& volume) { return reachesVolume(node, volume); });
}

bool PodGraph::reachesVolume(std::string_view node, std::string_view volume) const {
  auto claim = claims_.find(volume);
  return claim != claims_.end() && reaches(node, Kind::volumeClaim, claim->second.ns, claim->second.name);
}

}  // namespace cleat::authz_node
