// AsioExecutor: the Executor of a running program. A fixed number of threads runs Asio's io_context; blocking work has
// threads of its own that are started when there is some and go away again when there has been none for a while. Make
// one, in main; it must outlive everything that was given it. Its threads run from construction until `stop`.
#pragma once

#include <memory>

#include "core/base/executor.h"

namespace boost::asio {
class io_context;
}

namespace cleat::base {

struct AsioExecutorOptions {
  int threads = 2;
  int blockingThreads = 16;
  std::chrono::milliseconds blockingIdle{5000};  // after which an unused blocking thread ends
};

class AsioExecutor final : public Executor {
 public:
  explicit AsioExecutor(AsioExecutorOptions options = {});
  ~AsioExecutor() override;  // stops

  void post(Work work) override;
  std::unique_ptr<Strand> makeStrand() override;
  void postBlocking(Work work) override;
  TimerId after(std::chrono::nanoseconds delay, Work work) override;
  bool cancelTimer(TimerId timer) override;
  int64_t now() const override;
  int64_t wallNow() const override;
  void random(void* out, size_t size) override;
  void threadLost() override;  // up to 16 times

  // For sockets and signals. Whatever is made on it is destroyed before the executor.
  boost::asio::io_context& context();

  // Ends the threads: blocking work that has begun is finished, everything else that is queued is dropped. Not to be
  // called from a work. A work that does not return within ten seconds ends the program.
  void stop();

 private:
  struct Timers;
  struct BlockingPool;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cleat::base
