// ChangeCursor: for a role's method that tells something and then waits until it is something else: the caller says
// which state it knows, and is answered when there is another, or in time that nothing has changed.
//
//   Task<Result<void>> routes(role::RoutesParams::Reader params, Call<role::RoutesResults>& call) {
//     const bool isNew = co_await cursor_.differs(params.getCursor(), call);
//     call.results().setCursor(cursor_.now());
//     if (isNew) …   // all the rest
//   }
#pragma once

#include <cleat/sdk/context.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace cleat {

class ChangeCursor {
 public:
  // Before the first call. No cursor of an instance before this one is taken for one of this one.
  void begin(Context& context);
  uint64_t now() const { return version_; }
  // It is something else from now on: whoever waits is answered.
  void change();
  // Ends when the state is not the one that `known` stands for; false: the call's deadline is near, and it still is.
  Task<bool> differs(uint64_t known, AnyCall& call);

 private:
  struct Waiter;
  Context* context_ = nullptr;
  uint64_t version_ = 0;  // 0: not known yet which instance this is
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace cleat
