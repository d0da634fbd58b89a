#include "core/object/kind_description.h"

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <cctype>

namespace cleat::object {

std::string str(capnp::Text::Reader text) { return std::string(text.cStr(), text.size()); }

std::vector<std::string> strings(capnp::List<capnp::Text>::Reader list) {
  std::vector<std::string> out;
  for (auto text : list) out.push_back(str(text));
  return out;
}

namespace {

Result<NameRule> nameRuleOf(std::string_view text, const std::string& where) {
  if (text.empty() || text == "dns1123-subdomain") return NameRule::dns1123Subdomain;
  if (text == "dns1123-label") return NameRule::dns1123Label;
  if (text == "dns1035-label") return NameRule::dns1035Label;
  if (text == "path-segment") return NameRule::pathSegment;
  if (text == "ip") return NameRule::ip;
  return fail(Status::badRequest(where + ": the name rule \"" + std::string(text) + "\" is not known"));
}

Result<Subresource::Style> styleOf(std::string_view text, const std::string& where) {
  if (text == "status") return Subresource::Style::status;
  if (text == "transform") return Subresource::Style::transform;
  if (text == "review") return Subresource::Style::review;
  if (text == "connect") return Subresource::Style::connect;
  return fail(Status::badRequest(where + ": the style \"" + std::string(text) +
                                 "\" is none of status, transform, review, connect"));
}

}  // namespace

Result<Ref<Kind>> readKind(std::string_view plugin, role::Kind::Reader said) {
  Ref<Kind> kind = makeRef<Kind>();
  kind->group = str(said.getGroup());
  kind->version = str(said.getVersion());
  kind->name = str(said.getKind());
  kind->plural = str(said.getPlural());
  kind->singular = str(said.getSingular());
  kind->shortNames = strings(said.getShortNames());
  kind->categories = strings(said.getCategories());
  kind->verbs = strings(said.getVerbs());
  kind->selectableFields = strings(said.getSelectableFields());
  kind->namespaced = said.getNamespaced();
  kind->isVirtual = said.getVirtual();
  kind->hasStatus = said.getHasStatus();
  kind->keepsGeneration = said.getKeepsGeneration();
  kind->keepsStatusOnCreate = said.getKeepsStatusOnCreate();
  kind->statusLeavesMetadata = strings(said.getStatusLeavesMetadata());
  kind->createsOnUpdate = said.getCreatesOnUpdate();
  kind->updateNeedsRevision = said.getUpdateNeedsRevision();
  kind->returnsDeleted = said.getReturnsDeleted();
  kind->gracefulDelete = said.getGracefulDelete();
  kind->orphansByDefault = said.getOrphansByDefault();
  kind->orphanWarning = str(said.getOrphanWarning());
  kind->deleteNeedsFinalize = said.getDeleteNeedsFinalize();
  kind->served = said.getServed();
  kind->deprecationWarning = str(said.getDeprecationWarning());
  kind->listName = said.hasListKind() ? str(said.getListKind()) : kind->name + "List";
  kind->plugin = plugin;
  std::string where = "kind " + kind->apiVersion() + " " + kind->name;
  if (kind->version.empty() || kind->name.empty()) {
    return fail(Status::badRequest(where + ": a kind needs a version and a name"));
  }
  for (const std::string& behaviour : strings(said.getBehaviours())) {
    bool* wants = behaviour == "default"        ? &kind->wantsDefault
                  : behaviour == "validate"     ? &kind->wantsValidate
                  : behaviour == "rows"         ? &kind->wantsRows
                  : behaviour == "beforeCommit" ? &kind->wantsBeforeCommit
                  : behaviour == "convert"      ? &kind->wantsConvert
                  : behaviour == "namespace"    ? &kind->isNamespace
                                                : nullptr;
    if (!wants) return fail(Status::badRequest(where + ": the behaviour \"" + behaviour + "\" is not known"));
    *wants = true;
  }
  CLEAT_TRY(NameRule rule, nameRuleOf(str(said.getNameRule()), where));
  kind->nameRule = rule;
  for (const std::string& field : kind->statusLeavesMetadata) {
    if (capnp::Schema::from<meta_v1::ObjectMeta>().findFieldByName(field.c_str()) == nullptr) {
      return fail(Status::badRequest(where + ": metadata has no field \"" + field + "\""));
    }
  }
  for (auto column : said.getColumns()) {
    kind->columns.push_back({str(column.getName()), str(column.getType()), str(column.getFormat()),
                             str(column.getDescription()), column.getPriority()});
  }
  return kind;
}

Result<SaidSubresource> readSubresource(std::string_view plugin, role::Subresource::Reader said) {
  SaidSubresource out;
  out.group = str(said.getGroup());
  out.version = str(said.getVersion());
  out.resource = str(said.getResource());
  out.bodyGroup = str(said.getBodyGroup());
  out.bodyVersion = str(said.getBodyVersion());
  out.bodyKind = str(said.getBodyKind());
  out.subresource.name = str(said.getName());
  out.subresource.verbs = strings(said.getVerbs());
  out.subresource.keepsGeneration = said.getKeepsGeneration();
  out.subresource.portInName = said.getPortInName();
  out.subresource.olderBodies = strings(said.getOlderBodies());
  out.subresource.resets = strings(said.getResets());
  out.subresource.plugin = plugin;
  CLEAT_TRY(Subresource::Style style, styleOf(str(said.getStyle()), out.where()));
  out.subresource.style = style;
  if (style == Subresource::Style::connect) out.subresource.optionsKind = out.bodyKind;
  return out;
}

std::optional<uint64_t> findOptions(capnp::schema::CodeGeneratorRequest::Reader request, const SaidSubresource& said,
                                    const std::vector<Ref<Kind>>& kinds) {
  std::string name = said.subresource.optionsKind;
  for (const Ref<Kind>& kind : kinds) {
    if (!name.empty() || !said.isOf(*kind)) continue;
    name = kind->name + said.subresource.name + "Options";
    char& first = name[kind->name.size()];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
  }
  if (name.empty()) return std::nullopt;
  for (auto node : request.getNodes()) {
    const std::string_view displayName(node.getDisplayName().cStr(), node.getDisplayName().size());
    if (node.isStruct() && displayName.ends_with(":" + name)) return node.getId();
  }
  return std::nullopt;
}

}  // namespace cleat::object
