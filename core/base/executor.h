// Where work runs and what time it is. The process has one Executor: a few threads, timers, a bounded pool for work
// that blocks, and the clock. What knows only this interface runs on one thread, under a clock that the test moves,
// when a ManualExecutor takes its place.
//
// Besides the executor's own there are these threads, each of one file, which starts it and joins it; tests/tidy holds
// the tree against this list. None of them runs anybody else's coroutine but where it says so.
//   core/base/asio_executor.cpp           the executor's: AsioExecutorOptions says how many
//   core/store/committed_store.cpp        the committer, of one store. A write's task goes on on it, so core/api asks
//                                         through its StrandGate and plugins are answered on their strands
//   core/host/isolation/frame_socket.cpp  reads what an isolated plugin or its host sends, one for each such plugin
//   core/app/control_socket.cpp           takes the operator's commands, one after the other
//   plugins/proxy-userspace/relay.cpp     passes on what arrives at services, one for the proxy
//   plugins/asio-common/io_thread.cpp     waits for sockets: one for the agent, one for each plugin that asks webhooks
//   plugins/addon-dns/dns_server.cpp      answers what is asked of the cluster's DNS, one for it
//   plugins/device-dra/device_health.cpp  hears how the devices of a driver are, one for each driver that says it
//   plugins/runtime-oci/machine/reactor.cpp     waits for processes and streams, one for the runtime
//   plugins/runtime-oci/images/fetch_queue.cpp  pulls and imports of images, a few at a time
//   plugins/runtime-oci/machine/namespaces.cpp  enters a namespace for one call: a thread cannot leave it again
//   plugins/proxy-common/health_checks.cpp      tells load balancers whether a service has pods here, one for the proxy
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>

namespace cleat::base {

using Work = std::move_only_function<void()>;
using TimerId = uint64_t;

// Runs what is posted one at a time and in order, on any of the executor's threads. A strand may be destroyed
// while work is queued on it: that work still runs.
class Strand {
 public:
  virtual ~Strand() = default;
  virtual void post(Work work) = 0;
  // Runs `work` here and now if nothing else of the strand is running or queued, or if the caller is on the strand
  // already; otherwise posts it.
  virtual void dispatch(Work work) = 0;
  // The same, but does not post: false when something else of the strand is in the way, and nothing has been done. For
  // work that need not be kept.
  template <class F>
  bool runNow(F&& work) {
    return runBorrowed([](void* borrowed) { (*static_cast<std::remove_reference_t<F>*>(borrowed))(); },
                       const_cast<void*>(static_cast<const void*>(std::addressof(work))));
  }
  // Whether the caller is running as work of this strand.
  virtual bool runsHere() const = 0;

 protected:
  virtual bool runBorrowed(void (*work)(void*), void* borrowed) = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Thread-safe, all of them.
  virtual void post(Work work) = 0;
  virtual std::unique_ptr<Strand> makeStrand() = 0;
  // At most `blockingThreads` run at once; further ones wait their turn.
  virtual void postBlocking(Work work) = 0;
  virtual TimerId after(std::chrono::nanoseconds delay, Work work) = 0;
  // False when the timer has run or is running.
  virtual bool cancelTimer(TimerId timer) = 0;

  // Monotonic nanoseconds, and nanoseconds since the Unix epoch.
  virtual int64_t now() const = 0;
  virtual int64_t wallNow() const = 0;
  virtual void random(void* out, size_t size) = 0;

  // Told by whoever notices that a work does not return: its thread is lost to the others, so another may take its
  // place.
  virtual void threadLost() {}

  // The same, on the clock of the machine: for what is about processes, threads and sockets, not about the cluster. It
  // is another one where the clock is moved by hand (manual_time.h).
  virtual Executor& machine() { return *this; }
};

}  // namespace cleat::base
