// Who may write what of a claim's status, beyond being allowed to write it at all: to allocate and reserve takes the
// subresource resourceclaims/binding, which is for schedulers; to say something of a device takes resourceclaims/driver
// with the driver's name, which is for drivers. Both are asked about and never served.
#pragma once

#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/context.h>
#include <cleat/sdk/object.h>

#include <string>

#include "kinds-resource/resource_kinds.h"

namespace cleat::kinds::resource {

class ClaimAuthority {
 public:
  explicit ClaimAuthority(Context& context) : context_(context) {}

  // An error where the user may not.
  Task<Result<void>> check(role::User::Reader user, Object<v1::ResourceClaim> before, Object<v1::ResourceClaim> now);

 private:
  struct Question {
    std::string verb, subresource, ns, name;
  };
  // Empty where the user may; else why not.
  Task<Result<std::string>> ask(role::User::Reader user, Question question);
  Task<Result<void>> checkDriver(role::User::Reader user, std::string driver, std::vector<std::string> verbs,
                                 std::string ns, Findings& findings);

  Context& context_;
};

}  // namespace cleat::kinds::resource
