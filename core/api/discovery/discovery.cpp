#include "core/api/discovery/discovery.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/api/digest.h"
#include "core/api/json_writer.h"
#include "core/api/rest/negotiation.h"
#include "core/api/status_body.h"
#include "core/object/version_rank.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::Subresource;

struct Version {
  std::string name;
  std::vector<object::KindRef> kinds = {};   // by plural
  const ServedVersion* elsewhere = nullptr;  // who serves it is another server
};
struct Group {
  std::string name;
  std::vector<Version> versions = {};  // the preferred one first
  bool isUsers = false;                // it has nothing but kinds of users' own
};

// The priority of the groups of users' own kinds among those that are served elsewhere.
constexpr int32_t kPriorityOfUsers = 1000;

// Those of users' own kinds are behind those of the server.
void addElsewhere(std::vector<Group>& groups, const std::vector<ServedVersion>& versions) {
  auto users = std::ranges::find_if(groups, &Group::isUsers) - groups.begin();
  for (const ServedVersion& version : versions) {
    auto group = std::ranges::find(groups, version.group, &Group::name);
    if (group == groups.end()) {
      const bool isBefore = version.groupPriority > kPriorityOfUsers;
      group = groups.insert(isBefore ? groups.begin() + users++ : groups.end(), {version.group});
    }
    auto known = std::ranges::find(group->versions, version.version, &Version::name);
    if (known == group->versions.end()) known = group->versions.insert(known, {version.version});
    known->elsewhere = &version;
  }
}

// The groups in the order of registration. Kinds that are only bodies of others are no resources.
std::vector<Group> groupsOf(const object::KindRegistry& registry) {
  std::vector<Group> groups;
  const object::CatalogueRef catalogue = registry.latest();
  for (const object::KindRef& kind : catalogue->served()) {
    if (kind->plural.empty() || kind->verbs.empty()) continue;
    auto group = std::ranges::find(groups, kind->group, &Group::name);
    if (group == groups.end()) group = groups.insert(group, {.name = kind->group, .isUsers = true});
    group->isUsers = group->isUsers && kind->open;
    auto version = std::ranges::find(group->versions, kind->version, &Version::name);
    if (version == group->versions.end()) version = group->versions.insert(version, {kind->version});
    version->kinds.push_back(kind);
  }
  for (Group& group : groups) {
    std::ranges::sort(group.versions, object::prefersVersion, &Version::name);
    for (Version& version : group.versions)
      std::ranges::sort(version.kinds, {}, [](const object::KindRef& kind) { return std::string_view(kind->plural); });
  }
  return groups;
}

std::string groupVersion(const std::string& group, const std::string& version) {
  return group.empty() ? version : group + "/" + version;
}

// What the subresource's answers are of, and what that is called.
const Kind& responseKind(const Kind& parent, const Subresource& subresource) {
  return subresource.body ? *subresource.body : parent;
}
const std::string& responseName(const Kind& parent, const Subresource& subresource) {
  return subresource.optionsKind.empty() ? responseKind(parent, subresource).name : subresource.optionsKind;
}

std::vector<const Subresource*> sorted(const Kind& kind) {
  auto known = kind.subresources();
  std::vector<const Subresource*> all(known.begin(), known.end());
  std::ranges::sort(all, {}, &Subresource::name);
  return all;
}

void writeKind(JsonWriter& json, const Kind& kind, const std::string& name) {
  json.key("responseKind").open('{').member("group", kind.group).member("version", kind.version);
  json.member("kind", name).close('}');
}

void writeAggregatedKind(JsonWriter& json, const Kind& kind) {
  json.open('{').member("resource", kind.plural);
  writeKind(json, kind, kind.name);
  json.member("scope", kind.namespaced ? "Namespaced" : "Cluster").member("singularResource", kind.singular);
  json.memberTexts("verbs", kind.verbs);
  if (!kind.shortNames.empty()) json.memberTexts("shortNames", kind.shortNames);
  if (!kind.categories.empty()) json.memberTexts("categories", kind.categories);
  if (auto subresources = sorted(kind); !subresources.empty()) {
    json.key("subresources").open('[');
    for (const Subresource* subresource : subresources) {
      json.open('{').member("subresource", subresource->name);
      writeKind(json, responseKind(kind, *subresource), responseName(kind, *subresource));
      json.memberTexts("verbs", subresource->verbs).close('}');
    }
    json.close(']');
  }
  json.close('}');
}

