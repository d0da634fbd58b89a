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
  if (!known.group) return false;
  auto policy = known.group->getSpec().getSchedulingPolicy();
  return !policy.hasGang() || std::cmp_greater_equal(known.members.size(), policy.getGang().getMinCount());
}

bool PodGroups::change(const std::string& key, std::string_view uid, bool isMember) {
  if (key.empty()) return false;
  Known& known = all_[key];
  const bool wasReady = isReady(known);
  const size_t before = known.members.size();
  if (isMember) {
    known.members.emplace(uid);
  } else {
    known.members.erase(std::string(uid));
  }
  const bool helps = known.failed && known.members.size() > before;
  const bool news = isReady(known) != wasReady || helps;
  sweep(key);
  return news;
}

bool PodGroups::pod(const Object<Pod>& before, const Object<Pod>& now) {
  const bool isOther = before && now && before.uid() != now.uid();
  bool news = false;
  if (before && (!now || isOther)) news = change(keyOf(before), before.uid(), false);
  if (now) news = change(keyOf(now), now.uid(), isAlive(now)) || news;
  return news;
}

std::set<std::string> PodGroups::membersOf(std::string_view key) const {
  auto found = all_.find(key);
  return found == all_.end() ? std::set<std::string>() : found->second.members;
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
