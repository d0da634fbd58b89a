#include "kinds-apiextensions/schema_rules.h"

namespace cleat::kinds::extensions {

Path schemaPath(uint32_t version) { return (Path("spec") / "versions")[version] / "schema" / "openAPIV3Schema"; }

std::shared_ptr<const CompiledSchema> compileVersion(apiextensions_v1::CustomResourceDefinitionVersion::Reader version,
                                                     const Path& path, Findings& findings) {
  const SchemaOptions options{.statusSubresource = version.getSubresources().hasStatus()};
  return compileSchema(version.getSchema().getOpenAPIV3Schema(), path, options, findings);
}

std::string schemaViolations(Definition::Reader definition) {
  Findings findings;
  auto versions = definition.getSpec().getVersions();
  for (uint32_t i = 0; i < versions.size(); ++i) {
    if (versions[i].getSchema().hasOpenAPIV3Schema()) (void)compileVersion(versions[i], schemaPath(i), findings);
  }
  return violationsText(findings);
}

}  // namespace cleat::kinds::extensions
