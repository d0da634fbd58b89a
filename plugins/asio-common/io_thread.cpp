#include "asio-common/io_thread.h"

#include <pthread.h>
#include <signal.h>
#include <boost/asio/post.hpp>

#include "asio-common/io_context.h"

namespace cleat {

IoThread::IoThread() : impl_(std::make_unique<Impl>()) {}
IoThread::~IoThread() { stop(); }

void IoThread::post(std::function<void()> work) {
  MutexLock lock(impl_->mutex);
  if (impl_->stopped) return;
  boost::asio::post(impl_->context, std::move(work));
  if (impl_->thread.joinable()) return;
  // Signals are for the host's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoThread::stop() {
  {
    MutexLock lock(impl_->mutex);
    impl_->stopped = true;
  }
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace cleat
