// How often a controller is to look at everything again although nothing has told it to: what it cannot watch may have
// changed, and what it has got wrong once is put right some day. For ControllerOptions::resync.
//
//   explicit Scaler(Context& context) : ControllerPlugin(context, "scaler", {.resync = kUsualResync}) {}
#pragma once

#include <cleat/sdk/time.h>

namespace cleat {

// As kube-controller-manager does (--min-resync-period).
inline constexpr Duration kUsualResync = std::chrono::hours(12);

}  // namespace cleat
