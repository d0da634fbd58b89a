#include "volumes/expansion.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include "volumes/claim_volumes.h"

namespace cleat::agent {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;

int64_t storageIn(capnp::List<meta_v1::TextEntry>::Reader amounts) {
  for (auto amount : amounts) {
    if (view(amount.getKey()) == "storage") return Quantity::parseOrZero(amount.getValue()).value();
  }
  return 0;
}

// The claim has as much as the volume, and nothing of it is under way any more.
Draft<PersistentVolumeClaim> resized(const Object<PersistentVolumeClaim>& claim,
                                     const Object<PersistentVolume>& volume) {
  Draft<PersistentVolumeClaim> draft(claim);
  auto status = draft->getStatus();
  status.setCapacity(volume->getSpec().getCapacity());
  std::vector<core_v1::PersistentVolumeClaimCondition::Reader> others;
  for (auto condition : claim->getStatus().getConditions()) {
    const std::string_view type = view(condition.getType());
    if (type != "FileSystemResizePending" && type != "Resizing") others.push_back(condition);
  }
  status.adoptConditions(listOf<core_v1::PersistentVolumeClaimCondition>(orphanageOf(status), others));
  status.disownAllocatedResourceStatuses();
  return draft;
}

std::optional<std::string> claimOf(const Object<core_v1::Pod>& pod, std::string_view name) {
  for (auto volume : pod->getSpec().getVolumes()) {
    if (view(volume.getName()) == name) return claimNameOf(*pod, volume);
  }
  return std::nullopt;
}

}  // namespace

Task<void> expandIfLarger(DriverServices& node, Object<core_v1::Pod> pod, std::string name, DriverVolume volume,
                          std::string path) {
  const auto claimName = claimOf(pod, name);
  if (!claimName || claimName->empty()) co_return;
  auto claim = co_await node.client.get<PersistentVolumeClaim>(pod.ns(), *claimName);
  if (!claim) co_return;
  auto found = co_await node.client.get<PersistentVolume>("", volume.volume);
  if (!found) co_return;
  const int64_t size = storageIn((*found)->getSpec().getCapacity());
  if (size <= storageIn((*claim)->getStatus().getCapacity())) co_return;
  volume.capacityBytes = static_cast<uint64_t>(size);
  SecretTexts secrets;
  if (!volume.expandSecret.name.empty()) {
    auto secret = co_await node.client.get<core_v1::Secret>(volume.expandSecret.ns, volume.expandSecret.name);
    if (!secret) co_return;
    for (auto entry : (*secret)->getData()) secrets[str(entry.getKey())] = std::string(view(entry.getValue()));
  }
  auto expanding = node.drivers.expand(volume, path, secrets);
  Result<bool> expanded = co_await std::move(expanding);
  // Where the driver has no part in it, whoever made the volume larger says so of the claim, too.
  if (expanded && !*expanded) co_return;
  if (!expanded) {
    node.events.warning(pod, "VolumeResizeFailed",
                        concat("NodeExpandVolume.NodeExpandVolume failed for volume ", inQuotes(volume.volume), " : ",
                               expanded.error().message));
    co_return;
  }
  auto written = co_await node.client.updateStatus<PersistentVolumeClaim>(resized(*claim, *found));
  if (!written) {
    node.context.log.info("cannot say that claim ", claim->key(), " is larger: ", written.error());
    co_return;
  }
  constexpr const char* kReason = "FileSystemResizeSuccessful";
  const std::string said = concat("MountVolume.NodeExpandVolume succeeded for volume ", inQuotes(volume.volume));
  node.events.normal(pod, kReason, said);
  node.events.normal(*written, kReason, said);
}

}  // namespace cleat::agent
