// StorageClasses, from which claims get volumes, and VolumeAttributesClasses, whose parameters volumes can be given
// later.
#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include <map>
#include <set>

#include "kinds-common/deprecated_labels.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-storage/storage_kinds.h"

namespace cleat::kinds::storage {

namespace {

using storage_v1::StorageClass;
using storage_v1::VolumeAttributesClass;

constexpr size_t kMostParameters = 512, kParametersMaxBytes = 256u << 10;

bool sameMap(TextMapReader a, TextMapReader b) { return a.size() == b.size() && isSubset(a, b); }

// A provisioner or the driver of a VolumeAttributesClass: a qualified name, in which capitals are allowed.
void checkProvider(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) {
    findings.required(path);
    return;
  }
  const std::string lower = lowerCase(name);
  Wrongs wrongs = wrongQualifiedName(lower);
  if (!wrongs.empty()) findings.invalidEach(path, lower, wrongs);
}

void checkParameters(TextMapReader parameters, const Path& path, Findings& findings) {
  if (parameters.size() > kMostParameters) {
    findings.tooLong(path, kMostParameters);
    return;
  }
  size_t bytes = 0;
  for (auto parameter : parameters) {
    if (parameter.getKey().size() == 0) findings.invalid(path, "", "field can not be empty.");
    bytes += parameter.getKey().size() + parameter.getValue().size();
  }
  if (bytes > kParametersMaxBytes) findings.tooLong(path, kParametersMaxBytes);
}

// -- StorageClass --

void setClassDefaults(StorageClass::Builder object, const Change<StorageClass>& change) {
  if (change.isDelete()) return;
  if (!object.hasReclaimPolicy()) object.setReclaimPolicy("Delete");
  if (!object.hasVolumeBindingMode()) object.setVolumeBindingMode("Immediate");
}

using TopologyTerm = std::map<std::string_view, std::set<std::string_view>>;

TopologyTerm checkTopologyTerm(core_v1::TopologySelectorTerm::Reader term, const Path& path, Findings& findings) {
  TopologyTerm known;
  auto requirements = term.getMatchLabelExpressions();
  for (uint32_t i = 0; i < requirements.size(); ++i) {
    const Path at = (path / "matchLabelExpressions")[i];
    const std::string_view key = view(requirements[i].getKey());
    auto values = requirements[i].getValues();
    if (values.size() == 0) findings.required(at / "values");
    std::set<std::string_view> distinct;
    for (uint32_t j = 0; j < values.size(); ++j) {
      if (!distinct.insert(view(values[j])).second) findings.duplicate((at / "values")[j], values[j]);
    }
    checkLabelName(key, at / "key", findings);
    if (known.contains(key)) findings.duplicate(at / "key", key);
    known[key] = std::move(distinct);
  }
  return known;
}

void checkTopologies(capnp::List<core_v1::TopologySelectorTerm>::Reader terms, const Path& path, Findings& findings) {
  // An empty term, which nothing matches, is refused in the same words, be it the only one.
  std::set<TopologyTerm> known{TopologyTerm()};
  for (uint32_t i = 0; i < terms.size(); ++i) {
    if (!known.insert(checkTopologyTerm(terms[i], path[i], findings)).second) {
      findings.duplicate(path[i] / "matchLabelExpressions", "");
    }
  }
}

void checkClassKept(StorageClass::Reader old, StorageClass::Reader now, Findings& findings) {
  if (!sameMap(old.getParameters(), now.getParameters())) {
    findings.invalid(Path("parameters"), shownMap(now.getParameters()), kImmutable);
  }
  auto keep = [&](capnp::Text::Reader before, capnp::Text::Reader after, const char* field) {
    if (view(before) != view(after)) findings.invalid(Path(field), after, kImmutable);
  };
  // Without any it is said to be missing.
  if (now.getProvisioner().size() > 0) keep(old.getProvisioner(), now.getProvisioner(), "provisioner");
  keep(old.getReclaimPolicy(), now.getReclaimPolicy(), "reclaimPolicy");
  keep(old.getVolumeBindingMode(), now.getVolumeBindingMode(), "volumeBindingMode");
}

void warnOfTopologies(capnp::List<core_v1::TopologySelectorTerm>::Reader terms, Findings& findings) {
  for (uint32_t i = 0; i < terms.size(); ++i) {
    auto requirements = terms[i].getMatchLabelExpressions();
    for (uint32_t j = 0; j < requirements.size(); ++j) {
      const std::string_view message = deprecatedLabel(view(requirements[j].getKey()));
      if (message.empty()) continue;
      const Path at = (Path("allowedTopologies")[i] / "matchLabelExpressions")[j] / "key";
      findings.warn(concat(at.text(), ": ", message));
    }
  }
}

void validateClass(const Change<StorageClass>& change, Findings& findings) {
  auto object = change.object;
  checkProvider(view(object.getProvisioner()), Path("provisioner"), findings);
  checkParameters(object.getParameters(), Path("parameters"), findings);
  if (object.getReclaimPolicy().size() > 0) {
    checkOneOf(view(object.getReclaimPolicy()), Path("reclaimPolicy"), {"Delete", "Retain"}, findings);
  }
  checkOneOf(view(object.getVolumeBindingMode()), Path("volumeBindingMode"), {"Immediate", "WaitForFirstConsumer"},
             findings);
  checkTopologies(object.getAllowedTopologies(), Path("allowedTopologies"), findings);
  if (change.old) checkClassKept(*change.old, object, findings);
  warnOfTopologies(object.getAllowedTopologies(), findings);
}

void printClass(StorageClass::Reader object, Cells& cells) {
  auto shown = [](capnp::Text::Reader text, std::string_view absent) { return text.size() == 0 ? absent : view(text); };
  cells.text(object.getMetadata().getName());
  cells.text(object.getProvisioner());
  cells.text(shown(object.getReclaimPolicy(), "Delete"));
  cells.text(shown(object.getVolumeBindingMode(), "Immediate"));
  cells.boolean(valueOr(object.getAllowVolumeExpansion(), false));
  cells.age(object.getMetadata().getCreationTimestamp());
}

// -- VolumeAttributesClass --

void validateAttributes(const Change<VolumeAttributesClass>& change, Findings& findings) {
  auto object = change.object;
  const Path parameters("parameters");
  if (change.old && view(change.old->getDriverName()) != view(object.getDriverName())) {
    findings.forbidden(Path("driverName"), "updates to driverName are forbidden.");
  }
  if (change.old && !sameMap(change.old->getParameters(), object.getParameters())) {
    findings.forbidden(parameters, "updates to parameters are forbidden.");
  }
  checkProvider(view(object.getDriverName()), Path("driverName"), findings);
  checkParameters(object.getParameters(), parameters, findings);
  if (object.getParameters().size() == 0) findings.required(parameters, "must contain at least one key/value pair");
}

void printAttributes(VolumeAttributesClass::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.text(object.getDriverName());
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void markDefaultClass(const std::vector<AnyRef>& classes, role::RowsResults::Builder results) {
  std::vector<Object<StorageClass>> all(classes.begin(), classes.end());
  const Object<StorageClass> chosen = defaultClassAmong(all);
  if (!chosen) return;
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].name() == chosen.name()) results.getRows()[i].getCells()[0].setText(concat(chosen.name(), " (default)"));
  }
}

void addClasses(KindTable& table) {
  table.add<StorageClass>(
      {.structFile = kSchemaFile,
       .shortNames = {"sc"},
       .columns = {nameColumn(),
                   {"Provisioner", "string", "Who makes the volumes."},
                   {"ReclaimPolicy", "string", "What becomes of a volume when its claim is deleted."},
                   {"VolumeBindingMode", "string", "When a volume is made for a claim."},
                   {"AllowVolumeExpansion", "string", "Whether claims may be made larger."},
                   ageColumn()},
       .keepsGeneration = true,
       .returnsDeleted = true},
      {setClassDefaults, validateClass, printClass});
  table.add<VolumeAttributesClass>(
      {.structFile = kSchemaFile,
       .shortNames = {"vac"},
       .columns = {nameColumn(), {"DriverName", "string", "The driver that understands the parameters."}, ageColumn()},
       .keepsGeneration = true,
       .returnsDeleted = true},
      {nullptr, validateAttributes, printAttributes});
}

}  // namespace cleat::kinds::storage
