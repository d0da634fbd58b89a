// TestClock: moves the time of a server that is there for a test (`cleat server --manual-clock`), so that an hour
// passes when the test says so and takes as long as what is done in it. What is due is done in its order, each at its
// time, with all that follows from it, in the server, in its plugins and in the processes of those that are isolated;
// then the next. What cannot be waited for is what nobody here can see: threads of a plugin's own, other programs, and
// work of plugins that blocks for longer than a second.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>

#include "core/base/manual_time.h"
#include "core/host/plugin_host.h"
#include "core/store/store.h"

namespace cleat::app {

class TestClock {
 public:
  // All of them outlive this.
  TestClock(base::ManualTime& time, store::Store& store, host::PluginHost& host)
      : time_(time), store_(store), host_(host) {}

  // For one thread at a time, and none of the executor's. Nanoseconds since the epoch, of the server's time then. The
  // error names who does not come to rest.
  Result<int64_t> advance(std::chrono::nanoseconds by);

 private:
  // Until nothing is left to do at this time: when something is.
  Result<int64_t> settle();

  base::ManualTime& time_;
  store::Store& store_;
  host::PluginHost& host_;
  uint64_t frames_ = 0;  // with plugins' processes, when it settled last
};

}  // namespace cleat::app
