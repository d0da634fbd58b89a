// The groups whose pods are placed together (PodGroup), and which pods belong to each. A pod of a gang is not placed
// before its group is there and has as many pods as the group needs.
//
//   groups.setGroup(group);
//   groups.pod(before, now);                    // for each change of a pod
//   if (groups.whyNotYet(pod).empty()) place(groups.membersOf(PodGroups::keyOf(pod)));
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/object.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "state/interner.h"

namespace cleat::scheduling {

using core_v1::Pod;
using scheduling_v1beta1::PodGroup;

class PodGroups {
 public:
  // "namespace/name" of the group that the pod is in; empty: it is in none.
  static std::string keyOf(const Object<Pod>& pod);

  void setGroup(const Object<PodGroup>& group);
  void eraseGroup(std::string_view key);
  Object<PodGroup> group(std::string_view key) const;

  // As an informer tells. Says whether those of the group have to be looked at again: it can be placed from now on, or
  // no longer, or it has failed and there is one pod more.
  bool pod(const Object<Pod>& before, const Object<Pod>& now);
  std::set<std::string> membersOf(std::string_view key) const;  // their uids

  // How many pods have to be placed together; 0: the group is no gang, or not there.
  int32_t leastOf(std::string_view key) const;
  // What keeps the pod from being tried; empty: nothing.
  std::string whyNotYet(const Object<Pod>& pod) const;
  // It was tried, and had not enough room.
  void setFailed(std::string_view key, bool failed);
  std::vector<std::string> failed() const;

 private:
  struct Known {
    Object<PodGroup> group;                  // nothing: it is not there
    std::map<std::string, int32_t> members;  // pods that have not ended, by uid: how important they are
    bool failed = false;
  };
  bool isReady(const Known& known) const;
  // Of the first member that is not as important as the group.
  static std::optional<int32_t> otherPriority(const Known& known);
  bool change(const std::string& key, const Object<Pod>& pod, bool isMember);
  void sweep(std::string_view key);

  TextTable<Known> all_;
};

}  // namespace cleat::scheduling
