// What groups are told: the condition PodGroupInitiallyScheduled. Once it is true it stays so. The same is said once,
// and of what changes meanwhile the last.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/kinds/scheduling_v1beta1.h>

#include <string>

#include "state/interner.h"
#include "writes/outbox.h"

namespace cleat::scheduling {

using scheduling_v1beta1::PodGroup;

class GroupStatus {
 public:
  explicit GroupStatus(Context& context) : context_(context), client_(context) {}

  void scheduled(const Object<PodGroup>& group) { say(group, true, ""); }
  void unschedulable(const Object<PodGroup>& group, const std::string& message) { say(group, false, message); }
  void forget(std::string_view key) { all_.erase(std::string(key)); }

 private:
  struct Told {
    bool isScheduled = false, writing = false, isNews = false;
    std::string message;
  };
  void say(const Object<PodGroup>& group, bool isScheduled, const std::string& message);
  Task<void> write(std::string key);
  Task<Result<void>> put(std::string key, bool isScheduled, std::string message);

  Context& context_;
  Client client_;
  Outbox outbox_{16};
  TextTable<Told> all_;  // by "namespace/name"
};

}  // namespace cleat::scheduling
