#include "filters/why.h"

namespace cleat::scheduling {
namespace {

std::vector<std::string> insufficient(const Why& why, const PodClass& podClass, const ResourceNames& resources) {
  std::vector<std::string> texts;
  if ((why.detail & kTooManyPods) != 0) texts.emplace_back("Too many pods");
  for (size_t i = 0; i < podClass.requests.size(); ++i) {
    if ((why.detail >> i & 1) != 0) texts.push_back("Insufficient " + resources.text(podClass.requests[i].first));
  }
  return texts;
}

std::string singleText(const Why& why) {
  switch (why.judge) {
    case Judge::nodeUnschedulable: return "node(s) were unschedulable";
    case Judge::nodeName: return "node(s) didn't match the requested node name";
    case Judge::taintToleration: return "node(s) had untolerated taint(s)";
    case Judge::nodeAffinity:
      return why.detail == kNotNamed ? "node(s) didn't satisfy plugin(s) [NodeAffinity]"
                                     : "node(s) didn't match Pod's node affinity/selector";
    case Judge::nodePorts: return "node(s) didn't have free ports for the requested pod ports";
    case Judge::nodeVolumeLimits: return "node(s) exceed max volume count";
    case Judge::volumeZone: return "node(s) had no available volume zone";
    case Judge::dynamicResources:
      if (why.detail == kClaimOutOfReach) return "resourceclaim not available on the node";
      return why.detail == kInvalidPool ? "invalid resource pools were encountered" : "cannot allocate all claims";
    case Judge::nodeDeclaredFeatures: return "node(s) didn't match Pod's required features";
    case Judge::extensions: return "node(s) were rejected by an extension";
    case Judge::volumeRestrictions:
      return why.detail == kDiskConflict
                 ? "node(s) had no available disk"
                 : "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use "
                   "by another pod";
    case Judge::volumeBinding:
      if (why.detail == kWrongVolumeNode) return "node(s) didn't match PersistentVolume's node affinity";
      if (why.detail == kVolumeGone) return "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
      if (why.detail == kNotEnoughStorage) return "node(s) did not have enough free storage";
      return "node(s) didn't find available persistent volumes to bind";
    case Judge::podTopologySpread:
      return why.detail == kUneven ? "node(s) didn't match pod topology spread constraints"
                                   : "node(s) didn't match pod topology spread constraints (missing required label)";
    case Judge::interPodAffinity:
      if (why.detail == kNotNear) return "node(s) didn't match pod affinity rules";
      if (why.detail == kNotAway) return "node(s) didn't match pod anti-affinity rules";
      return "node(s) didn't satisfy existing pods anti-affinity rules";
    default: return "node(s) were rejected";
  }
}

}  // namespace

std::vector<std::string> textsOf(const Why& why, const PodClass& podClass, const ClusterState& state) {
  if (why.judge == Judge::nodeResourcesFit) return insufficient(why, podClass, state.classes().resources());
  if (why.judge == Judge::nodeVolumeLimits && why.detail >= kDriverMissing) {
    const auto driver = static_cast<uint32_t>(why.detail - kDriverMissing);
    return {concat(state.volumes().drivers.nameOf(driver), " CSI driver is not installed on the node")};
  }
  return {singleText(why)};
}

}  // namespace cleat::scheduling
