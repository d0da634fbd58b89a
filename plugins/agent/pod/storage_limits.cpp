#include "pod/storage_limits.h"

#include <cleat/sdk/quantity.h>
#include <cleat/sdk/text.h>

#include <string_view>

#include "pod/pod_spec.h"

namespace cleat::agent {
namespace {

bool onDisk(core_v1::Volume::Reader volume) {
  return volume.hasEmptyDir() && view(volume.getEmptyDir().getMedium()) != "Memory";
}

// The container's limit as it is written; empty: none.
std::string_view limitOf(core_v1::Container::Reader container) {
  for (auto entry : container.getResources().getLimits()) {
    if (view(entry.getKey()) == "ephemeral-storage") return view(entry.getValue());
  }
  return {};
}

uint64_t bytes(std::string_view quantity) {
  auto parsed = Quantity::parse(quantity);
  return parsed && parsed->value() > 0 ? static_cast<uint64_t>(parsed->value()) : 0;
}

uint64_t usedBy(const std::map<std::string, uint64_t, std::less<>>& use, std::string_view name) {
  auto found = use.find(name);
  return found == use.end() ? 0 : found->second;
}

}  // namespace

bool limitsStorage(core_v1::PodSpec::Reader spec) {
  for (auto volume : spec.getVolumes()) {
    if (onDisk(volume) && bytes(view(volume.getEmptyDir().getSizeLimit())) > 0) return true;
  }
  for (const PodContainer& container : containersOf(spec)) {
    if (bytes(limitOf(container.spec)) > 0) return true;
  }
  return false;
}

std::optional<std::string> storageExceeded(core_v1::PodSpec::Reader spec, const StorageUse& use) {
  uint64_t all = 0, limits = 0;
  for (auto volume : spec.getVolumes()) {
    if (!onDisk(volume)) continue;
    const uint64_t used = usedBy(use.emptyDirs, view(volume.getName()));
    const std::string_view limit = view(volume.getEmptyDir().getSizeLimit());
    all += used;
    if (bytes(limit) > 0 && used > bytes(limit)) {
      return concat("Usage of EmptyDir volume \"", volume.getName(), "\" exceeds the limit \"", limit, "\". ");
    }
  }
  for (const PodContainer& container : containersOf(spec)) {
    all += usedBy(use.containers, container.name());
    const uint64_t limit = bytes(limitOf(container.spec));
    if (limit > 0) limits += limit;
  }
  if (limits > 0 && all > limits) {
    return concat("Pod ephemeral local storage usage exceeds the total limit of containers ", limits, ". ");
  }
  for (const PodContainer& container : containersOf(spec)) {
    const std::string_view limit = limitOf(container.spec);
    if (bytes(limit) == 0 || usedBy(use.containers, container.name()) <= bytes(limit)) continue;
    return concat("Container ", container.name(), " exceeded its local ephemeral storage limit \"", limit, "\". ");
  }
  return std::nullopt;
}

}  // namespace cleat::agent
