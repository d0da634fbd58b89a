// StoredResource: where objects are kept, whatever versions of them are served: their path in the store, their map,
// their history and their waiting room. One comes into being with the first version that is registered of it and stays
// while the process lives, also without versions: objects that it left on the disk are its own when it comes back.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/ref.h"

namespace cleat::object {

class StoredResource : public RefCounted {
 public:
  StoredResource(uint32_t id, std::string group, std::string plural)
      : id(id), group(std::move(group)), plural(std::move(plural)) {}

  const uint32_t id;  // dense, from 0; never given to another
  const std::string group, plural;

  // "pods", "deployments.apps"
  std::string name() const { return group.empty() ? plural : plural + "." + group; }
  // "/registry/deployments.apps/": under which the store keeps the objects.
  std::string storagePrefix() const { return "/registry/" + name() + "/"; }
};

}  // namespace cleat::object
