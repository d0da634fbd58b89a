// Accounts whose pods may use no secrets but those that the account lists: it is annotated
// `kubernetes.io/enforce-mountable-secrets: "true"`.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>

namespace cleat {

bool enforcesSecrets(const Object<core_v1::ServiceAccount>& account);

// Which reference of a pod, or of its ephemeral containers, is to a secret that the account does not list; nothing
// where all are in order.
std::optional<std::string> foreignSecretOf(core_v1::PodSpec::Reader spec,
                                           const Object<core_v1::ServiceAccount>& account);
std::optional<std::string> foreignSecretOfEphemeral(core_v1::PodSpec::Reader spec,
                                                    const Object<core_v1::ServiceAccount>& account);

}  // namespace cleat
