// ResourceSlices: the devices that drivers offer.
#include "kinds-resource/device_rules.h"
#include "kinds-resource/slice_rules.h"

namespace cleat::kinds::resource {

namespace {

using Slice = v1::ResourceSlice;

// Fields of features that are off by default in Kubernetes are not kept.
void dropUnused(v1::ResourceSliceSpec::Builder spec) {
  spec.disownPartitionTypeAttribute();
  spec.disownSkipNodeOperations();
  for (auto device : spec.getDevices()) {
    device.disownNodeAllocatableResources();
    for (auto consumption : device.getConsumesCounters()) consumption.disownCompatibilityGroups();
    for (auto entry : device.getAttributes()) {
      auto attribute = entry.getValue();
      attribute.disownInts();
      attribute.disownBools();
      attribute.disownStrings();
      attribute.disownVersions();
    }
  }
}

void setDefaults(Slice::Builder slice, const Change<Slice>& change) {
  if (change.isDelete()) return;
  auto spec = slice.getSpec();
  dropUnused(spec);
  for (auto device : spec.getDevices()) {
    for (auto taint : device.getTaints()) {
      if (!taint.hasTimeAdded()) taint.setTimeAdded(formatTime(change.now));
    }
  }
}

void validate(const Change<Slice>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  std::optional<v1::ResourceSliceSpec::Reader> old;
  if (change.old) old = change.old->getSpec();
  checkSlice(spec, old ? &*old : nullptr, Path("spec"), findings);
  const std::string_view driver = view(spec.getDriver());
  if (lowerCase(driver) != driver) {
    findings.warn(
        concat("spec.driver: driver names should be lowercase; ", quoted(driver), " contains uppercase characters"));
  }
}

void print(Slice::Reader slice, Cells& cells) {
  auto spec = slice.getSpec();
  cells.text(slice.getMetadata().getName());
  cells.text(spec.getNodeName());
  cells.text(spec.getDriver());
  cells.text(spec.getPool().getName());
  cells.age(slice.getMetadata().getCreationTimestamp());
}

}  // namespace

void addResourceSlices(KindTable& table) {
  table.add<Slice>({.structFile = kSchemaFile,
                    .columns = {nameColumn(),
                                {"Node", "string", "The one node that can use the devices."},
                                {"Driver", "string", "Whose devices they are."},
                                {"Pool", "string", "The pool that they belong to."},
                                ageColumn()},
                    .selectableFields = {"spec.driver", "spec.nodeName", "spec.pool.name"},
                    .returnsDeleted = true},
                   {setDefaults, validate, print});
}

}  // namespace cleat::kinds::resource
