// What CSI drivers say of themselves: CSIDriver, one for each driver; CSINode, one for each node; and
// CSIStorageCapacity, for what is left where.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <map>
#include <set>

#include "kinds-common/deprecated_labels.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/shown_struct.h"
#include "kinds-common/volume_claims.h"
#include "kinds-common/volume_sources.h"
#include "kinds-storage/storage_kinds.h"

namespace cleat::kinds::storage {

namespace {

using storage_v1::CSIDriver;
using storage_v1::CSINode;
using storage_v1::CSIStorageCapacity;

constexpr int64_t kShortestUpdateSeconds = 10, kShortestTokenSeconds = 600, kLongestTokenSeconds = int64_t{1} << 32;
constexpr size_t kNodeIdMaxLength = 256;

// -- CSIDriver --

void setDriverDefaults(CSIDriver::Builder driver, const Change<CSIDriver>& change) {
  if (change.isDelete()) return;
  auto spec = driver.getSpec();
  if (!spec.hasAttachRequired()) spec.initAttachRequired().setValue(true);
  if (!spec.hasPodInfoOnMount()) spec.initPodInfoOnMount().setValue(false);
  if (!spec.hasStorageCapacity()) spec.initStorageCapacity().setValue(false);
  if (!spec.hasFsGroupPolicy()) spec.setFsGroupPolicy("ReadWriteOnceWithFSType");
  if (spec.asReader().getVolumeLifecycleModes().size() == 0) {
    spec.adoptVolumeLifecycleModes(textList(orphanageOf(spec), {std::string_view("Persistent")}));
  }
  if (!spec.hasRequiresRepublish()) spec.initRequiresRepublish().setValue(false);
  if (!spec.hasSeLinuxMount()) spec.initSeLinuxMount().setValue(false);
  if (!spec.hasPreventPodSchedulingIfMissing()) spec.initPreventPodSchedulingIfMissing().setValue(false);
}

void checkTokenRequests(capnp::List<storage_v1::TokenRequest>::Reader requests, const Path& path, Findings& findings) {
  std::set<std::string_view> audiences;
  for (uint32_t i = 0; i < requests.size(); ++i) {
    if (!audiences.insert(view(requests[i].getAudience())).second) {
      findings.duplicate(path[i] / "audience", requests[i].getAudience());
      continue;
    }
    if (!isSet(requests[i].getExpirationSeconds())) continue;
    const int64_t seconds = requests[i].getExpirationSeconds().getValue();
    const Path at = path[i] / "expirationSeconds";
    if (seconds < kShortestTokenSeconds) {
      findings.invalid(at, seconds, "may not specify a duration less than 10 minutes");
    }
    if (seconds > kLongestTokenSeconds) {
      findings.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds");
    }
  }
}

void checkDriverSpec(storage_v1::CSIDriverSpec::Reader spec, const Path& path, Findings& findings) {
  checkOneOf(view(spec.getFsGroupPolicy()), path / "fsGroupPolicy", {"File", "None", "ReadWriteOnceWithFSType"},
             findings);
  checkTokenRequests(spec.getTokenRequests(), path / "tokenRequests", findings);
  for (auto mode : spec.getVolumeLifecycleModes()) {
    checkOneOf(view(mode), path / "volumeLifecycleModes", {"Persistent", "Ephemeral"}, findings);
  }
  auto period = spec.getNodeAllocatableUpdatePeriodSeconds();
  if (isSet(period) && period.getValue() < kShortestUpdateSeconds) {
    findings.invalid(path / "nodeAllocatableUpdatePeriodSeconds", period.getValue(),
                     "must be greater than or equal to 10 seconds");
  }
  if (isSet(spec.getServiceAccountTokenInSecrets()) && spec.getTokenRequests().size() == 0) {
    findings.invalid(path / "serviceAccountTokenInSecrets", spec.getServiceAccountTokenInSecrets().getValue(),
                     "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
  }
}

void checkDriverKept(storage_v1::CSIDriverSpec::Reader old, storage_v1::CSIDriverSpec::Reader now, const Path& path,
                     Findings& findings) {
  if (valueOr(old.getAttachRequired(), true) != valueOr(now.getAttachRequired(), true)) {
    findings.invalid(path / "attachedRequired", now.getAttachRequired().getValue(), kImmutable);
  }
  const auto modes = strings(now.getVolumeLifecycleModes());
  if (strings(old.getVolumeLifecycleModes()) != modes) {
    findings.invalid(path / "volumeLifecycleModes", Shown::list(modes), kImmutable);
  }
}

void validateDriver(const Change<CSIDriver>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  checkDriverSpec(spec, path, findings);
  if (change.old) checkDriverKept(change.old->getSpec(), spec, path, findings);
  const bool newTokens = !change.old || !sameStruct(change.old->getSpec().getTokenRequests(), spec.getTokenRequests());
  if (newTokens && spec.getTokenRequests().size() > 0 && !isSet(spec.getServiceAccountTokenInSecrets())) {
    findings.warn(
        "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent "
        "possible logging of tokens in volume attributes");
  }
}

void printDriver(CSIDriver::Reader driver, Cells& cells) {
  auto spec = driver.getSpec();
  std::vector<std::string> audiences;
  for (auto request : spec.getTokenRequests()) audiences.push_back(str(request.getAudience()));
  const std::string modes = joined(strings(spec.getVolumeLifecycleModes()), ",");
  cells.text(driver.getMetadata().getName());
  cells.boolean(valueOr(spec.getAttachRequired(), true));
  cells.boolean(valueOr(spec.getPodInfoOnMount(), false));
  cells.boolean(valueOr(spec.getStorageCapacity(), false));
  cells.text(spec.getTokenRequests().size() == 0 ? std::string("<unset>") : joined(audiences, ","));
  cells.boolean(valueOr(spec.getRequiresRepublish(), false));
  cells.text(modes.empty() ? std::string("<none>") : modes);
  cells.age(driver.getMetadata().getCreationTimestamp());
}

// -- CSINode --

// What storage is healthy is alpha and not taken.
void setNodeDefaults(CSINode::Builder node, const Change<CSINode>& change) {
  if (change.isStatus()) node.disownStatus();
}

void checkNodeDriver(storage_v1::CSINodeDriver::Reader driver, const Path& path, Findings& findings) {
  checkCsiDriverName(view(driver.getName()), path / "name", findings);
  if (driver.getNodeID().size() == 0) findings.required(path / "nodeID");
  if (driver.getNodeID().size() > kNodeIdMaxLength) {
    findings.invalid(path / "nodeID", driver.getNodeID(), concat("must be ", kNodeIdMaxLength, " characters or less"));
  }
  auto count = driver.getAllocatable().getCount();
  if (isSet(count) && count.getValue() < 0) {
    findings.invalid(path / "allocatable" / "count", count.getValue(), kNotNegative);
  }
}

void checkTopologyKeys(capnp::List<capnp::Text>::Reader keys, const Path& path, Findings& findings) {
  std::set<std::string_view> known;
  for (auto key : keys) {
    if (key.size() == 0) findings.required(path);
    if (!known.insert(view(key)).second) findings.duplicate(path, key);
    Wrongs wrongs = wrongQualifiedName(view(key));
    if (!wrongs.empty()) findings.invalidEach(path, key, wrongs);
  }
}

// A driver stays what it is, but for how much it can take.
bool sameDriver(storage_v1::CSINodeDriver::Reader old, storage_v1::CSINodeDriver::Reader now) {
  return view(old.getNodeID()) == view(now.getNodeID()) &&
         strings(old.getTopologyKeys()) == strings(now.getTopologyKeys());
}

void validateNode(const Change<CSINode>& change, Findings& findings) {
  if (change.isStatus()) return;
  const Path path = Path("spec") / "drivers";
  auto drivers = change.object.getSpec().getDrivers();
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < drivers.size(); ++i) {
    checkNodeDriver(drivers[i], path[i], findings);
    if (!names.insert(view(drivers[i].getName())).second) {
      findings.duplicate(path[i] / "name", drivers[i].getName());
    }
    checkTopologyKeys(drivers[i].getTopologyKeys(), path[i], findings);
  }
  if (!change.old) return;
  std::map<std::string_view, storage_v1::CSINodeDriver::Reader> before;
  for (auto driver : change.old->getSpec().getDrivers()) before.emplace(view(driver.getName()), driver);
  for (auto driver : drivers) {
    auto old = before.find(view(driver.getName()));
    if (old != before.end() && !sameDriver(old->second, driver)) {
      findings.invalid(path, shownWhole(driver), kImmutable);
    }
  }
}

void printNode(CSINode::Reader node, Cells& cells) {
  cells.text(node.getMetadata().getName());
  cells.integer(node.getSpec().getDrivers().size());
  cells.age(node.getMetadata().getCreationTimestamp());
}

// -- CSIStorageCapacity --

void validateCapacity(const Change<CSIStorageCapacity>& change, Findings& findings) {
  auto capacity = change.object;
  const Path topology("nodeTopology"), className("storageClassName");
  if (capacity.hasNodeTopology()) checkLabelSelector(capacity.getNodeTopology(), topology, findings);
  checkClassName(view(capacity.getStorageClassName()), className, findings);
  auto amount = Quantity::parseOrZero(capacity.getCapacity());
  if (amount < Quantity()) findings.invalid(Path("capacity"), capacity.getCapacity(), kNotNegative);
  if (change.old) {
    auto old = *change.old;
    const bool kept = old.hasNodeTopology() == capacity.hasNodeTopology() &&
                      sameStruct(old.getNodeTopology(), capacity.getNodeTopology());
    if (!kept) {
      findings.invalid(topology, capacity.hasNodeTopology() ? shownSelector(capacity.getNodeTopology()) : Shown::null(),
                       kImmutable);
    }
    if (view(old.getStorageClassName()) != view(capacity.getStorageClassName())) {
      findings.invalid(className, capacity.getStorageClassName(), kImmutable);
    }
  }
  warnOfDeprecatedLabels(capacity.getNodeTopology(), topology, findings);
}

}  // namespace

void addCsiKinds(KindTable& table) {
  table.add<CSIDriver>(
      {.structFile = kSchemaFile,
       .columns = {nameColumn(),
                   {"AttachRequired", "boolean", "Whether volumes are attached before they are mounted."},
                   {"PodInfoOnMount", "boolean", "Whether the driver is told which pod a mount is for."},
                   {"StorageCapacity", "boolean", "Whether pods wait until there is room."},
                   {"TokenRequests", "string", "For whom the tokens are that the driver is given."},
                   {"RequiresRepublish", "boolean", "Whether mounts are asked for again and again."},
                   {"Modes", "string", "What kinds of volumes the driver makes."},
                   ageColumn()},
       .updateNeedsRevision = true,
       .returnsDeleted = true},
      {setDriverDefaults, validateDriver, printDriver});
  table.add<CSINode>({.structFile = kSchemaFile,
                      .columns = {nameColumn(), {"Drivers", "integer", "How many drivers the node has."}, ageColumn()},
                      .hasStatus = true,
                      .keepsGeneration = true,
                      .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
                      .updateNeedsRevision = true,
                      .returnsDeleted = true},
                     {setNodeDefaults, validateNode, printNode});
  table.addStatus<CSINode>();
  table.add<CSIStorageCapacity>({.structFile = kSchemaFile, .keepsGeneration = true, .updateNeedsRevision = true},
                                {nullptr, validateCapacity});
}

}  // namespace cleat::kinds::storage
