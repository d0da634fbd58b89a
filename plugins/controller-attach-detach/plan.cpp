#include "plan.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <set>

#include "volume-common/attachment_names.h"
#include "wanted.h"

namespace cleat::attach_detach {
namespace {

constexpr const char* kFailed = "FailedAttachVolume";
constexpr const char* kOutOfService = "node.kubernetes.io/out-of-service";

void lookAgainIn(NodePlan& plan, Duration delay) {
  plan.lookAgain = plan.lookAgain == Duration::zero() ? delay : std::min(plan.lookAgain, delay);
}

bool isForOneNode(const Object<PersistentVolume>& volume) {
  auto modes = volume->getSpec().getAccessModes();
  return modes.size() > 0 && !contains(modes, "ReadWriteMany") && !contains(modes, "ReadOnlyMany");
}

// Pods on other nodes that use the volume, as those who wait for it are told.
std::string usersOf(const Wanted& wanted, std::string_view node, const Surroundings& around) {
  auto reference = wanted.volume->getSpec().getClaimRef();
  const std::string_view ns = view(reference.getNamespace());
  std::string names;
  for (const Object<Pod>& pod : around.podsWith(ns, view(reference.getName()))) {
    if (view(pod->getSpec().getNodeName()) == node || !usesVolumes(pod)) continue;
    names += concat(names.empty() ? "" : ", ", pod.name());
  }
  return names;
}

Note attachedElsewhere(const Wanted& wanted, std::string_view node, const Surroundings& around) {
  const std::string users = usersOf(wanted, node, around);
  const std::string why =
      users.empty() ? "Volume is already exclusively attached to one node, waiting on detach before it can be "
                      "attached to another node"
                    : concat("Volume is already used by pod(s) ", users);
  return {wanted.pods, true, kFailed,
          concat("Waiting for detach for volume ", inQuotes(wanted.volume.name()), " ", why)};
}

Note attachFailed(const Wanted& wanted, std::string_view why) {
  return {wanted.pods, true, kFailed,
          concat("AttachVolume.Attach failed for volume ", inQuotes(wanted.volume.name()), " : ", why)};
}

void planMissing(const Wanted& wanted, std::string_view node, const Surroundings& around, Watched& watched,
                 NodePlan& plan) {
  const bool isElsewhere = std::ranges::any_of(
      around.attachmentsOf(wanted.volume.name()),
      [&](const Object<VolumeAttachment>& other) { return view(other->getSpec().getNodeName()) != node; });
  if (!isElsewhere || !isForOneNode(wanted.volume)) {
    watched.toldElsewhere = false;
    plan.attach.push_back(wanted);
    return;
  }
  // The attachment there brings the next look when it goes.
  if (!watched.toldElsewhere) plan.notes.push_back(attachedElsewhere(wanted, node, around));
  watched.toldElsewhere = true;
}

void planWaiting(const Wanted& wanted, const Object<VolumeAttachment>& attachment, Watched& watched, Instant now,
                 NodePlan& plan) {
  auto status = attachment->getStatus();
  if (status.hasAttachError()) {
    const std::string why = str(status.getAttachError().getMessage());
    const std::string told = concat(status.getAttachError().getTime(), " ", why);
    if (watched.toldError != told) plan.notes.push_back(attachFailed(wanted, why));
    watched.toldError = told;
    watched.waitingSince = now;
    return;
  }
  const Duration left = watched.waitingSince + kAttachLimit - now;
  if (left <= Duration::zero()) {
    plan.notes.push_back(attachFailed(wanted, concat("timed out waiting for external-attacher of ", wanted.driver,
                                                     " CSI driver to attach volume ", wanted.handle)));
    watched.waitingSince = now;
  }
  lookAgainIn(plan, watched.waitingSince + kAttachLimit - now);
}

void planWanted(const Wanted& wanted, const Object<VolumeAttachment>& attachment, std::string_view node,
                const Surroundings& around, Watched& watched, Instant now, NodePlan& plan) {
  watched.unwantedSince.reset();
  const bool isAttached = attachment && !deletionPending(attachment.meta()) && attachment->getStatus().getAttached();
  if (isAttached) {
    plan.attached.push_back(volumes::uniqueVolumeName(wanted.driver, wanted.handle));
    if (watched.isWaiting) {
      // The space at the end is Kubernetes' own.
      plan.notes.push_back({wanted.pods, false, "SuccessfulAttachVolume",
                            concat("AttachVolume.Attach succeeded for volume ", inQuotes(wanted.volume.name()), " ")});
    }
    watched = {};
    return;
  }
  if (!watched.isWaiting) watched.waitingSince = now;
  watched.isWaiting = true;
  if (!attachment) return planMissing(wanted, node, around, watched, plan);
  // One that is going has to be gone before it can be asked for anew.
  if (deletionPending(attachment.meta())) return;
  planWaiting(wanted, attachment, watched, now, plan);
}

struct NodeState {
  bool isReady = false, isOutOfService = false;
  bool isThere = false;
  std::set<std::string, std::less<>> inUse;
};

NodeState stateOf(const Object<Node>& node) {
  NodeState state;
  if (!node) return state;
  state.isThere = true;
  state.isReady = conditionIs(node->getStatus().getConditions(), "Ready", "True");
  for (auto taint : node->getSpec().getTaints()) state.isOutOfService |= view(taint.getKey()) == kOutOfService;
  for (auto name : node->getStatus().getVolumesInUse()) state.inUse.emplace(view(name));
  return state;
}

// The name that the node has for what is attached; empty where nobody can say any more.
std::string uniqueNameOf(const Object<VolumeAttachment>& attachment, const Surroundings& around) {
  auto source = attachment->getSpec().getSource();
  if (source.hasInlineVolumeSpec()) {
    return volumes::uniqueVolumeName(view(attachment->getSpec().getAttacher()),
                                     view(source.getInlineVolumeSpec().getCsi().getVolumeHandle()));
  }
  const Object<PersistentVolume> volume = around.volume(view(source.getPersistentVolumeName()));
  if (!volume || !volume->getSpec().hasCsi()) return {};
  return volumes::uniqueVolumeName(view(attachment->getSpec().getAttacher()),
                                   view(volume->getSpec().getCsi().getVolumeHandle()));
}

// Of a node that is gone, and of a volume that is gone, nobody knows whether it is still mounted.
bool mayBeMounted(const NodeState& node, const std::string& name) {
  if (!node.isThere) return true;
  return name.empty() ? !node.inUse.empty() : node.inUse.contains(name);
}

void planUnwanted(const Object<VolumeAttachment>& attachment, const NodeState& node, const Surroundings& around,
                  Watched& watched, Instant now, NodePlan& plan) {
  if (deletionPending(attachment.meta())) return;
  const Instant since = watched.unwantedSince.value_or(now);
  watched = {};
  watched.unwantedSince = since;
  const std::string name = uniqueNameOf(attachment, around);
  if (mayBeMounted(node, name) && !node.isOutOfService) {
    const Duration left = since + kLongestUnmount - now;
    if (node.isReady || left > Duration::zero()) {
      if (!name.empty() && attachment->getStatus().getAttached()) plan.attached.push_back(name);
      if (left > Duration::zero()) lookAgainIn(plan, left);
      return;
    }
  }
  plan.detach.push_back(attachment);
}

}  // namespace

NodePlan planNode(std::string_view nodeName, const Surroundings& around, WatchedAttachments& watched, Instant now) {
  NodePlan plan;
  const Object<Node> node = around.node(nodeName);
  const NodeState state = stateOf(node);
  // Other nodes see to what is attached to them on their own.
  const bool isOurs = node && annotation(node.meta(), volumes::kAttachesFromOutside).has_value();
  const auto wanted = isOurs ? wantedOn(nodeName, around) : std::map<std::string, Wanted, std::less<>>();
  std::map<std::string, Object<VolumeAttachment>, std::less<>> attachments;
  for (const Object<VolumeAttachment>& each : around.attachmentsOn(nodeName)) {
    if (volumes::isAttachmentName(each.name())) attachments.emplace(each.name(), each);
  }
  for (const auto& [name, volume] : wanted) {
    auto there = attachments.find(name);
    planWanted(volume, there == attachments.end() ? Object<VolumeAttachment>() : there->second, nodeName, around,
               watched[name], now, plan);
  }
  if (isOurs || !node) {
    for (const auto& [name, attachment] : attachments) {
      if (!wanted.contains(name)) planUnwanted(attachment, state, around, watched[name], now, plan);
    }
  }
  std::erase_if(watched,
                [&](const auto& known) { return !wanted.contains(known.first) && !attachments.contains(known.first); });
  std::ranges::sort(plan.attached);
  return plan;
}

}  // namespace cleat::attach_detach
