#include "driver_audiences.h"

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <set>

namespace cleat::node_restriction {
namespace {

// What is not there asks for nothing.
template <class K>
Task<Result<Object<K>>> find(Client client, std::string ns, std::string name) {
  auto found = co_await client.get<K>(ns, name);
  if (!found && found.error().is(404)) co_return Object<K>();
  co_return found;
}

Task<Result<std::string>> driverOf(Client client, std::string ns, std::string claimName) {
  CLEAT_CO_TRY(auto claim, co_await find<core_v1::PersistentVolumeClaim>(client, ns, claimName));
  if (!claim || claim->getSpec().getVolumeName().size() == 0) co_return std::string();
  const std::string name = str(claim->getSpec().getVolumeName());
  CLEAT_CO_TRY(auto volume, co_await find<core_v1::PersistentVolume>(client, "", name));
  co_return volume ? str(volume->getSpec().getCsi().getDriver()) : std::string();
}

}  // namespace

Task<Result<bool>> driverAsksFor(Client client, Object<core_v1::Pod> pod, std::string audience) {
  std::set<std::string> drivers;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (volume.hasCsi()) drivers.insert(str(volume.getCsi().getDriver()));
    std::string claim;
    if (volume.hasPersistentVolumeClaim()) claim = str(volume.getPersistentVolumeClaim().getClaimName());
    if (volume.hasEphemeral()) claim = concat(pod.name(), "-", volume.getName());
    if (claim.empty()) continue;
    CLEAT_CO_TRY(const std::string driver, co_await driverOf(client, std::string(pod.ns()), claim));
    if (!driver.empty()) drivers.insert(driver);
  }
  for (const std::string& name : drivers) {
    CLEAT_CO_TRY(auto driver, co_await find<storage_v1::CSIDriver>(client, "", name));
    if (!driver) continue;
    for (auto request : driver->getSpec().getTokenRequests()) {
      if (view(request.getAudience()) == audience) co_return true;
    }
  }
  co_return false;
}

}  // namespace cleat::node_restriction
