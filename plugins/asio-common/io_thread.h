// IoThread: the one thread that a plugin owns which waits for sockets. It starts with the first use and sleeps in the
// kernel when nothing happens. Whoever works on it must not touch anything of the strand's; results go back by
// Context::post. Asio is behind it and stays there (io_context.h).
#pragma once

#include <functional>
#include <memory>

namespace cleat {

class IoThread {
 public:
  IoThread();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // Runs `work` on the thread, soon. From any thread.
  void post(std::function<void()> work);
  // Ends the thread; what waits on it is dropped. Nothing runs on it afterwards.
  void stop();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace cleat