// Of the core group alone, or of all others.
std::string aggregatedJson(const std::vector<Group>& groups, bool core, std::string_view apiVersion) {
  JsonWriter json;
  json.open('{').member("kind", "APIGroupDiscoveryList");
  json.member("apiVersion", "apidiscovery.k8s.io/" + std::string(apiVersion)).key("metadata").raw("{}");
  json.key("items").open('[');
  for (const Group& group : groups) {
    if (group.name.empty() != core) continue;
    json.open('{').key("metadata").open('{');
    json.memberUnlessEmpty("name", group.name).close('}');
    json.key("versions").open('[');
    for (const Version& version : group.versions) {
      json.open('{').member("version", version.name).key("resources");
      if (const ServedVersion* elsewhere = version.elsewhere) {
        json.raw(elsewhere->resources.empty() ? "[]" : elsewhere->resources);
      } else {
        json.open('[');
        for (const object::KindRef& kind : version.kinds) writeAggregatedKind(json, *kind);
        json.close(']');
      }
      const bool isStale = version.elsewhere && version.elsewhere->stale;
      json.member("freshness", isStale ? "Stale" : "Current").close('}');
    }
    json.close(']').close('}');
  }
  json.close(']').close('}');
  return json.take();
}

std::string coreVersionsJson(const std::vector<Group>& groups, const std::string& serverAddress) {
  JsonWriter json;
  json.open('{').member("kind", "APIVersions").key("versions").open('[');
  for (const Group& group : groups) {
    if (!group.name.empty()) continue;
    for (const Version& version : group.versions) json.text(version.name);
  }
  json.close(']').key("serverAddressByClientCIDRs").open('[').open('{');
  json.member("clientCIDR", "0.0.0.0/0").member("serverAddress", serverAddress).close('}').close(']').close('}');
  return json.take();
}

void writeGroup(JsonWriter& json, const Group& group) {
  auto writeVersion = [&](const Version& version) {
    json.open('{').member("groupVersion", groupVersion(group.name, version.name));
    json.member("version", version.name).close('}');
  };
  json.member("name", group.name).key("versions").open('[');
  for (const Version& version : group.versions) writeVersion(version);
  json.close(']').key("preferredVersion");
  writeVersion(group.versions.front());
}

std::string groupListJson(const std::vector<Group>& groups) {
  JsonWriter json;
  json.open('{').member("kind", "APIGroupList").member("apiVersion", "v1").key("groups").open('[');
  for (const Group& group : groups) {
    if (group.name.empty()) continue;
    json.open('{');
    writeGroup(json, group);
    json.close('}');
  }
  json.close(']').close('}');
  return json.take();
}

std::string groupJson(const Group& group) {
  JsonWriter json;
  json.open('{').member("kind", "APIGroup").member("apiVersion", "v1");
  writeGroup(json, group);
  json.close('}');
  return json.take();
}

// As Kubernetes makes it: clients see by it that the objects are stored in another version from now on.
std::string storageVersionHash(const Kind& kind) {
  const Kind& stored = kind.stored();
  return shortDigest(concat(stored.group, "/", stored.version, "/", stored.name));
}

std::string resourceListJson(const std::string& group, const Version& version) {
  JsonWriter json;
  json.open('{').member("kind", "APIResourceList");
  if (!group.empty()) json.member("apiVersion", "v1");
  json.member("groupVersion", groupVersion(group, version.name)).key("resources").open('[');
  for (const object::KindRef& kind : version.kinds) {
    json.open('{').member("name", kind->plural).member("singularName", kind->singular);
    json.key("namespaced").flag(kind->namespaced).member("kind", kind->name).memberTexts("verbs", kind->verbs);
    if (!kind->shortNames.empty()) json.memberTexts("shortNames", kind->shortNames);
    if (!kind->categories.empty()) json.memberTexts("categories", kind->categories);
    if (!kind->isVirtual) json.member("storageVersionHash", storageVersionHash(*kind));
    json.close('}');
    for (const Subresource* subresource : sorted(*kind)) {
      const Kind& body = responseKind(*kind, *subresource);
      json.open('{').member("name", kind->plural + "/" + subresource->name).member("singularName", "");
      json.key("namespaced").flag(kind->namespaced);
      if (body.group != kind->group || body.version != kind->version) {
        json.member("group", body.group).member("version", body.version);
      }
      json.member("kind", responseName(*kind, *subresource)).memberTexts("verbs", subresource->verbs).close('}');
    }
  }
  json.close(']').close('}');
  return json.take();
}

