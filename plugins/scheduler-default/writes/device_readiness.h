// Pods whose devices are allocated and not ready yet: each waits until its claims say that they are, that one has
// failed, or for as long as that may take since the claim was allocated. Nothing polls.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/text_table.h>

#include <functional>
#include <string>
#include <vector>

#include "devices/binding_conditions.h"

namespace cleat::scheduling {

using core_v1::Pod;
using resource_v1::ResourceClaim;

class DeviceReadiness {
 public:
  struct Wait {
    Object<Pod> pod;
    std::string node;
    std::vector<std::string> claims;
  };
  struct Hooks {
    std::function<Object<ResourceClaim>(const std::string& key)> claim;
    std::function<void(const Wait&)> ready;
    // `unready`: those of its claims whose devices are of no use to it.
    std::function<void(const Wait&, std::string why, std::vector<std::string> unready)> failed;
  };
  DeviceReadiness(Context& context, Hooks hooks) : context_(context), hooks_(std::move(hooks)) {}

  void setLimit(Duration limit) { limit_ = limit; }
  // Whether there is anything to wait for. Then one of the hooks is called, later.
  bool begin(Wait wait);
  // Something is new about the claim.
  void look(const std::string& claim);
  // The pod has gone.
  void forget(std::string_view podUid);

 private:
  struct Waiting {
    Wait wait;
    Timer timer;
  };
  // Whether the wait is over: its outcome is told then.
  void consider(const std::string& uid);
  // Until when the claim may take, from when it was allocated.
  Duration leftOf(const Object<ResourceClaim>& claim) const;
  Wait take(const std::string& uid);

  Context& context_;
  Hooks hooks_;
  Duration limit_ = std::chrono::minutes(10);
  TextTable<Waiting> waiting_;  // by the pod's uid
};

}  // namespace cleat::scheduling
