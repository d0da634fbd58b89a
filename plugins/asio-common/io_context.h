// What is behind IoThread: for the few sources that use Asio themselves.
#pragma once

#include <cleat/sdk/mutex.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

#include "asio-common/io_thread.h"

namespace cleat {

struct IoThread::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  Mutex mutex;
  bool stopped CLEAT_GUARDED_BY(mutex) = false;
  std::thread thread;  // begun with the mutex held; once it is stopped, only `stop` looks at it
};

}  // namespace cleat
