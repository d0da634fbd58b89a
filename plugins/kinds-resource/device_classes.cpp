// DeviceClasses: choices of devices that claims name.
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

using Class = v1::DeviceClass;

constexpr std::string_view kNativeDomain = "kubernetes.io/", kQuotaPrefix = "requests.";

void checkStatedResourceName(std::string_view name, const Path& path, Findings& findings) {
  if (name.find('/') == std::string_view::npos) {
    findings.invalid(path, name, "a name must be a domain-prefixed path, such as 'example.com/my-prop'");
  } else if (name.find(kNativeDomain) != std::string_view::npos) {
    findings.invalid(path, name, concat("must not have ", quoted(kNativeDomain), " domain"));
  }
  if (name.starts_with(kQuotaPrefix)) {
    findings.invalid(path, name, concat("must not have ", quoted(kQuotaPrefix), " prefix"));
  }
  checkName(name, wrongQualifiedName(concat(kQuotaPrefix, name)), path, findings);
}

void validate(const Change<Class>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  checkSelectors(spec.getSelectors(), path / "selectors", findings);
  auto configs = spec.getConfig();
  for (uint32_t i = 0; i < configs.size() && configs.size() <= kMaxConfigs; ++i) {
    checkConfiguration(configs[i], (path / "config")[i], findings);
  }
  checkStatedSize(spec.getSelectors().size(), kMaxSelectors, path / "selectors", findings);
  if (checkStatedSize(configs.size(), kMaxConfigs, path / "config", findings)) {
    for (uint32_t i = 0; i < configs.size(); ++i) checkStatedConfiguration(configs[i], (path / "config")[i], findings);
  }
  if (spec.hasExtendedResourceName()) {
    checkStatedResourceName(view(spec.getExtendedResourceName()), path / "extendedResourceName", findings);
  }
}

void print(Class::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void addDeviceClasses(KindTable& table) {
  table.add<Class>({.structFile = kSchemaFile, .columns = {nameColumn(), ageColumn()}, .returnsDeleted = true},
                   {nullptr, validate, print});
}

}  // namespace cleat::kinds::resource
