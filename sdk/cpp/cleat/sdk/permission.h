// Asks the cluster's authorizers what somebody may do, for plugins that let a user do something only where that user
// may do something else too.
#pragma once

#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/context.h>

#include <string>

namespace cleat {

// Of a resource, whose name may be one that no kind has.
struct Permission {
  std::string verb;
  std::string group, version = "*", resource, subresource = {};
  std::string ns = {}, name = {};
};

struct PermissionAnswer {
  bool granted = false;
  std::string reason;
};

// An error: it cannot be told now.
Task<Result<PermissionAnswer>> askPermission(Context& context, role::User::Reader user, Permission asked);

// Whether the user may do so ("approve", "sign") for the certificates of a signer: for just this one, or for all of its
// domain ("example.com/*").
Task<Result<bool>> isPermittedForSigner(Context& context, role::User::Reader user, std::string verb,
                                        std::string signer);

}  // namespace cleat
