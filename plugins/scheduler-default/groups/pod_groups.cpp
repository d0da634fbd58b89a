#include "groups/pod_groups.h"

#include <cleat/sdk/meta.h>

namespace cleat::scheduling {
namespace {

bool isAlive(const Object<Pod>& pod) {
  const std::string_view phase = view(pod->getStatus().getPhase());
  return phase != "Succeeded" && phase != "Failed" && !deletionPending(pod.meta());
}

}  // namespace

std::string PodGroups::keyOf(const Object<Pod>& pod) {
  const std::string_view name = view(pod->getSpec().getSchedulingGroup().getPodGroupName());
  return name.empty() ? std::string() : cleat::keyOf(pod.ns(), name);
}

void PodGroups::setGroup(const Object<PodGroup>& group) { all_[group.key()].group = group; }

void PodGroups::eraseGroup(std::string_view key) {
  auto found = all_.find(key);
  if (found == all_.end()) return;
  found->second.group = {};
  sweep(key);
}

Object<PodGroup> PodGroups::group(std::string_view key) const {
  auto found = all_.find(key);
  return found == all_.end() ? Object<PodGroup>() : found->second.group;
}

void PodGroups::sweep(std::string_view key) {
  auto found = all_.find(key);
  if (found != all_.end() && !found->second.group && found->second.members.empty()) all_.erase(found);
}

bool PodGroups::isReady(const Known& known) const {
  if (!known.group || otherPriority(known)) return false;
  auto policy = known.group->getSpec().getSchedulingPolicy();
  return !policy.hasGang() || std::cmp_greater_equal(known.members.size(), policy.getGang().getMinCount());
}

std::optional<int32_t> PodGroups::otherPriority(const Known& known) {
  auto priority = known.group->getSpec().getPriority();
  // Groups from before they had any.
  if (!isSet(priority)) return std::nullopt;
  for (const auto& [uid, own] : known.members) {
    if (own != priority.getValue()) return own;
  }
  return std::nullopt;
}

bool PodGroups::change(const std::string& key, const Object<Pod>& pod, bool isMember) {
  if (key.empty()) return false;
  Known& known = all_[key];
  const bool wasReady = isReady(known);
  const size_t before = known.members.size();
  if (isMember) {
    known.members[str(pod.uid())] = valueOr(pod->getSpec().getPriority(), 0);
  } else {
    known.members.erase(str(pod.uid()));
  }
  const bool helps = known.failed && known.members.size() > before;
  const bool news = isReady(known) != wasReady || helps;
  sweep(key);
  return news;
}

bool PodGroups::pod(const Object<Pod>& before, const Object<Pod>& now) {
  const bool isOther = before && now && before.uid() != now.uid();
  bool news = false;
  if (before && (!now || isOther)) news = change(keyOf(before), before, false);
  if (now) news = change(keyOf(now), now, isAlive(now)) || news;
  return news;
}

std::set<std::string> PodGroups::membersOf(std::string_view key) const {
  auto found = all_.find(key);
  std::set<std::string> members;
  if (found == all_.end()) return members;
  for (const auto& [uid, priority] : found->second.members) members.insert(uid);
  return members;
}

int32_t PodGroups::leastOf(std::string_view key) const {
  auto found = all_.find(key);
  if (found == all_.end() || !found->second.group) return 0;
  auto policy = found->second.group->getSpec().getSchedulingPolicy();
  return policy.hasGang() ? policy.getGang().getMinCount() : 0;
}

std::string PodGroups::whyNotYet(const Object<Pod>& pod) const {
  const std::string key = keyOf(pod);
  if (key.empty()) return {};
  auto found = all_.find(key);
  if (found == all_.end() || !found->second.group) {
    return concat("waiting for pods's pod group ",
                  inQuotes(view(pod->getSpec().getSchedulingGroup().getPodGroupName())),
                  " to appear in scheduling queue");
  }
  if (const auto other = otherPriority(found->second)) {
    return concat("all pods in a single pod group should match the priority of the pod group, got: ", *other, " and ",
                  found->second.group->getSpec().getPriority().getValue());
  }
  return isReady(found->second) ? std::string() : "waiting for minCount pods from a gang to appear in scheduling queue";
}

void PodGroups::setFailed(std::string_view key, bool failed) {
  if (auto found = all_.find(key); found != all_.end()) found->second.failed = failed;
}

std::vector<std::string> PodGroups::failed() const {
  std::vector<std::string> keys;
  for (const auto& [key, known] : all_) {
    if (known.failed) keys.push_back(key);
  }
  return keys;
}

}  // namespace cleat::scheduling
