#include "node/csi_node_keeper.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <limits>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

using storage_v1::CSINode;
using storage_v1::CSINodeDriver;
using Description = VolumeDrivers::Description;

// Drivers come and go with the pods that they are in.
constexpr Duration kAskDriversAgain = 2s;

std::vector<std::string> topologyKeys(const Description& driver) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : driver.topology) keys.push_back(key);
  return keys;
}

bool isSameOne(CSINodeDriver::Reader before, const Description& driver) {
  return view(before.getNodeID()) == driver.nodeId && strings(before.getTopologyKeys()) == topologyKeys(driver);
}

int64_t countOf(CSINodeDriver::Reader driver) { return driver.getAllocatable().getCount().getValue(); }

bool isSame(capnp::List<CSINodeDriver>::Reader before, const std::vector<Description>& drivers) {
  if (before.size() != drivers.size()) return false;
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (view(before[i].getName()) != drivers[i].name || !isSameOne(before[i], drivers[i])) return false;
    if (countOf(before[i]) != drivers[i].mostVolumes) return false;
  }
  return true;
}

void write(CSINodeDriver::Builder out, const Description& driver) {
  out.setName(driver.name);
  out.setNodeID(driver.nodeId);
  out.adoptTopologyKeys(textList(orphanageOf(out), topologyKeys(driver)));
  if (driver.mostVolumes <= 0) return;
  const int64_t most = std::min<int64_t>(driver.mostVolumes, std::numeric_limits<int32_t>::max());
  out.initAllocatable().initCount().setValue(static_cast<int32_t>(most));
}

}  // namespace

bool setDrivers(storage_v1::CSINodeSpec::Builder spec, const std::vector<Description>& drivers) {
  auto before = spec.asReader().getDrivers();
  std::vector<Description> next;
  for (const Description& driver : drivers) {
    bool isOther = false;
    for (auto known : before) isOther |= view(known.getName()) == driver.name && !isSameOne(known, driver);
    if (!isOther) next.push_back(driver);
  }
  if (isSame(before, next)) return false;
  auto list = spec.initDrivers(static_cast<uint32_t>(next.size()));
  for (uint32_t i = 0; i < list.size(); ++i) write(list[i], next[i]);
  return true;
}

Task<void> CsiNodeKeeper::keep() {
  std::optional<Descriptions> written;
  std::string told;
  while (true) {
    auto asking = drivers_.describeAll();
    auto drivers = co_await std::move(asking);
    // Where nobody has ever had a driver there is nothing to say, and a plugin that does not answer has its drivers
    // still.
    if (drivers && (written ? *written != *drivers : !drivers->empty())) {
      auto writing = write(*drivers);
      Result<void> done = co_await std::move(writing);
      if (done) written = *drivers;
      if (!done && told != done.error().message) {
        told = done.error().message;
        context_.log.warn("cannot write the CSINode of this node: ", told);
      }
    }
    co_await context_.sleep(kAskDriversAgain);
  }
}

Task<Result<void>> CsiNodeKeeper::write(Descriptions drivers) {
  auto labelling = writeLabels(drivers);
  CLEAT_CO_TRY(co_await std::move(labelling));
  const std::string name = context_.config().nodeName();
  for (int step = 0; step < 3; ++step) {
    auto found = co_await client_.get<CSINode>("", name);
    if (!found && !found.error().is(404)) co_return fail(found.error());
    Draft<CSINode> draft;
    if (found) draft = Draft<CSINode>(*found);
    auto spec = draft->hasSpec() ? draft->getSpec() : draft->initSpec();
    if (!setDrivers(spec, drivers) && found) co_return Result<void>();
    Result<Object<CSINode>> done;
    if (found) {
      done = co_await client_.update(std::move(draft));
    } else {
      const Object<core_v1::Node> node = self_.known();
      if (!node) co_return fail(Status::unavailable("the node is not known yet"));
      auto meta = draft->initMetadata();
      meta.setName(name);
      auto owner = meta.initOwnerReferences(1)[0];
      owner.setApiVersion("v1");
      owner.setKind("Node");
      owner.setName(name);
      owner.setUid(str(node.uid()));
      done = co_await client_.create(std::move(draft));
    }
    if (!done) co_return fail(done.error());
  }
  co_return Result<void>();
}

Task<Result<void>> CsiNodeKeeper::writeLabels(Descriptions drivers) {
  auto node = co_await self_.ask();
  if (!node) co_return fail(node.error());
  Draft<core_v1::Node> draft(*node);
  bool changed = false;
  for (const Description& driver : drivers) {
    for (const auto& [key, value] : driver.topology) changed |= setLabel(draft.meta(), key, value);
  }
  if (!changed) co_return Result<void>();
  auto updated = co_await client_.update(std::move(draft));
  if (!updated) co_return fail(updated.error());
  co_return Result<void>();
}

}  // namespace cleat::agent
