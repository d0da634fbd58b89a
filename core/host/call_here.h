// CallHere: a call while this thread delivers it. Most calls are answered before the plugin's code returns, on the very
// thread that brought them: such an answer finds its caller here, without a lock and without a look into the table of
// calls. Any other finds nothing here and takes that way.
//
// It stands on the stack of whoever delivers, and is seen by that thread alone.
#pragma once

#include <optional>
#include <utility>

#include "core/host/link.h"

namespace cleat::host {

class CallHere {
 public:
  CallHere(const Link& link, LinkUser& user, uint64_t number, MethodId method)
      : user(user), method(method), link_(&link), number_(number), outer_(std::exchange(innermost_, this)) {}
  ~CallHere() { innermost_ = outer_; }
  CallHere(const CallHere&) = delete;
  CallHere& operator=(const CallHere&) = delete;

  // Null where this thread is not delivering that call of the link's. A plugin that is called may bring this thread to
  // deliver another one. The link is only compared.
  static CallHere* find(const Link* link, uint64_t number) {
    CallHere* call = innermost_;
    while (call && (call->number_ != number || call->link_ != link)) call = call->outer_;
    return call;
  }

  LinkUser& user;
  const MethodId method;
  std::optional<RoleAnswer> answer;  // the first that came
  int64_t returnedNs = 0;            // when the plugin's code has, on the executor's clock; 0: it is not known

 private:
  static inline constinit thread_local CallHere* innermost_ = nullptr;
  const Link* const link_;
  const uint64_t number_;
  CallHere* const outer_;
};

}  // namespace cleat::host
