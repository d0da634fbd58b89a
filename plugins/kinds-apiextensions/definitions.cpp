#include "kinds-apiextensions/definitions.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include "kinds-apiextensions/definition_rules.h"
#include "kinds-common/names.h"

namespace cleat::kinds::extensions {

namespace {

void setNames(apiextensions_v1::CustomResourceDefinitionNames::Builder names) {
  const std::string kind = str(view(names.asReader().getKind()));
  if (names.getSingular().size() == 0) names.setSingular(lowerCase(kind));
  if (names.getListKind().size() == 0 && !kind.empty()) names.setListKind(concat(kind, "List"));
}

// The version that objects are stored in is among those that they have ever been stored in.
void noteStorageVersion(Definition::Builder definition) {
  for (auto version : definition.asReader().getSpec().getVersions()) {
    if (!version.getStorage()) continue;
    auto stored = strings(definition.asReader().getStatus().getStoredVersions());
    const std::string name = str(version.getName());
    if (std::find(stored.begin(), stored.end(), name) != stored.end()) return;
    stored.push_back(name);
    auto status = definition.getStatus();
    status.adoptStoredVersions(textList(orphanageOf(status), stored));
    return;
  }
}

void setConversionPort(apiextensions_v1::CustomResourceConversion::Builder conversion) {
  constexpr int32_t kDefaultPort = 443;
  if (!conversion.hasWebhook() || !conversion.getWebhook().hasClientConfig()) return;
  auto client = conversion.getWebhook().getClientConfig();
  if (client.hasService() && !client.getService().hasPort()) {
    client.getService().initPort().setValue(kDefaultPort);
  }
}

void setDefaults(Definition::Builder definition, const Change<Definition>& change) {
  if (change.isDelete()) return;
  auto spec = definition.getSpec();
  setNames(spec.getNames());
  if (!spec.hasConversion()) spec.initConversion().setStrategy("None");
  setConversionPort(spec.getConversion());
  // Whoever writes the status has rewritten all objects, and takes out what is not needed any more.
  if (!change.isStatus() || definition.getStatus().getStoredVersions().size() == 0) noteStorageVersion(definition);
}

// "v1(storage),v1beta1"
std::string servedVersions(Definition::Reader definition) {
  std::vector<std::string> served;
  for (auto version : definition.getSpec().getVersions()) {
    if (version.getServed()) served.push_back(concat(version.getName(), version.getStorage() ? "(storage)" : ""));
  }
  return joined(served, ",");
}

bool isEstablished(Definition::Reader definition) {
  for (auto condition : definition.getStatus().getConditions()) {
    if (view(condition.getType()) == "Established") return view(condition.getStatus()) == "True";
  }
  return false;
}

void print(Definition::Reader definition, Cells& cells) {
  auto spec = definition.getSpec();
  cells.text(definition.getMetadata().getName());
  cells.text(spec.getScope());
  cells.text(servedVersions(definition));
  cells.text(definition.getMetadata().getCreationTimestamp());
  cells.text(spec.getGroup());
  cells.text(spec.getNames().getKind());
  cells.text(joined(strings(spec.getNames().getShortNames()), ","));
  cells.boolean(isEstablished(definition));
}

std::vector<Column> columns() {
  return {nameColumn(),
          {"Scope", "string", "Whether the objects are in namespaces."},
          {"Versions", "string", "The versions that are served."},
          {"Created At", "date", "When the definition was created."},
          wide({"Group", "string", "The group of the kind."}),
          wide({"Kind", "string", "What objects say that they are."}),
          wide({"ShortNames", "string", "Shorter names that people may type."}),
          wide({"Established", "boolean", "Whether the kind is served."})};
}

}  // namespace

void addDefinitions(KindTable& table) {
  table.add<Definition>({.structFile = "kinds/apiextensions_v1.capnp",
                         .shortNames = {"crd", "crds"},
                         .categories = {"api-extensions"},
                         .columns = columns(),
                         .hasStatus = true,
                         .updateNeedsRevision = true,
                         .gracefulDelete = true,
                         .anyFinalizers = true},
                        {setDefaults, checkDefinition, print});
  table.addStatus<Definition>();
}

AnyRef markedForDeletion(const Object<Definition>& definition, WallTime now) {
  if (deletionPending(definition.meta())) return {};
  Draft<Definition> marked(definition);
  // Nobody is asked to end anything: what is waited for is the finalizer.
  marked.meta().initDeletionGracePeriodSeconds().setValue(0);
  addFinalizer(marked.meta(), kCleanupFinalizer);
  const ConditionUpdate terminating{
      "Terminating", "True", "InstanceDeletionPending",
      "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", formatTime(now)};
  setCondition<apiextensions_v1::CustomResourceDefinitionCondition>(marked->getStatus(), terminating);
  return std::move(marked).freezeAny();
}

}  // namespace cleat::kinds::extensions