// Empty if there is no such group or version.
std::string makeJson(const std::vector<Group>& groups, const ParsedPath& path, const std::string& serverAddress) {
  if (path.form == PathForm::coreVersions) return coreVersionsJson(groups, serverAddress);
  if (path.form == PathForm::groups) return groupListJson(groups);
  auto group = std::ranges::find(groups, path.resource.group, &Group::name);
  if (group == groups.end()) return {};
  if (path.form == PathForm::group) return groupJson(*group);
  auto version = std::ranges::find(group->versions, path.resource.version, &Version::name);
  return version == group->versions.end() ? std::string() : resourceListJson(group->name, *version);
}

}  // namespace

Discovery::Document Discovery::document(const std::string& name, const ParsedPath& path,
                                        std::string_view aggregatedVersion) {
  MutexLock lock(mutex_);
  const uint64_t now = kinds_.generation(), routed = routes_ ? routes_->generation() : 0;
  if (now != generation_ || routed != routed_) {
    documents_.clear();
    generation_ = now;
    routed_ = routed;
  }
  auto known = documents_.find(name);
  if (known != documents_.end()) return known->second;
  std::vector<Group> groups = groupsOf(kinds_);
  const ServedVersions elsewhere = routes_ ? routes_->versions() : nullptr;
  if (elsewhere) addElsewhere(groups, *elsewhere);
  std::string json = aggregatedVersion.empty()
                         ? makeJson(groups, path, serverAddress_)
                         : aggregatedJson(groups, path.form == PathForm::coreVersions, aggregatedVersion);
  if (json.empty()) return {};
  Document document;
  document.etag = "\"" + sha256Hex(json) + "\"";
  document.json = std::make_shared<const std::string>(std::move(json));
  documents_[name] = document;
  return document;
}

bool Discovery::isGroup(std::string_view name) const {
  const object::CatalogueRef catalogue = kinds_.latest();
  const ServedVersions elsewhere = routes_ ? routes_->versions() : nullptr;
  return std::ranges::any_of(catalogue->served(), [&](const object::KindRef& kind) { return kind->group == name; }) ||
         (elsewhere && std::ranges::any_of(*elsewhere, [&](const ServedVersion& each) { return each.group == name; }));
}

bool Discovery::isReadAlone(const ParsedPath& path) const {
  if (path.form != PathForm::resources) return path.form == PathForm::coreVersions;
  const object::CatalogueRef catalogue = kinds_.latest();
  return std::ranges::any_of(catalogue->served(), [&](const object::KindRef& kind) {
    return !kind->open && kind->group == path.resource.group && kind->version == path.resource.version;
  });
}

http::Response Discovery::answer(const ParsedPath& path, const http::Request& request) {
  std::string_view accept = request.headers.get("Accept"), aggregated;
  if (path.form == PathForm::coreVersions || path.form == PathForm::groups) {
    if (prefersDiscovery(accept, "v2")) {
      aggregated = "v2";
    } else if (prefersDiscovery(accept, "v2beta1")) {
      aggregated = "v2beta1";
    }
  }
  if (aggregated.empty()) {
    const Offer plain{.views = Views::objectOnly};
    if (const Result<Accepted> accepted = negotiate(accept, plain); !accepted) return statusResponse(accepted.error());
  }
  std::string name = std::to_string(static_cast<int>(path.form)) + "/" + path.resource.group + "/" +
                     path.resource.version + "/" + std::string(aggregated);
  Document found = document(name, path, aggregated);
  if (!found.json) return isGroup(path.resource.group) ? statusResponse(resourceNotFound()) : pageNotFound();
  http::Response response;
  if (!aggregated.empty()) {
    response.head.contentType =
        "application/json;g=apidiscovery.k8s.io;v=" + std::string(aggregated) + ";as=APIGroupDiscoveryList";
  }
  response.head.headers.emplace_back("Cache-Control", aggregated.empty() ? "no-cache, private" : "public");
  response.head.headers.emplace_back("ETag", found.etag);
  response.head.headers.emplace_back("Vary", "Accept");
  if (request.headers.get("If-None-Match") == found.etag) {
    response.head.status = 304;
    return response;
  }
  response.body.share(std::move(found.json));
  response.body.text("\n");
  return response;
}

}  // namespace cleat::api
