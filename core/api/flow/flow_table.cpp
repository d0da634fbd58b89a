#include "core/api/flow/flow_table.h"

#include <cleat/sdk/lists.h>

#include <algorithm>

namespace cleat::api {
namespace {

bool isBelow(std::string_view path, std::string_view folder) {
  if (folder.ends_with('*')) folder.remove_suffix(1);
  if (!path.starts_with(folder)) return false;
  return folder.ends_with('/') || path.substr(folder.size()).starts_with('/');
}

// "pods/status" as one text, without making it.
bool isResource(std::string_view text, std::string_view resource, std::string_view subresource) {
  if (subresource.empty()) return text == resource;
  return text.size() == resource.size() + 1 + subresource.size() && text.starts_with(resource) &&
         text[resource.size()] == '/' && text.ends_with(subresource);
}

}  // namespace

FlowTexts::FlowTexts(capnp::List<capnp::Text>::Reader from) : texts(strings(from)) {
  any = std::ranges::find(texts, "*") != texts.end();
}

bool FlowTexts::has(std::string_view text) const { return any || std::ranges::find(texts, text) != texts.end(); }

FlowRule::FlowRule(role::FlowRule::Reader from)
    : users_(from.getUsers()), groups_(from.getGroups()), userPrefixes_(strings(from.getUserPrefixes())) {
  for (auto each : from.getResources()) {
    resources_.push_back({FlowTexts(each.getVerbs()), FlowTexts(each.getGroups()), FlowTexts(each.getResources()),
                          FlowTexts(each.getNamespaces()), each.getClusterScope()});
  }
  for (auto each : from.getPaths()) paths_.push_back({FlowTexts(each.getVerbs()), FlowTexts(each.getPaths())});
}

bool FlowRule::isBy(const bus::User& user) const {
  if (users_.any || groups_.any) return true;
  for (const std::string& group : user.groups) {
    if (groups_.has(group)) return true;
  }
  if (users_.has(user.name)) return true;
  return std::ranges::any_of(userPrefixes_, [&](const std::string& prefix) { return user.name.starts_with(prefix); });
}

bool FlowRule::takesResource(const Resources& rule, const FlowQuestion& question) {
  if (!rule.verbs.has(question.verb) || !rule.groups.has(question.group)) return false;
  const bool named = rule.resources.any || std::ranges::any_of(rule.resources.texts, [&](const std::string& text) {
                       return isResource(text, question.resource, question.subresource);
                     });
  if (!named) return false;
  return question.ns.empty() ? rule.clusterScope : rule.namespaces.has(question.ns);
}

bool FlowRule::takesPath(const Paths& rule, const FlowQuestion& question) {
  if (!rule.verbs.has(question.verb)) return false;
  if (rule.paths.has(question.path)) return true;
  return std::ranges::any_of(rule.paths.texts,
                             [&](const std::string& folder) { return isBelow(question.path, folder); });
}

bool FlowRule::takes(const FlowQuestion& question) const {
  if (!isBy(question.user)) return false;
  if (question.isResource) {
    return std::ranges::any_of(resources_, [&](const Resources& rule) { return takesResource(rule, question); });
  }
  return std::ranges::any_of(paths_, [&](const Paths& rule) { return takesPath(rule, question); });
}

std::string_view Flow::distinguisher(const FlowQuestion& question) const {
  switch (split) {
    case role::FlowSplit::BY_USER: return question.user.name;
    case role::FlowSplit::BY_NAMESPACE: return question.ns;
    case role::FlowSplit::NONE: break;
  }
  return {};
}

bool FlowTable::isNarrow(std::string_view group, std::string_view resource, const object::FieldSelector& fields) const {
  return std::ranges::any_of(narrowWatches, [&](const NarrowWatches& narrow) {
    const std::string* value = fields.exactValue(narrow.field);
    return narrow.resource == resource && narrow.group == group && value && !value->empty();
  });
}

bool FlowTable::isSilent(const FlowQuestion& question) const {
  return std::ranges::any_of(silentChanges, [&](const std::string& text) {
    return isResource(text, question.resource, question.subresource);
  });
}

const Flow* FlowTable::find(const FlowQuestion& question) const {
  for (const Flow& flow : flows) {
    if (std::ranges::any_of(flow.rules, [&](const FlowRule& rule) { return rule.takes(question); })) return &flow;
  }
  return nullptr;
}

}  // namespace cleat::api
