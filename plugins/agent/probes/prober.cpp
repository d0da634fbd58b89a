#include "probes/prober.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "probes/probe_run.h"

namespace cleat::agent {
namespace {

constexpr int kDefaultPeriodSeconds = 10;

std::string_view nameOf(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup: return "Startup";
    case ProbeKind::liveness: return "Liveness";
    case ProbeKind::readiness: break;
  }
  return "Readiness";
}

bool isSetUp(const PodContainer& container, ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup: return container.spec.hasStartupProbe();
    case ProbeKind::liveness: return container.spec.hasLivenessProbe();
    case ProbeKind::readiness: break;
  }
  return container.spec.hasReadinessProbe();
}

core_v1::Probe::Reader probeOf(const PodContainer& container, ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup: return container.spec.getStartupProbe();
    case ProbeKind::liveness: return container.spec.getLivenessProbe();
    case ProbeKind::readiness: break;
  }
  return container.spec.getReadinessProbe();
}

}  // namespace

void Prober::update(const Object<core_v1::Pod>& pod, const RuntimePod& runtime,
                    const std::vector<std::string>& podIps) {
  std::map<Key, bool> due;
  std::string podIp = podIps.empty() ? std::string() : podIps.front();
  for (const auto& container : containersOf(pod->getSpec())) {
    const RuntimeContainer* newest = runtime.newest(container.name());
    if (newest == nullptr || !newest->running()) continue;
    auto progress = progress_.find(newest->id);
    if (progress == progress_.end() || progress->second.hookPending) continue;
    bool ends = ending_.contains(newest->id) || !progress->second.condemned.empty();
    for (ProbeKind kind : {ProbeKind::startup, ProbeKind::liveness, ProbeKind::readiness}) {
      bool itsTurn = progress->second.startupPending == (kind == ProbeKind::startup);
      if (!itsTurn || !isSetUp(container, kind) || (ends && kind != ProbeKind::readiness)) continue;
      due[{newest->id, kind}] = true;
      if (!watches_.contains({newest->id, kind})) begin(pod, container, *newest, podIp, kind);
    }
  }
  stopUnless([&](const Key& key) { return due.contains(key); });
  std::erase_if(ending_, [&](const std::string& id) { return runtime.byId(id) == nullptr; });
}

void Prober::keepReadiness(const RuntimePod& runtime) {
  stopUnless([&](const Key& key) {
    const RuntimeContainer* container = runtime.byId(key.first);
    return key.second == ProbeKind::readiness && container != nullptr && container->running();
  });
}

void Prober::stopUnless(const std::function<bool(const Key&)>& goesOn) {
  std::erase_if(watches_, [&](auto& item) {
    if (goesOn(item.first)) return false;
    item.second->stopped = true;
    return true;
  });
}

void Prober::begin(const Object<core_v1::Pod>& pod, const PodContainer& container, const RuntimeContainer& running,
                   const std::string& podIp, ProbeKind kind) {
  auto watch = std::make_shared<Watch>(pod, container, kind, probeOf(container, kind));
  watch->containerId = running.id;
  watch->podIp = podIp;
  watch->startedAt = running.startedAt;
  watches_[{running.id, kind}] = watch;
  spawn(run(std::move(watch)));
}

void Prober::ends(const std::string& containerId) {
  ending_.insert(containerId);
  stopUnless([&](const Key& key) { return key.first != containerId || key.second == ProbeKind::readiness; });
}

void Prober::stopAll() {
  for (auto& [key, watch] : watches_) watch->stopped = true;
  watches_.clear();
}

// After `stopped` nothing of the Prober may be touched: it may be gone.
Task<void> Prober::run(std::shared_ptr<Watch> watch) {
  NodeServices& node = node_;
  Duration delay =
      watch->startedAt + std::chrono::seconds(watch->probe.getInitialDelaySeconds()) - node.context.wallNow();
  if (delay > Duration::zero()) co_await node.context.sleep(delay);
  int period = watch->probe.getPeriodSeconds();
  while (!watch->stopped) {
    Instant began = node.context.now();
    ProbeOutcome outcome = co_await runProbe(node, watch->spec.spec, watch->probe, watch->containerId, watch->podIp);
    if (watch->stopped) co_return;
    const auto result = outcome.result;
    if (result == ProbeOutcome::Result::warning) {
      auto about = referenceTo(watch->pod, concat("spec.containers{", watch->spec.name(), "}"));
      node.events.record(about, "Warning", "ProbeWarning",
                         concat(nameOf(watch->kind), " probe warning: ", outcome.output));
    }
    if (result == ProbeOutcome::Result::error) {
      auto about = referenceTo(watch->pod, concat("spec.containers{", watch->spec.name(), "}"));
      node.events.record(about, "Warning", "Unhealthy",
                         concat(nameOf(watch->kind), " probe errored: ", outcome.output));
    } else {
      judge(*watch, result != ProbeOutcome::Result::failure, outcome.output);
    }
    Duration next = began + std::chrono::seconds(period < 1 ? kDefaultPeriodSeconds : period) - node.context.now();
    if (next > Duration::zero()) co_await node.context.sleep(next);
  }
}

void Prober::judge(Watch& watch, bool success, const std::string& output) {
  if (!success) {
    auto about = referenceTo(watch.pod, concat("spec.containers{", watch.spec.name(), "}"));
    node_.events.record(about, "Warning", "Unhealthy", concat(nameOf(watch.kind), " probe failed: ", output));
  }
  ProbeJudge::Verdict verdict = watch.judge.count(success);
  auto progress = progress_.find(watch.containerId);
  if (verdict == ProbeJudge::Verdict::undecided || progress == progress_.end()) return;
  bool passed = verdict == ProbeJudge::Verdict::passed;
  ContainerProgress& container = progress->second;
  switch (watch.kind) {
    case ProbeKind::readiness:
      if (container.unready == !passed) return;
      container.unready = !passed;
      break;
    case ProbeKind::startup:
      if (passed) {
        container.startupPending = false;
      } else {
        container.condemned = "failed startup probe";
      }
      watch.stopped = true;
      break;
    case ProbeKind::liveness:
      if (passed) return;
      container.condemned = "failed liveness probe";
      watch.stopped = true;
      break;
  }
  changed_();
}

}  // namespace cleat::agent
