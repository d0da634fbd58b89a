// What the gate needs of plugins, seen from the gate: it asks for a role and gets whichever plugins the configuration put in
// it. The host implements this (host/), tests put their own.
#pragma once

#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat_abi.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/bus/cluster.h"
#include "core/object/message.h"

namespace cleat::gate {

using object::Message;
using object::ObjectRef;

// A call's answer: the message (never null for CLEAT_OK) and the objects that came with it, checked.
struct Answer {
  cleat_status status = CLEAT_OK;
  Status error;  // when status is not CLEAT_OK
  Ref<const Message> message;
  std::vector<Ref<Message>> objects;
};

// An object on its way into a call: a message that is kept alive for the call's time, and its revision.
struct Argument {
  Ref<const Message> message;
  uint64_t revision = 0;
};

class Roles {
 public:
  virtual ~Roles() = default;

  // The plugins of a role in the configured order, by name ("admission", "authorizer" …).
  virtual std::vector<std::string> chain(std::string_view role) const = 0;
  // What an admission plugin said it wants to see.
  virtual role::Interests::Reader interests(const std::string& plugin) const = 0;
  // Calls one plugin. Deadline 0: the default (10 s for hooks of a request). An absent, crashed or hanging plugin answers
  // CLEAT_RETRY with a 503/504 that names it.
  virtual Task<Answer> call(std::string plugin, uint64_t interfaceId, uint16_t method, Ref<const Message> params,
                            std::vector<Argument> objects, int64_t timeoutNs = 0) = 0;
};

}  // namespace cleat::gate
