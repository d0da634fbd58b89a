#include "kinds-common/kind_table.h"

#include <algorithm>
#include <cctype>

#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

template <class Texts>
void fillTexts(capnp::List<capnp::Text>::Builder list, const Texts& texts) {
  for (uint32_t i = 0; i < list.size(); ++i) list.set(i, texts[i]);
}

std::vector<std::string> verbsOf(const KindFacts& facts) {
  if (!facts.verbs.empty() || facts.bodyOnly) return facts.verbs;
  if (facts.isVirtual) return {"create"};
  return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}

void fillColumns(capnp::List<role::Column>::Builder list, const std::vector<Column>& columns) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setName(columns[i].name);
    list[i].setType(columns[i].type);
    list[i].setFormat(columns[i].format);
    list[i].setDescription(columns[i].description);
    list[i].setPriority(columns[i].priority);
  }
}

}  // namespace

Column nameColumn() {
  return {.name = "Name", .description = "The object's name, unique in its namespace.", .format = "name"};
}
Column ageColumn() { return {.name = "Age", .description = "The time since the object was created."}; }
Column wide(Column column) {
  column.priority = 1;
  return column;
}

void KindTable::describeKind(const Entry& entry, role::Kind::Builder kind) {
  const KindFacts& facts = entry.facts;
  kind.setGroup(str(entry.resource.group));
  kind.setVersion(str(entry.resource.version));
  kind.setKind(str(entry.resource.kind));
  kind.setPlural(str(entry.resource.resource));
  if (!facts.bodyOnly) kind.setSingular(facts.singular.empty() ? lowerCase(entry.resource.kind) : facts.singular);
  kind.setNamespaced(entry.resource.namespaced);
  kind.setStructName(str(entry.resource.kind));
  kind.setStructFile(facts.structFile);
  fillTexts(kind.initShortNames(facts.shortNames.size()), facts.shortNames);
  fillTexts(kind.initCategories(facts.categories.size()), facts.categories);
  std::vector<std::string> verbs = verbsOf(facts);
  fillTexts(kind.initVerbs(verbs.size()), verbs);
  fillColumns(kind.initColumns(facts.columns.size()), facts.columns);
  fillTexts(kind.initSelectableFields(facts.selectableFields.size()), facts.selectableFields);
  std::vector<std::string> behaviours;
  if (entry.setDefaults) behaviours.push_back("default");
  if (!facts.bodyOnly && !facts.isVirtual) behaviours.push_back("validate");
  if (entry.row) behaviours.push_back("rows");
  if (facts.allocates) behaviours.push_back("beforeCommit");
  if (facts.converts) behaviours.push_back("convert");
  if (facts.isNamespace) behaviours.push_back("namespace");
  fillTexts(kind.initBehaviours(behaviours.size()), behaviours);
  if (!facts.nameRule.empty()) kind.setNameRule(facts.nameRule);
  kind.setVirtual(facts.isVirtual);
  if (!facts.deprecationWarning.empty()) kind.setDeprecationWarning(facts.deprecationWarning);
  kind.setHasStatus(facts.hasStatus);
  kind.setKeepsGeneration(facts.keepsGeneration);
  kind.setKeepsStatusOnCreate(facts.keepsStatusOnCreate);
  fillTexts(kind.initStatusLeavesMetadata(facts.statusLeavesMetadata.size()), facts.statusLeavesMetadata);
  kind.setCreatesOnUpdate(facts.createsOnUpdate);
  kind.setUpdateNeedsRevision(facts.updateNeedsRevision);
  kind.setReturnsDeleted(facts.returnsDeleted);
  kind.setGracefulDelete(facts.gracefulDelete);
  kind.setOrphansByDefault(facts.orphansByDefault);
  if (!facts.orphanWarning.empty()) kind.setOrphanWarning(facts.orphanWarning);
  kind.setDeleteNeedsFinalize(facts.deleteNeedsFinalize);
  kind.setStorage(facts.storage);
  if (!facts.storedAs.empty()) kind.setStoredAs(facts.storedAs);
}

void KindTable::describe(role::KindsDescription::Builder description, std::string_view schema) const {
  description.setSchema(dataOf(schema));
  auto kinds = description.initKinds(entries_.size());
  for (uint32_t i = 0; i < kinds.size(); ++i) describeKind(entries_[i], kinds[i]);
  auto subresources = description.initSubresources(subresources_.size());
  for (uint32_t i = 0; i < subresources.size(); ++i) {
    auto out = subresources[i];
    const auto& [parent, facts] = subresources_[i];
    out.setGroup(str(parent.group));
    out.setVersion(str(parent.version));
    out.setResource(str(parent.resource));
    out.setName(facts.name);
    out.setStyle(facts.style);
    bool connect = facts.style == "connect";
    bool own = facts.bodyKind.empty();
    if (connect) {
      out.setBodyKind(facts.bodyKind);
    } else {
      out.setBodyGroup(own ? str(parent.group) : facts.bodyGroup);
      out.setBodyVersion(own ? str(parent.version) : facts.bodyVersion);
      out.setBodyKind(own ? str(parent.kind) : facts.bodyKind);
    }
    fillTexts(out.initVerbs(facts.verbs.size()), facts.verbs);
    out.setKeepsGeneration(facts.keepsGeneration);
    out.setPortInName(facts.portInName);
    fillTexts(out.initOlderBodies(facts.olderBodies.size()), facts.olderBodies);
    fillTexts(out.initResets(facts.resets.size()), facts.resets);
  }
}

const KindTable::Entry* KindTable::find(std::string_view group, std::string_view version,
                                        std::string_view resource) const {
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.resource.group == group && entry.resource.version == version && entry.resource.resource == resource;
  });
  return found == entries_.end() ? nullptr : &*found;
}

AnyRef KindTable::setDefaults(std::string_view group, std::string_view version, std::string_view resource,
                              const AnyWrite& write) const {
  const Entry* entry = find(group, version, resource);
  return entry != nullptr && entry->setDefaults && write.object ? entry->setDefaults(write) : AnyRef();
}

void KindTable::validate(std::string_view group, std::string_view version, std::string_view resource,
                         const AnyWrite& write, Findings& findings) const {
  const Entry* entry = find(group, version, resource);
  if (entry == nullptr || !write.object) return;
  const FinalizerNames finalizers = entry->facts.anyFinalizers ? FinalizerNames::any : FinalizerNames::known;
  checkMetadata(write.object.meta(), Path("metadata"), findings, finalizers);
  if (entry->validate) entry->validate(write, findings);
}

void KindTable::rows(std::string_view group, std::string_view version, std::string_view resource,
                     const std::vector<AnyRef>& objects, WallTime now, role::RowsResults::Builder results) const {
  const Entry* entry = find(group, version, resource);
  auto rows = results.initRows(objects.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    Cells cells(now);
    if (entry != nullptr && entry->row) {
      entry->row(objects[i], cells);
    } else {
      cells.text(objects[i].name());
      cells.age(objects[i].meta().getCreationTimestamp());
    }
    cells.write(rows[i]);
  }
}

}  // namespace cleat::kinds
