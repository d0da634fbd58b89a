#include "aggregator/resource_list.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <map>
#include <vector>

#include "webhook-common/json_object.h"

namespace cleat::aggregator {

namespace {

using webhook::JsonObject;

std::string_view textIn(JsonView of, std::string_view name) {
  auto member = of.member(name);
  return member ? member->text() : std::string_view();
}

// A list of texts as the other server wrote it; one that is empty only where it always has to be there.
void appendTexts(JsonObject& members, std::string_view key, JsonView of, bool always) {
  auto list = of.member(key);
  if (list && list->items().size() > 0) {
    appendJson(members.name(key), *list);
  } else if (always) {
    members.raw(key, "[]");
  }
}

struct Place {
  std::string_view group, version;
};

void appendKind(JsonObject& members, JsonView resource, Place place) {
  const std::string_view group = textIn(resource, "group"), version = textIn(resource, "version");
  JsonObject kind(members.name("responseKind"));
  // One that says neither is of the list's own group and version.
  const bool isOwn = group.empty() && version.empty();
  kind.text("group", isOwn ? place.group : group);
  kind.text("version", version.empty() ? place.version : version);
  kind.text("kind", textIn(resource, "kind"));
}

void appendSubresource(std::string& out, JsonView subresource, Place place) {
  const std::string_view name = textIn(subresource, "name");
  JsonObject members(out);
  members.text("subresource", name.substr(name.find('/') + 1));
  appendKind(members, subresource, place);
  appendTexts(members, "verbs", subresource, true);
}

void appendResource(std::string& out, JsonView resource, const std::vector<JsonView>& subresources, Place place) {
  JsonObject members(out);
  members.text("resource", textIn(resource, "name"));
  appendKind(members, resource, place);
  auto namespaced = resource.member("namespaced");
  members.text("scope", namespaced && namespaced->boolean() ? "Namespaced" : "Cluster");
  members.text("singularResource", textIn(resource, "singularName"));
  appendTexts(members, "verbs", resource, true);
  appendTexts(members, "shortNames", resource, false);
  appendTexts(members, "categories", resource, false);
  if (subresources.empty()) return;
  std::string& list = members.name("subresources") += '[';
  for (size_t i = 0; i < subresources.size(); ++i) {
    if (i > 0) list += ',';
    appendSubresource(list, subresources[i], place);
  }
  list += ']';
}

}  // namespace

Result<std::string> aggregatedResources(std::string_view resourceList, std::string_view group,
                                        std::string_view version) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(resourceList));
  if (textIn(tree.view(), "kind") != "APIResourceList") return fail(Status::badRequest("it is no APIResourceList"));
  auto resources = tree.view().member("resources");
  std::map<std::string_view, std::vector<JsonView>> subresources;
  std::vector<JsonView> parents;
  if (resources) {
    for (JsonView each : resources->items()) {
      const std::string_view name = textIn(each, "name");
      const size_t slash = name.find('/');
      if (slash == std::string_view::npos) {
        parents.push_back(each);
      } else {
        subresources[name.substr(0, slash)].push_back(each);
      }
    }
  }
  std::string out = "[";
  for (const JsonView& parent : parents) {
    if (out.size() > 1) out += ',';
    appendResource(out, parent, subresources[textIn(parent, "name")], {group, version});
  }
  return out + "]";
}

}  // namespace cleat::aggregator
