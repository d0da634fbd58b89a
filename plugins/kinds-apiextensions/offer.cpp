#include "kinds-apiextensions/offer.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <initializer_list>

#include "kinds-apiextensions/definition_rules.h"
#include "kinds-apiextensions/schema_json.h"
#include "kinds-apiextensions/version_order.h"

namespace cleat::kinds::extensions {

namespace {

using Version = apiextensions_v1::CustomResourceDefinitionVersion::Reader;

template <class Texts>
void fillTexts(capnp::List<capnp::Text>::Builder list, const Texts& texts) {
  uint32_t at = 0;
  for (const auto& text : texts) list.set(at++, text);
}

void fillColumns(role::Kind::Builder kind, Version version) {
  const std::vector<PrintedColumn> printed = columnsOf(version);
  auto columns = kind.initColumns(static_cast<uint32_t>(printed.size()) + 1);
  const Column name = nameColumn();
  columns[0].setName(name.name);
  columns[0].setType(name.type);
  columns[0].setFormat(name.format);
  columns[0].setDescription(name.description);
  for (uint32_t i = 0; i < printed.size(); ++i) {
    columns[i + 1].setName(printed[i].name);
    columns[i + 1].setType(printed[i].type);
    columns[i + 1].setFormat(printed[i].format);
    columns[i + 1].setDescription(printed[i].description);
    columns[i + 1].setPriority(printed[i].priority);
  }
}

void fillKind(role::Kind::Builder kind, Definition::Reader definition, Version version) {
  auto names = definition.getStatus().getAcceptedNames();
  kind.setGroup(definition.getSpec().getGroup());
  kind.setVersion(version.getName());
  kind.setKind(names.getKind());
  kind.setListKind(names.getListKind());
  kind.setPlural(names.getPlural());
  kind.setSingular(names.getSingular());
  kind.setShortNames(names.getShortNames());
  kind.setCategories(names.getCategories());
  kind.setNamespaced(view(definition.getSpec().getScope()) == "Namespaced");
  static constexpr const char* kVerbs[] = {"create", "delete", "deletecollection", "get",
                                           "list",   "patch",  "update",           "watch"};
  fillTexts(kind.initVerbs(std::size(kVerbs)), kVerbs);
  fillColumns(kind, version);
  auto fields = version.getSelectableFields();
  auto selectable = kind.initSelectableFields(fields.size());
  for (uint32_t i = 0; i < fields.size(); ++i) selectable.set(i, str(view(fields[i].getJsonPath()).substr(1)));
  std::vector<std::string> behaviours{"validate", "rows"};
  if (isConvertedByWebhook(definition)) behaviours.emplace_back("convert");
  fillTexts(kind.initBehaviours(static_cast<uint32_t>(behaviours.size())), behaviours);
  kind.setHasStatus(version.getSubresources().hasStatus());
  kind.setUpdateNeedsRevision(true);
  kind.setServed(version.getServed() || (version.getStorage() && servedInTheEnd(definition)));
  kind.setStorage(version.getStorage());
  kind.setOpenSchema(schemaJson(version.getSchema().getOpenAPIV3Schema()));
  kind.setDeprecationWarning(deprecationOf(definition, version));
}

struct SubresourceOf {
  Definition::Reader definition;
  Version version;
  bool scale;
};

std::vector<SubresourceOf> subresourcesOf(const std::vector<Object<Definition>>& definitions) {
  std::vector<SubresourceOf> all;
  for (const Object<Definition>& definition : definitions) {
    for (Version version : definition->getSpec().getVersions()) {
      if (version.getSubresources().hasStatus()) all.push_back({*definition, version, false});
      if (version.getSubresources().hasScale()) all.push_back({*definition, version, true});
    }
  }
  return all;
}

void fillSubresource(role::Subresource::Builder out, const SubresourceOf& subresource) {
  auto names = subresource.definition.getStatus().getAcceptedNames();
  auto spec = subresource.definition.getSpec();
  out.setGroup(spec.getGroup());
  out.setVersion(subresource.version.getName());
  out.setResource(names.getPlural());
  out.setName(subresource.scale ? "scale" : "status");
  out.setStyle(subresource.scale ? "transform" : "status");
  if (subresource.scale) {
    out.setBodyGroup("autoscaling");
    out.setBodyVersion("v1");
    out.setBodyKind("Scale");
  } else {
    out.setBodyGroup(spec.getGroup());
    out.setBodyVersion(subresource.version.getName());
    out.setBodyKind(names.getKind());
    // With Kubernetes' own kinds metadata goes along with a status; with custom ones nothing does.
    static constexpr const char* kLeft[] = {"metadata.annotations", "metadata.finalizers", "metadata.generateName",
                                            "metadata.labels", "metadata.ownerReferences"};
    fillTexts(out.initResets(std::size(kLeft)), kLeft);
  }
  static constexpr const char* kVerbs[] = {"get", "patch", "update"};
  fillTexts(out.initVerbs(std::size(kVerbs)), kVerbs);
}

}  // namespace

bool isOffered(Definition::Reader definition) {
  if (!isTrue(definition, "Established") && !isTrue(definition, "NamesAccepted")) return false;
  if (definition.getStatus().getAcceptedNames().getPlural().size() == 0) return false;
  return hasServedVersion(definition) || servedInTheEnd(definition);
}

bool isConvertedByWebhook(Definition::Reader definition) {
  return view(definition.getSpec().getConversion().getStrategy()) == "Webhook";
}

bool servedInTheEnd(Definition::Reader definition) {
  return deletionPending(definition.getMetadata()) && !hasServedVersion(definition);
}

void describeKinds(role::KindsDescription::Builder description, const std::vector<Object<Definition>>& definitions) {
  uint32_t count = 0;
  for (const Object<Definition>& definition : definitions) count += definition->getSpec().getVersions().size();
  auto kinds = description.initKinds(count);
  uint32_t at = 0;
  for (const Object<Definition>& definition : definitions) {
    for (Version version : definition->getSpec().getVersions()) fillKind(kinds[at++], *definition, version);
  }
  const std::vector<SubresourceOf> subresources = subresourcesOf(definitions);
  auto list = description.initSubresources(static_cast<uint32_t>(subresources.size()));
  for (uint32_t i = 0; i < list.size(); ++i) fillSubresource(list[i], subresources[i]);
}

std::vector<PrintedColumn> columnsOf(Version version) {
  std::vector<PrintedColumn> columns;
  for (auto column : version.getAdditionalPrinterColumns()) {
    std::string description = str(column.getDescription());
    if (description.empty()) {
      description = concat("Custom resource definition column (in JSONPath format): ", column.getJsonPath());
    }
    columns.push_back({str(column.getName()), str(column.getType()), str(column.getFormat()), std::move(description),
                       str(column.getJsonPath()), column.getPriority()});
  }
  if (columns.empty()) {
    columns.push_back({"Age", "date", "", ageColumn().description, ".metadata.creationTimestamp", 0});
  }
  return columns;
}

std::string deprecationOf(Definition::Reader definition, Version version) {
  if (!version.getDeprecated()) return {};
  if (version.hasDeprecationWarning()) return str(version.getDeprecationWarning());
  auto group = definition.getSpec().getGroup();
  auto kind = definition.getSpec().getNames().getKind();
  const std::string_view own = view(version.getName());
  std::string_view best;
  for (Version other : definition.getSpec().getVersions()) {
    const std::string_view name = view(other.getName());
    if (!other.getServed() || other.getDeprecated() || !isNewer(name, own)) continue;
    if (best.empty() || isNewer(name, best)) best = name;
  }
  std::string warning = concat(group, "/", own, " ", kind, " is deprecated");
  if (!best.empty()) appendTo(warning, concat("; use ", group, "/", best, " ", kind));
  return warning;
}

}  // namespace cleat::kinds::extensions
