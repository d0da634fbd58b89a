// The user name and password for a registry out of a Secret of type kubernetes.io/dockerconfigjson or dockercfg.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <optional>
#include <string>

#include "image-common/image_name.h"

namespace cleat::agent {

struct RegistryCredential {
  std::string username, password;
};

// What tells one credential from another without being one: "sha256:…".
std::string hashOf(const RegistryCredential& credential);

// None if the Secret has nothing for the image's registry, or cannot be read.
std::optional<RegistryCredential> credentialFor(core_v1::Secret::Reader secret, const ImageName& image);

}  // namespace cleat::agent
