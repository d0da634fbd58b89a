// The one thread that waits for webhooks: it starts with the first call and sleeps in the kernel when nothing happens.
// What works on it touches nothing of the strand's; results go back by Context::post.
#pragma once

#include <functional>
#include <memory>

namespace cleat::webhook {

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

  // Of Asio, for https_client.cpp alone.
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace cleat::webhook
