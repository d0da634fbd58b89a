// ResourceClaims and the templates that they are made from.
#include "kinds-common/metadata.h"
#include "kinds-resource/claim_rules.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

using Claim = v1::ResourceClaim;
using Template = v1::ResourceClaimTemplate;

template <class Request>
void setRequestDefaults(Request request) {
  if (request.getAllocationMode().size() == 0) request.setAllocationMode("ExactCount");
  if (view(request.getAllocationMode().asReader()) == "ExactCount" && request.getCount() == 0) request.setCount(1);
  setTolerationDefaults(request.getTolerations());
  request.disownDerivedAttributes();
}

// What is said of a device goes when the device is given back.
void dropGivenBack(v1::ResourceClaimStatus::Builder status, v1::ResourceClaimStatus::Reader before) {
  const std::set<std::string> had = allocatedDevices(before), has = allocatedDevices(status.asReader());
  std::vector<v1::AllocatedDeviceStatus::Reader> kept;
  for (auto device : status.asReader().getDevices()) {
    const std::string id = deviceIdOf(device);
    if (!had.contains(id) || has.contains(id)) kept.push_back(device);
  }
  if (kept.size() == status.getDevices().size()) return;
  auto list = listOf<v1::AllocatedDeviceStatus>(orphanageOf(status), kept);
  if (kept.empty()) {
    status.disownDevices();
  } else {
    status.adoptDevices(std::move(list));
  }
}

void setDefaults(Claim::Builder claim, const Change<Claim>& change) {
  if (change.isDelete()) return;
  setClaimDefaults(claim.getSpec());
  if (!claim.asReader().getStatus().hasAllocation()) {
    if (change.isStatus()) dropGivenBack(claim.getStatus(), change.old->getStatus());
    return;
  }
  for (auto result : claim.getStatus().getAllocation().getDevices().getResults()) {
    setTolerationDefaults(result.getTolerations());
    result.disownSkipNodeOperations();
  }
  if (change.isStatus()) dropGivenBack(claim.getStatus(), change.old->getStatus());
}

void setTemplateDefaults(Template::Builder claim, const Change<Template>& change) {
  if (!change.isDelete()) setClaimDefaults(claim.getSpec().getSpec());
}

void validate(const Change<Claim>& change, Findings& findings) {
  if (change.isStatus()) return checkClaimStatus(change, findings);
  if (change.isCreate()) return checkClaim(change.object.getSpec(), Path("spec"), findings);
  if (!sameStruct(change.object.getSpec(), change.old->getSpec())) {
    findings.invalid(Path("spec"), Shown::null(), kImmutable);
  }
}

// Of a template's metadata only labels and annotations mean something.
void checkTemplateMetadata(meta_v1::ObjectMeta::Reader meta, const Path& path, Findings& findings) {
  checkAnnotations(meta.getAnnotations(), path / "annotations", findings);
  checkLabels(meta.getLabels(), path / "labels", findings);
  const std::pair<bool, const char*> others[] = {
      {meta.getName().size() > 0, "name"},
      {meta.getGenerateName().size() > 0, "generateName"},
      {meta.getNamespace().size() > 0, "namespace"},
      {meta.getSelfLink().size() > 0, "selfLink"},
      {meta.getUid().size() > 0, "uid"},
      {meta.getResourceVersion() != 0, "resourceVersion"},
      {meta.getGeneration() != 0, "generation"},
      {meta.getCreationTimestamp().size() > 0, "creationTimestamp"},
      {meta.getDeletionTimestamp().size() > 0, "deletionTimestamp"},
      {meta.hasDeletionGracePeriodSeconds(), "deletionGracePeriodSeconds"},
      {meta.getOwnerReferences().size() > 0, "ownerReferences"},
      {meta.getFinalizers().size() > 0, "finalizers"},
      {meta.getManagedFields().size() > 0, "managedFields"},
  };
  for (auto [set, field] : others) {
    if (set) findings.forbidden(path / field, "cannot be set");
  }
}

void validateTemplate(const Change<Template>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  checkTemplateMetadata(spec.getMetadata(), path / "metadata", findings);
  checkClaim(spec.getSpec(), path / "spec", findings);
  if (change.old && !sameStruct(spec, change.old->getSpec())) {
    findings.invalid(path, shownWhole(spec), kImmutable);
  }
}

// "pending", "allocated,reserved", "deleted,allocated".
std::string stateOf(Claim::Reader claim) {
  std::vector<std::string> states;
  const bool deleted = deletionPending(claim.getMetadata());
  if (deleted) states.emplace_back("deleted");
  if (claim.getStatus().hasAllocation()) {
    states.emplace_back("allocated");
    if (claim.getStatus().getReservedFor().size() > 0) states.emplace_back("reserved");
  } else if (!deleted) {
    states.emplace_back("pending");
  }
  return joined(states, ",");
}

void print(Claim::Reader claim, Cells& cells) {
  cells.text(claim.getMetadata().getName());
  cells.text(stateOf(claim));
  cells.age(claim.getMetadata().getCreationTimestamp());
}

void printTemplate(Template::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void setTolerationDefaults(capnp::List<v1::DeviceToleration>::Builder tolerations) {
  for (auto toleration : tolerations) {
    if (toleration.getOperator().size() == 0) toleration.setOperator("Equal");
  }
}

void setClaimDefaults(v1::ResourceClaimSpec::Builder spec) {
  for (auto request : spec.getDevices().getRequests()) {
    if (request.hasExactly()) setRequestDefaults(request.getExactly());
    for (auto choice : request.getFirstAvailable()) setRequestDefaults(choice);
  }
}

std::optional<Path> adminAccessIn(v1::ResourceClaimSpec::Reader spec, const Path& path) {
  auto requests = spec.getDevices().getRequests();
  for (uint32_t i = 0; i < requests.size(); ++i) {
    if (requests[i].getExactly().getAdminAccess().getValue()) {
      return (path / "devices" / "requests")[i] / "adminAccess";
    }
  }
  return std::nullopt;
}

std::optional<Path> adminAccessIn(v1::ResourceClaimStatus::Reader status) {
  auto results = status.getAllocation().getDevices().getResults();
  for (uint32_t i = 0; i < results.size(); ++i) {
    if (results[i].getAdminAccess().getValue()) {
      return (Path("status") / "allocation" / "devices" / "results")[i] / "adminAccess";
    }
  }
  return std::nullopt;
}

void addResourceClaims(KindTable& table) {
  table.add<Claim>({.structFile = kSchemaFile,
                    .columns = {nameColumn(), {"State", "string", "What has become of it."}, ageColumn()},
                    .hasStatus = true,
                    .keepsGeneration = true,
                    .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
                    .returnsDeleted = true,
                    .allocates = true},
                   {setDefaults, validate, print});
  table.addStatus<Claim>();
  table.add<Template>({.structFile = kSchemaFile,
                       .columns = {nameColumn(), ageColumn()},
                       .keepsGeneration = true,
                       .returnsDeleted = true,
                       .allocates = true},
                      {setTemplateDefaults, validateTemplate, printTemplate});
}

}  // namespace cleat::kinds::resource
