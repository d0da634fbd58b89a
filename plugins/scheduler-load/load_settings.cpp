#include "load_settings.h"

#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/try.h>

#include <algorithm>

namespace cleat::load {
namespace {

std::unexpected<Status> wrong(std::string_view setting, std::string_view why) {
  return fail(Status::badRequest(concat(setting, ": ", why)));
}

Result<double> percentIn(const Config& config, std::string_view key, int64_t least, int64_t most,
                         std::string_view none = "") {
  const int64_t said = config.integer(key);
  if (said >= least && said <= most) return static_cast<double>(said);
  return wrong(key,
               concat("must be from ", std::max<int64_t>(1, least), " to ", most, " percent", none, ", and is ", said));
}

Result<Quantity> quantityIn(const Config& config, std::string_view key, std::string_view example) {
  const std::string said = config.string(key);
  const auto quantity = Quantity::parse(said);
  if (quantity && !(*quantity < Quantity())) return *quantity;
  return wrong(key, concat(inQuotes(said), " is no amount, such as ", example));
}

Result<std::array<bool, kResources>> resourcesIn(const Config& config) {
  std::array<bool, kResources> counts{};
  for (const std::string& name : config.list("resources")) {
    const auto found = std::ranges::find(kResourceNames, name);
    if (found == kResourceNames.end()) {
      return wrong("resources", concat(inQuotes(name), " is neither cpu nor memory, which alone are measured"));
    }
    counts[static_cast<size_t>(found - kResourceNames.begin())] = true;
  }
  if (!counts[kCpu] && !counts[kMemory]) return wrong("resources", "name cpu, memory, or both");
  return counts;
}

}  // namespace

Amounts LoadSettings::askedBy(core_v1::PodSpec::Reader pod) const {
  const ResourceAmounts request = requestOf(pod);
  Amounts asked{static_cast<double>(request.milliCpu), static_cast<double>(request.memory)};
  for (size_t resource = 0; resource < kResources; ++resource) {
    if (asked[resource] <= 0) asked[resource] = byDefault[resource];
  }
  return asked;
}

Result<LoadSettings> readSettings(const Config& config) {
  LoadSettings settings;
  const std::string strategy = config.string("strategy");
  if (strategy != "least-used" && strategy != "target") {
    return wrong("strategy", concat(inQuotes(strategy), " is neither least-used nor target"));
  }
  settings.hasTarget = strategy == "target";
  CLEAT_TRY(settings.target, percentIn(config, "target_utilization", 1, 99));
  CLEAT_TRY(settings.limit, percentIn(config, "limit_utilization", 0, 100, " or 0, for none"));
  CLEAT_TRY(settings.counts, resourcesIn(config));
  CLEAT_TRY(const Quantity cpu, quantityIn(config, "default_cpu", "100m"));
  CLEAT_TRY(const Quantity memory, quantityIn(config, "default_memory", "200Mi"));
  settings.byDefault = {static_cast<double>(cpu.milliValue()), static_cast<double>(memory.value())};
  settings.resolution = config.duration("resolution");
  settings.staleAfter = config.duration("stale_after");
  settings.warmUp = config.duration("warm_up");
  if (settings.resolution < std::chrono::seconds(1)) return wrong("resolution", "a second is the least");
  if (settings.staleAfter <= settings.resolution) {
    return wrong("stale_after", "must be longer than resolution, or no measurement would be fresh");
  }
  if (settings.warmUp < Duration::zero()) return wrong("warm_up", "must not be negative");
  return settings;
}

}  // namespace cleat::load
