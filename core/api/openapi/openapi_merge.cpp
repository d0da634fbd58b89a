#include "core/api/openapi/openapi_merge.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <set>

#include "core/api/handlers/http_routes.h"
#include "core/base/log.h"
#include "core/object/codec.h"

namespace cleat::api {
namespace {

using JsonObject = boost::json::object;
using JsonValue = boost::json::value;

constexpr std::string_view kSharedSections[] = {"definitions", "parameters", "responses"};
constexpr object::Limits kOpenApiLimits{.maxBytes = 64u << 20};

std::string pointerTo(std::string_view section, std::string_view name) { return concat("#/", section, "/", name); }

// Calls `found` with each string that a "$ref" of the value has, to be read or changed.
template <class V, class F>
void eachReference(V& in, const F& found) {
  if (auto* list = in.if_array()) {
    for (auto& item : *list) eachReference(item, found);
  }
  auto* members = in.if_object();
  if (!members) return;
  for (auto& member : *members) {
    auto& inner = member.value();
    if (member.key() == "$ref" && inner.is_string()) {
      found(inner.get_string());
    } else {
      eachReference(inner, found);
    }
  }
}

JsonObject* sectionOf(JsonObject& document, std::string_view section) {
  auto* found = document.if_contains(section);
  return found ? found->if_object() : nullptr;
}

class Merger {
 public:
  explicit Merger(JsonObject document) : document_(std::move(document)) {}

  void add(std::string_view prefix, JsonObject& other) {
    findClashes(other);
    for (std::string_view section : kSharedSections) {
      JsonObject* members = sectionOf(other, section);
      if (!members) continue;
      JsonObject& ours = own(section);
      for (auto& member : *members) {
        auto renamed = renamed_.find(pointerTo(section, member.key()));
        const std::string_view name = renamed == renamed_.end() ? std::string_view(member.key()) : renamed->second;
        if (!ours.contains(name)) ours.emplace(name, withNewNames(std::move(member.value())));
      }
    }
    JsonObject* paths = sectionOf(other, "paths");
    if (!paths) return;
    for (auto& member : *paths) {
      const std::string_view path = member.key();
      if (isIn(path, prefix) && !own("paths").contains(path))
        own("paths").emplace(path, withNewNames(std::move(member.value())));
    }
  }

  const JsonObject& document() const { return document_; }

 private:
  JsonObject& own(std::string_view section) {
    JsonValue& found = document_[section];
    if (!found.is_object()) found = JsonObject();
    return found.get_object();
  }

  // What of the other document's means something else here; and so whatever refers to that.
  void findClashes(JsonObject& other) {
    renamed_.clear();
    struct Shared {
      std::string section, name, pointer;
      std::set<std::string> refersTo;
    };
    std::vector<Shared> same;
    for (std::string_view section : kSharedSections) {
      JsonObject* members = sectionOf(other, section);
      if (!members) continue;
      for (auto& member : *members) {
        const std::string pointer = pointerTo(section, member.key());
        const JsonValue* ours = own(section).if_contains(member.key());
        if (ours && *ours != member.value()) rename(section, member.key(), other);
        if (!ours || *ours != member.value()) continue;
        Shared& shared = same.emplace_back(Shared{std::string(section), std::string(member.key()), pointer, {}});
        eachReference(member.value(), [&](auto& to) { shared.refersTo.emplace(to); });
      }
    }
    for (bool more = true; more;) {
      more = false;
      for (const Shared& shared : same) {
        const bool isRenamed = renamed_.contains(shared.pointer);
        const bool refers = std::ranges::any_of(shared.refersTo, [&](const auto& to) { return renamed_.contains(to); });
        if (isRenamed || !refers) continue;
        rename(shared.section, shared.name, other);
        more = true;
      }
    }
  }

  void rename(std::string_view section, std::string_view name, JsonObject& other) {
    std::string free;
    for (int version = 2; free.empty(); ++version) {
      const std::string next = concat(name, "_v", version);
      if (!own(section).contains(next) && !sectionOf(other, section)->contains(next)) free = next;
    }
    renamed_[pointerTo(section, name)] = free;
  }

  JsonValue withNewNames(JsonValue taken) const {
    eachReference(taken, [this](boost::json::string& to) {
      auto found = renamed_.find(std::string(to));
      if (found == renamed_.end()) return;
      to = concat(found->first.substr(0, found->first.rfind('/') + 1), found->second);
    });
    return taken;
  }

  JsonObject document_;
  std::map<std::string, std::string>
      renamed_;  // of the document that is being added: the name that a pointer's has here
};

}  // namespace

std::string mergeOpenApi(std::string own, const std::vector<OpenApiElsewhere>& others) {
  if (others.empty()) return own;
  auto ours = object::parseJson(own, kOpenApiLimits);
  if (!ours || !ours->is_object()) return own;
  Merger merger(std::move(ours->get_object()));
  for (const OpenApiElsewhere& other : others) {
    auto read = object::parseJson(other.document, kOpenApiLimits);
    if (read && read->is_object()) {
      merger.add(other.prefix, read->get_object());
    } else {
      const std::string why = read ? "it is no object" : read.error().message;
      base::log(base::LogLevel::warn, "api", concat("the OpenAPI document of ", other.prefix, " is left out: ", why));
    }
  }
  return boost::json::serialize(merger.document());
}

}  // namespace cleat::api
