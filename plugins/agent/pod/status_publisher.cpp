#include "pod/status_publisher.h"

#include <cleat/sdk/meta.h>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kReplacingTime = 1s;

}  // namespace

void StatusPublisher::publish() {
  const Object<core_v1::Pod>& pod = pod_.pod();
  if (pod_.removed || !pod || isMirror(*pod)) return;
  auto seen = pod_.runtime();
  StatusFacts facts{.runtime = *seen,
                    .progress = pod_.progress,
                    .waiting = starter_.waiting(),
                    .lastMessages = observer_.lastMessages()};
  auto before = pod_.status.last();
  facts.runtimeName = pod_.node.runtimeName;
  facts.podIps = pod_.ips;
  if (pod_.ended) {  // the addresses that it had
    for (auto address : before.getPodIPs()) facts.podIps.push_back(str(address.getIp()));
  }
  facts.hostIps = pod_.node.identity.addresses();
  facts.ended = pod_.ended;
  facts.failure = pod_.failure;
  facts.rejected = pod_.rejected;
  facts.now = pod_.node.context.wallNow();
  facts.resize = &resizer_.state();
  facts.recursiveReadOnly = pod_.node.abilities.recursiveReadOnly;
  for (const PodContainer& container : containersOf(pod->getSpec())) {
    auto devices = devices_.healthOf(pod, container);
    if (!devices.empty()) facts.devices.emplace(container.name(), std::move(devices));
  }
  Draft<core_v1::Pod> draft(pod);
  const Object<core_v1::Pod> granted = resizer_.grantedNewest();
  buildStatus(*granted, before, facts, draft->initStatus());
  if (sameStatus(draft.reader().getStatus(), before) && !pod_.status.overwritten()) return;
  pod_.status.write(std::move(draft));
}

void StatusPublisher::publishUnlessReplacing() {
  if (!isReplacing()) publish();
}

bool StatusPublisher::isReplacing() {
  auto seen = pod_.runtime();
  std::erase_if(replaced_, [&](const auto& item) { return seen->byId(item.first) == nullptr; });
  for (auto& [id, since] : replaced_) {
    const RuntimeContainer* container = seen->byId(id);
    bool gap = container->exited() && seen->newest(container->name) == container &&
               !starter_.waiting().contains(container->name);
    if (!gap) continue;
    Instant now = pod_.node.context.now();
    if (since == Instant{}) since = now;
    Duration left = since + kReplacingTime - now;
    if (left <= Duration::zero()) continue;
    pod_.loop.wakeAfter(left);
    return true;
  }
  return false;
}

}  // namespace cleat::agent
