#include "kinds-apiextensions/custom_kinds.h"

#include <cleat/sdk/meta.h>

#include "kinds-apiextensions/offer.h"
#include "kinds-apiextensions/schema_rules.h"

namespace cleat::kinds::extensions {

namespace {

using Version = apiextensions_v1::CustomResourceDefinitionVersion::Reader;

Result<CustomVersion> makeVersion(Definition::Reader definition, Version version, const Path& path) {
  CustomVersion made;
  made.name = str(version.getName());
  made.apiVersion = concat(definition.getSpec().getGroup(), "/", made.name);
  Findings findings;
  made.schema = compileVersion(version, path, findings);
  if (made.schema == nullptr) return fail(Status::badRequest(violationsText(findings)));
  for (PrintedColumn& column : columnsOf(version)) {
    auto compiled = JsonPath::compile(column.jsonPath);
    made.columns.push_back({std::move(column.type), std::nullopt});
    if (compiled) made.columns.back().path = *compiled;
  }
  if (version.getSubresources().hasScale()) made.scale.emplace(version.getSubresources().getScale());
  return made;
}

}  // namespace

Result<std::shared_ptr<const CustomKind>> CustomKind::make(Definition::Reader definition) {
  auto kind = std::make_shared<CustomKind>();
  kind->group = str(definition.getSpec().getGroup());
  kind->plural = str(definition.getStatus().getAcceptedNames().getPlural());
  kind->kind = str(definition.getStatus().getAcceptedNames().getKind());
  kind->terminating = deletionPending(definition.getMetadata());
  if (isConvertedByWebhook(definition)) {
    auto hook = definition.getSpec().getConversion().getWebhook();
    kind->conversion = CustomConversion{webhook::Destination::of(hook.getClientConfig()),
                                        webhook::knownReviewVersion(hook.getConversionReviewVersions())};
  }
  auto versions = definition.getSpec().getVersions();
  for (uint32_t i = 0; i < versions.size(); ++i) {
    CLEAT_TRY(auto version, makeVersion(definition, versions[i], schemaPath(i)));
    kind->versions.push_back(std::move(version));
  }
  return std::shared_ptr<const CustomKind>(std::move(kind));
}

CustomTarget SharedCustomKinds::find(wire::ResourceRef::Reader ref) const {
  std::shared_ptr<const CustomKinds> kinds = get();
  auto found = kinds->find(concat(ref.getResource(), ".", ref.getGroup()));
  if (found == kinds->end()) return {};
  CustomTarget target{found->second, nullptr};
  for (const CustomVersion& version : target.kind->versions) {
    if (version.name == view(ref.getVersion())) target.version = &version;
  }
  return target;
}

}  // namespace cleat::kinds::extensions
