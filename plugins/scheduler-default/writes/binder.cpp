#include "writes/binder.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

constexpr Duration kFirstWait = std::chrono::seconds(1);
constexpr Duration kMostWait = std::chrono::seconds(30);

}  // namespace

void Binder::bind(const Object<Pod>& pod, const std::string& node) {
  ++inFlight_;
  spawn(run(pod, node));
}

Task<void> Binder::run(Object<Pod> pod, std::string node) {
  Draft<core_v1::Binding> binding;
  binding.meta().setName(str(pod.name()));
  binding.meta().setNamespace(str(pod.ns()));
  binding.meta().setUid(str(pod.uid()));
  auto target = binding->initTarget();
  target.setKind("Node");
  target.setName(node);
  auto bound = co_await client_.createSubresource<Pod>(pod.ns(), pod.name(), "binding", std::move(binding));
  if (bound) {
    --inFlight_;
    announcements_.bound(pod, node);
    outcomes_.bound(pod);
    co_return;
  }
  const Status why = bound.error();
  co_await settle(pod, std::move(node), why);
}

Task<Result<Object<Pod>>> Binder::look(Object<Pod> pod) {
  Duration wait = kFirstWait;
  while (true) {
    auto live = co_await client_.get<Pod>(pod.ns(), pod.name());
    if (live || live.error().is(404)) co_return live;
    context_.log.warn("whether pod ", pod.key(), " is bound is not known: ", live.error().message);
    co_await context_.sleep(wait);
    wait = std::min(2 * wait, kMostWait);
  }
}

Task<void> Binder::settle(Object<Pod> pod, std::string node, Status why) {
  auto live = co_await look(pod);
  --inFlight_;
  if (!live || live->uid() != pod.uid()) {
    outcomes_.gone(pod);
    co_return;
  }
  const std::string on = str((*live)->getSpec().getNodeName());
  if (on == node) {
    announcements_.bound(pod, node);
    outcomes_.bound(pod);
  } else if (!on.empty()) {
    outcomes_.boundElsewhere(*live);
  } else {
    events_.warning(pod, "FailedScheduling", "Scheduling", concat("binding rejected: ", why.message));
    outcomes_.failed(*live);
  }
}

}  // namespace cleat::scheduling
