// FlowControlPlugin: the base of a plugin that says how the requests of a server share its seats
// (sdk/schema/role/flow_control.capnp says what levels, flows and seats are).
//
//   class Fair : public FlowControlPlugin {
//    public:
//     using FlowControlPlugin::FlowControlPlugin;
//     void fill(uint32_t seats, role::FlowsResults::Builder results) override { … }
//   };
//
// `flowsChanged` says that it would fill in something else from now on.
#pragma once

#include <cleat/schema/role/flow_control.role.h>
#include <cleat/sdk/change_cursor.h>
#include <cleat/sdk/roles.h>

namespace cleat {

// The role itself, for a plugin that has another one too.
class FlowControlRole : private role::FlowControlRole {
 public:
  // The levels and flows of a server that has so many seats in all. On the strand, whenever a server asks.
  virtual void fill(uint32_t seats, role::FlowsResults::Builder results) = 0;

  // On the strand, from `start` on.
  void flowsChanged() { cursor_.change(); }

 protected:
  void serveMethods(Context& context) {
    cursor_.begin(context);
    role::FlowControlRole::serveMethods(context);
  }

 private:
  Task<Result<void>> flows(role::FlowsParams::Reader params, Call<role::FlowsResults>& call) final {
    const bool isNew = co_await cursor_.differs(params.getCursor(), call);
    call.results().setCursor(cursor_.now());
    if (isNew) fill(params.getSeats(), call.results());
    co_return Result<void>();
  }

  ChangeCursor cursor_;
};

using FlowControlPlugin = RolePlugin<FlowControlRole>;

}  // namespace cleat
