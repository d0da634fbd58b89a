#include "evictions.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>
#include <chrono>

namespace cleat::device_taint_eviction {

namespace {

using Result = resource_v1::DeviceRequestAllocationResult::Reader;
using Taint = resource_v1::DeviceTaint::Reader;

// A hundred years: beyond that the clock's own range is near, and nobody waits to see the difference.
constexpr int64_t kMostSeconds = int64_t{100} * 365 * 86400;

auto resultsOf(const Object<ResourceClaim>& claim) {
  return claim->getStatus().getAllocation().getDevices().getResults();
}

// When the taint ends the use of the device; nothing: never.
std::optional<WallTime> endOf(Taint taint, devices::TolerationsReader tolerations, WallTime now) {
  const WallTime since = parseTime(taint.getTimeAdded()).value_or(now);
  std::optional<int64_t> shortest;
  bool tolerated = false;
  for (auto toleration : tolerations) {
    if (!devices::tolerates(toleration, taint)) continue;
    tolerated = true;
    if (!toleration.hasTolerationSeconds()) continue;
    const int64_t seconds = std::clamp<int64_t>(toleration.getTolerationSeconds().getValue(), 0, kMostSeconds);
    shortest = std::min(shortest.value_or(seconds), seconds);
  }
  if (!tolerated) return since;
  if (!shortest) return std::nullopt;
  return since + std::chrono::seconds(*shortest);
}

// The device as it is published now; nothing where it is not.
std::optional<resource_v1::Device::Reader> published(Result result, const Known& known) {
  const std::string pool = concat(result.getDriver(), "/", result.getPool());
  std::optional<resource_v1::Device::Reader> found;
  int64_t generation = -1;
  for (const auto& slice : known.slices.byIndex(kByPool, pool)) {
    auto spec = slice->getSpec();
    if (spec.getPool().getGeneration() < generation) continue;
    if (spec.getPool().getGeneration() > generation) found.reset();
    generation = spec.getPool().getGeneration();
    for (auto device : spec.getDevices()) {
      if (view(device.getName()) == view(result.getDevice())) found = device;
    }
  }
  return found;
}

bool selects(const Object<DeviceTaintRule>& rule, Result result) {
  return devices::selects(rule->getSpec(), view(result.getDriver()), view(result.getPool()), view(result.getDevice()));
}

}  // namespace

std::vector<std::string> poolsOf(const Object<ResourceClaim>& claim) {
  std::set<std::string> pools;
  for (auto result : resultsOf(claim)) pools.insert(concat(result.getDriver(), "/", result.getPool()));
  return {pools.begin(), pools.end()};
}

bool isRunning(const Object<Pod>& pod) {
  return pod->getSpec().getNodeName().size() > 0 && !deletionPending(pod.meta()) && !isTerminal(pod);
}

std::optional<Due> dueOf(const Object<Pod>& pod, const Known& known, WallTime now,
                         const Object<DeviceTaintRule>& whatIf) {
  std::optional<Due> due;
  auto consider = [&](Taint taint, Result result, std::string_view rule) {
    const auto end = endOf(taint, result.getTolerations(), now);
    if (end && (!due || *end < due->at)) due = Due{*end, std::string(rule)};
  };
  for (const std::string& key : devices::claimKeysOf(pod)) {
    const Object<ResourceClaim> claim = known.claims.get(key);
    if (!claim || !devices::isReservedFor(claim->getStatus(), pod.uid())) continue;
    for (auto result : resultsOf(claim)) {
      if (whatIf) {
        if (selects(whatIf, result)) consider(whatIf->getSpec().getTaint(), result, whatIf.name());
        continue;
      }
      if (auto device = published(result, known)) {
        for (auto taint : device->getTaints()) {
          if (view(taint.getEffect()) == "NoExecute") consider(taint, result, {});
        }
      }
      known.rules.forEach([&](const Object<DeviceTaintRule>& rule) {
        auto taint = rule->getSpec().getTaint();
        if (view(taint.getEffect()) == "NoExecute" && selects(rule, result)) consider(taint, result, rule.name());
      });
    }
  }
  return due;
}

Outlook outlookOf(const Object<DeviceTaintRule>& rule, const std::vector<Object<Pod>>& pods, const Known& known,
                  WallTime now) {
  Outlook outlook;
  std::set<std::string> namespaces;
  for (const auto& pod : pods) {
    if (!isRunning(pod) || !dueOf(pod, known, now, rule)) continue;
    ++outlook.pods;
    namespaces.insert(str(pod.ns()));
  }
  outlook.namespaces = namespaces.size();
  known.slices.forEach([&](const Object<ResourceSlice>& slice) {
    auto spec = slice->getSpec();
    for (auto device : spec.getDevices()) {
      outlook.published += devices::selects(rule->getSpec(), view(spec.getDriver()), view(spec.getPool().getName()),
                                            view(device.getName()));
    }
  });
  known.claims.forEach([&](const Object<ResourceClaim>& claim) {
    for (auto result : resultsOf(claim)) outlook.allocated += selects(rule, result);
  });
  return outlook;
}

namespace {

std::string counted(size_t number, std::string_view what) { return concat(number, " ", what, number == 1 ? "" : "s"); }

std::string inNamespaces(size_t number) { return concat(number, number == 1 ? " namespace" : " different namespaces"); }

}  // namespace

std::string progressText(const Outlook& outlook, size_t evicted) {
  std::string text;
  if (outlook.pods > 0) {
    text = concat(counted(outlook.pods, "pod"), outlook.pods == 1 ? " needs" : " need", " to be evicted in ",
                  inNamespaces(outlook.namespaces), ".");
    if (evicted == 0) return text;
    text += " ";
  }
  return concat(text, counted(evicted, "pod"), " evicted since starting the controller.");
}

std::string simulationText(const Outlook& outlook) {
  return concat(counted(outlook.published, "published device"), " selected. ",
                counted(outlook.allocated, "allocated device"), " selected. ", counted(outlook.pods, "pod"),
                " would be evicted in ", inNamespaces(outlook.namespaces),
                " if the effect was NoExecute. This information will not be updated again. Recreate the "
                "DeviceTaintRule to trigger an update.");
}

}  // namespace cleat::device_taint_eviction
