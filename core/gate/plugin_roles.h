// What the gate needs of plugins, seen from the gate: it asks for a role and gets whichever plugins the configuration
// put in it. The host implements this (host/), tests put their own.
#pragma once

#include <cleat/schema/role/admission.methods.h>
#include <cleat/schema/role/authn.methods.h>
#include <cleat/schema/role/authz.methods.h>
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/sdk/file.h>
#include <cleat_abi.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/few.h"
#include "core/bus/cluster.h"
#include "core/gate/call_cancel.h"
#include "core/object/message.h"

namespace cleat::gate {

using object::makeMessage;
using object::Message;
using object::ObjectRef;

// A call's answer: the message (never null for CLEAT_OK) and the objects that came with it, checked.
struct RoleAnswer {
  cleat_status status = CLEAT_OK;
  std::optional<Status> error;  // when status is not CLEAT_OK
  Ref<const Message> message;
  std::vector<Ref<Message>> objects;
  bool endsChain = false;  // of a failure: nobody behind it in the chain is asked
};

// An object on its way into a call: a message that is kept alive for the call's time, and its revision.
struct Argument {
  Ref<const Message> message;
  uint64_t revision = 0;
};
// Most calls bring the object that is to be, and the one that was.
using Arguments = base::Few<Argument, 2>;

// The called one's end of a call's stream, on its way to it: whoever passes it on lets go of it, so that the stream
// ends with those who use it.
using StreamEnd = std::shared_ptr<const Fd>;

// A call on its way to a plugin.
struct RoleCall {
  MethodId method;
  Ref<const Message> params;
  Arguments objects;
  int64_t timeoutNs = 0;                    // 0: the default (10 s for hooks of a request)
  std::shared_ptr<CallCancel> cancel = {};  // where the caller may go before the answer comes
  StreamEnd stream = {};                    // null: the call has none
};

// A call of `method` with the parameters that `fill` fills in.
template <class P, class R, class F>
RoleCall makeCall(Method<P, R> method, F fill, Arguments objects = {}) {
  return {method, makeMessage<P>(std::move(fill)), std::move(objects), 0};
}

// What `method` gave; valid as long as the answer's message.
template <class P, class R>
typename R::Reader resultsOf(Method<P, R>, const RoleAnswer& answer) {
  return answer.message->template root<R>();
}

class Roles {
 public:
  virtual ~Roles() = default;

  // The plugins of a role in the configured order, by name ("admission", "authorizer" …).
  virtual std::vector<std::string> chain(std::string_view role) const = 0;
  // What an admission plugin wants to see now, in an Interests; null: nothing.
  virtual Ref<const Message> interests(const std::string& plugin) const = 0;
  // Raised whenever a chain or an interest may have become another; 0: it is not counted.
  virtual uint64_t generation() const { return 0; }
  // Calls one plugin. An absent, crashed or hanging one answers CLEAT_RETRY with a 503/504 that names it.
  // `plugin` is read before this returns.
  virtual Task<RoleAnswer> call(std::string_view plugin, RoleCall call) = 0;
};

}  // namespace cleat::gate
