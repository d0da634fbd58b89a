// Which collection of the API a C++ type of object belongs to. KindOf<K> is specialised in
// <cleat/sdk/kinds/….h> for the kinds that come with the SDK; a plugin that brings a kind of its own
// specialises it the same way next to its generated schema header.
#pragma once

#include <string>
#include <string_view>

namespace cleat {

// Names one collection. The texts are borrowed: they are literals, or live as long as whoever holds this.
struct Resource {
  std::string_view group;     // "" for the core group
  std::string_view version;   // "v1"
  std::string_view resource;  // "deployments"
  std::string_view kind;      // "Deployment"
  bool namespaced = true;

  std::string apiVersion() const {
    return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
  }
  // "deployments.apps": how errors name it.
  std::string qualified() const {
    return group.empty() ? std::string(resource) : std::string(resource) + "." + std::string(group);
  }
};

template <class K>
struct KindOf;

template <class K>
concept KnownKind = requires { KindOf<K>::resource; };

}  // namespace cleat
