#include "mirror_pod.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>

namespace cleat::node_restriction {
namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

std::string wrongWithOwner(std::string_view node, meta_v1::ObjectMeta::Reader meta) {
  auto owners = meta.getOwnerReferences();
  if (owners.size() > 1) return "can only create pods with a single owner reference set to itself";
  if (owners.size() == 0) return "can only create pods with an owner reference set to itself";
  auto owner = owners[0];
  if (view(owner.getApiVersion()) != "v1" || view(owner.getKind()) != "Node" || view(owner.getName()) != node) {
    return "can only create pods with an owner reference set to itself";
  }
  if (!valueOr(owner.getController(), false)) {
    return "can only create pods with a controller owner reference set to itself";
  }
  if (valueOr(owner.getBlockOwnerDeletion(), false)) return "must not set blockOwnerDeletion on an owner reference";
  return {};
}

// What the pod refers to that it may not; empty where it is nothing.
std::string referredTo(const Object<core_v1::Pod>& pod) {
  const PodReferences references = referencesOf(*pod);
  if (!references.serviceAccount.empty()) return "a service account";
  if (!references.secrets.empty()) return "secrets";
  if (!references.configMaps.empty()) return "configmaps";
  for (auto volume : pod->getSpec().getVolumes()) {
    for (auto source : volume.getProjected().getSources()) {
      if (source.hasServiceAccountToken()) return "serviceaccounts (via projected volumes)";
      if (source.hasClusterTrustBundle()) return "clustertrustbundles";
      if (source.hasPodCertificate()) return "podcertificaterequests";
    }
  }
  if (pod->getSpec().getResourceClaims().size() > 0) return "resourceclaims";
  if (!references.volumeClaims.empty()) return "persistentvolumeclaims";
  return {};
}

}  // namespace

std::optional<std::string> wrongWithNewPod(std::string_view node, const Object<core_v1::Pod>& pod) {
  if (!annotation(pod.meta(), kMirror)) {
    return concat("pod does not have \"", kMirror, "\" annotation, node \"", node, "\" can only create mirror pods");
  }
  const std::string prefix = concat("node \"", node, "\" ");
  if (view(pod->getSpec().getNodeName()) != node) {
    return prefix + "can only create pods with spec.nodeName set to itself";
  }
  if (std::string wrong = wrongWithOwner(node, pod.meta()); !wrong.empty()) return prefix + wrong;
  if (std::string what = referredTo(pod); !what.empty()) return prefix + "can not create pods that reference " + what;
  return std::nullopt;
}

}  // namespace cleat::node_restriction
