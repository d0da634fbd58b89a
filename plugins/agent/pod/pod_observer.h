// Notes what the runtime shows of a pod that nobody has told: what containers left behind to be read, and those that
// ran before this agent did. Strand only.
#pragma once

#include <map>
#include <string>

#include "pod/pod_on_node.h"

namespace cleat::agent {

class PodObserver {
 public:
  explicit PodObserver(PodOnNode& pod) : pod_(pod) {}

  // Brings the pod's Progress and the last messages to what the runtime was seen to run. Called after each change of
  // that, and before files of containers are removed.
  Task<void> observe();

  // The termination messages of containers that have ended, by their id.
  const std::map<std::string, std::string, std::less<>>& lastMessages() const { return messages_; }

 private:
  ContainerProgress adopted(const RuntimeContainer& container) const;

  PodOnNode& pod_;
  std::map<std::string, std::string, std::less<>> messages_;
};

}  // namespace cleat::agent
